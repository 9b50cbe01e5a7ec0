import { z } from 'zod'
import { TAGS_PATTERN } from '../rules/cataloguePieces.ts'
import { endpoint } from './endpoint.ts'
import { CivilDay, Instant } from './time.ts'

const httpUrl = z.url({ protocol: /^https?$/ }).max(2048)

/**
 * One part of a script, as `sendChatMessage` takes it (`wecom/jssdk.md` §5.2). Texts hold variables such as `{称呼}` or `{称呼|您}`
 * (`shared/rules/fillScript.ts`); pictures, videos and files are assets of the library, put at WeCom ahead of a send.
 */
export const ScriptPart = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string().min(1).max(600) }),
  z.strictObject({
    kind: z.literal('news'),
    title: z.string().min(1).max(60),
    description: z.string().max(120),
    link: httpUrl,
    imageUrl: httpUrl.nullable(),
  }),
  z.strictObject({ kind: z.literal('image'), assetId: z.uuid() }),
  z.strictObject({ kind: z.literal('video'), assetId: z.uuid() }),
  z.strictObject({ kind: z.literal('file'), assetId: z.uuid(), name: z.string().min(1).max(80) }),
  z.strictObject({
    kind: z.literal('miniprogram'),
    appId: z
      .string()
      .regex(/^wx[0-9a-f]{16}$/)
      .meta({ description: '要先在企业微信后台关联' }),
    title: z.string().min(1).max(60),
    page: z
      .string()
      .max(512)
      .regex(/^[^\s?#]+\.html(?:\?\S*)?$/)
      .meta({ description: '要以 .html 结尾，后面可以带参数', example: 'pages/index.html?from=guide' }),
    imageUrl: httpUrl.nullable().meta({ description: '没有就用商家自己的图' }),
  }),
])
export type ScriptPart = z.infer<typeof ScriptPart>

/** Occasion: the folder it stands in, and which reminder it suits. */
export const Occasion = z.enum([
  'birthdaySelf',
  'birthdayElder',
  'birthdayPartner',
  'birthdayChild',
  'birthdayOther',
  'wedding',
  'firstPurchase',
  'ownDay',
  'readyMade',
  'newFriend',
  'festival',
  'care',
  'couponExpiring',
  'visit',
  'order',
  'afterSales',
  'engraving',
  'daily',
])
export type Occasion = z.infer<typeof Occasion>

/** How a message stands to the day it speaks of: an early word, a last one, the wish itself, the wish that comes late. */
export const ScriptMoment = z.enum(['ahead', 'near', 'onDay', 'after'])
export type ScriptMoment = z.infer<typeof ScriptMoment>

export const ScriptScope = z.enum(['company', 'store', 'personal'])
export type ScriptScope = z.infer<typeof ScriptScope>

/** What came of the present version lately; only where it was sent often enough, and to enough persons, to say something. */
export const Worked = z.object({
  within: z.enum(['store', 'company']).meta({ description: '本店发得够多就说本店，不然说全公司' }),
  sends: z.number().int(),
  replies: z.number().int(),
  purchases: z.number().int(),
})

/** Places for quick replies: sent with one tap from the top of the list. */
export const PINNED_SLOTS = 3

export const Script = z
  .object({
    scriptId: z.uuid(),
    version: z.number().int(),
    title: z.string(),
    occasion: Occasion,
    scope: ScriptScope,
    storeId: z
      .number()
      .int()
      .nullable()
      .meta({ description: '哪家店的（门店的 departmentId），scope 为 store 时有' }),
    mine: z.boolean().meta({ description: '我自己的' }),
    moments: z.array(ScriptMoment).nullable().meta({ description: '离它说的那天多远时能说；空就是随时' }),
    parts: z.array(ScriptPart).min(1).max(9),
    pinyin: z.string(),
    initials: z.string(),
    sort: z.number().int().meta({ description: '在库里的位置，小的在前' }),
    uses: z.number().int().meta({ description: '本店有多少位客户收到过' }),
    worked: Worked.nullable().meta({ description: '最近 90 天发出去有没有用；发得不够多就空' }),
    isFavourite: z.boolean(),
    pinnedSlot: z
      .number()
      .int()
      .min(1)
      .max(PINNED_SLOTS)
      .nullable()
      .meta({ description: '我的快捷回复第几个' }),
    effectiveFrom: CivilDay.nullable(),
    effectiveUntil: CivilDay.nullable().meta({ description: '到这天为止，当天还能用' }),
    updatedAt: Instant,
  })
  .meta({ id: 'Script' })
export type Script = z.infer<typeof Script>

/** What a script says: the same for everybody who may use it, and changes only when somebody changes it. */
const ScriptWords = Script.omit({ uses: true, worked: true, isFavourite: true, pinnedSlot: true }).meta({
  id: 'ScriptWords',
})
export type ScriptWords = z.infer<typeof ScriptWords>

/** What is counted of a script and marked on it; what is left out is none. */
const ScriptMarks = Script.pick({
  scriptId: true,
  uses: true,
  worked: true,
  isFavourite: true,
  pinnedSlot: true,
})
  .partial({ uses: true, worked: true, isFavourite: true, pinnedSlot: true })
  .meta({ id: 'ScriptMarks' })
export type ScriptMarks = z.infer<typeof ScriptMarks>

const tags = z.string().regex(TAGS_PATTERN)
const newTags = tags.nullable().meta({ description: '128 段各 6 个字符，按 id 末两位分段；和带来的一样就空' })

export const ScriptCatalogue = z.object({
  scripts: z.object({ tags: newTags, changed: z.array(ScriptWords) }),
  marks: z.object({ tags: newTags, changed: z.array(ScriptMarks) }),
  recentIds: z.array(z.uuid()).max(10).meta({ description: '我最近发过的，新的在前' }),
})
export type ScriptCatalogue = z.infer<typeof ScriptCatalogue>

export const listScripts = endpoint({
  id: 'listScripts',
  method: 'get',
  path: '/scripts',
  summary: '我现在能用的话术：带上已有的 tags，只回变了的那几段',
  query: z.object({ have: tags.optional(), haveMarks: tags.optional() }),
  answer: ScriptCatalogue,
  status: 200,
})
