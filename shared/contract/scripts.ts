import { z } from 'zod'
import { endpoint } from './endpoint.ts'

/** One part of a script. Texts hold variables such as `{称呼}` or `{称呼|您}` (`shared/rules/fillScript.ts`). */
export const ScriptPart = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string().min(1).max(600) }),
  z.strictObject({
    kind: z.literal('news'),
    title: z.string().min(1).max(60),
    description: z.string().max(120),
    link: z.url().max(2048),
    imageUrl: z.url().max(2048).nullable(),
  }),
])
export type ScriptPart = z.infer<typeof ScriptPart>

/** Occasion: which folder it stands in, and which reminder it suits. */
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

export const Script = z
  .object({
    scriptId: z.uuid(),
    version: z.number().int(),
    title: z.string(),
    occasion: Occasion,
    scope: z.enum(['company', 'store', 'personal']),
    parts: z.array(ScriptPart).min(1).max(9),
    pinyin: z.string(),
    initials: z.string(),
    uses: z.number().int().meta({ description: '本店有多少位客户收到过' }),
  })
  .meta({ id: 'Script' })
export type Script = z.infer<typeof Script>

export const ScriptCatalogue = z.object({ scripts: z.array(Script) })
export type ScriptCatalogue = z.infer<typeof ScriptCatalogue>

export const listScripts = endpoint({
  id: 'listScripts',
  method: 'get',
  path: '/scripts',
  summary: '我能用的话术',
  answer: ScriptCatalogue,
  status: 200,
  etag: true,
})
