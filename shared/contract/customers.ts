import { z } from 'zod'
import { CountedRule, Quiet, QuietHoursDraft } from './contactRules.ts'
import { CouponState } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { CustomerParams, ExternalUserId, UserId } from './ids.ts'
import { PageQuery, page } from './page.ts'
import { ImportantDate } from './people.ts'
import { Reminder } from './reminders.ts'
import { OpenSend } from './sends.ts'
import { CustomerTags } from './tags.ts'
import { CivilDay, Instant } from './time.ts'

const size = z.string().trim().max(20).nullable()

/** Editable facts of a customer (档案). Null means not noted. */
export const Profile = z.object({
  salutation: z.string().trim().max(20).nullable().meta({ description: '称呼' }),
  tier: z.string().trim().max(10).nullable().meta({ description: '会员等级' }),
  ringSize: size.meta({ description: '戒圈' }),
  wristSize: size.meta({ description: '手围 / 手镯' }),
  neckSize: size.meta({ description: '项链长度' }),
  wish: z.string().trim().max(200).nullable().meta({ description: '心愿单' }),
  note: z.string().trim().max(500).nullable().meta({ description: '备注' }),
})
export type Profile = z.infer<typeof Profile>

export const ProfileChange = Profile.partial().strict()
export type ProfileChange = z.infer<typeof ProfileChange>

export const VersionedProfile = Profile.extend({ version: z.number().int() }).meta({ id: 'Profile' })
export type VersionedProfile = z.infer<typeof VersionedProfile>

/** What restraint is computed from; `shared/rules/contactBudget.ts` turns it into the dot and its line. */
export const ContactFacts = z.object({
  lastAt: Instant.nullable(),
  lastByName: z.string().nullable(),
  lastByMe: z.boolean(),
  lastWhat: z.string().nullable().meta({ description: '最近一次发的是什么，如 生日祝福' }),
  wroteAt: Instant.nullable().meta({ description: '她最近来消息的时候，同事记下的' }),
  rules: z.array(CountedRule),
  quiet: Quiet.nullable(),
  quietVersion: z.number().int(),
  less: CountedRule.pick({ used: true, freeOn: true }).nullable().meta({ description: '少打扰用掉了多少' }),
  quietHours: QuietHoursDraft.omit({ isOn: true }).nullable(),
})
export type ContactFacts = z.infer<typeof ContactFacts>

/** How the member's own name for the customer stands towards WeCom: `pending` is shown as 未同步. */
export const RemarkSync = z.enum(['done', 'pending'])

/** The whole first screen of the sidebar in one answer. */
export const Card = z
  .object({
    customer: z.object({
      externalUserId: ExternalUserId,
      name: z.string().meta({ description: '微信昵称或对方企业里的名字' }),
      kind: z.enum(['wechat', 'wecom']),
      gender: z.enum(['unknown', 'male', 'female']),
      avatarUrl: z.string().nullable(),
      corpName: z.string().nullable(),
      profile: VersionedProfile,
      lastPurchase: z.object({ day: CivilDay, piece: z.string() }).nullable(),
    }),
    follow: z.object({
      isMine: z.boolean().meta({ description: '是不是自己的客户；不是就不能发消息、发券' }),
      guide: z.string().nullable().meta({ description: '是哪位同事的客户；自己的为空' }),
      isWaiting: z.boolean().meta({ description: '这位同事已离职，客户待接替' }),
      isHalfAdded: z.boolean().meta({ description: '对方已加，这边还没通过' }),
      remark: z.string().nullable(),
      remarkSync: RemarkSync,
      addedAt: Instant.nullable(),
      addWay: z.number().int(),
      channel: z.string().nullable().meta({ description: '来自哪个渠道码，如 国贸店收银台' }),
      phones: z.array(z.string()).meta({ description: '手机号，遮住中间，如 138****1234' }),
    }),
    colleagues: z.array(z.string()).meta({ description: '同样在服务她的同事' }),
    contact: ContactFacts,
    tags: CustomerTags,
    dates: z.array(ImportantDate).meta({ description: '近的在前' }),
    reminders: z.array(Reminder).meta({ description: '现在该做的，最要紧的在前' }),
    coupons: z.object({
      live: z.number().int(),
      expiringOn: CivilDay.nullable(),
      latest: z
        .object({ name: z.string(), state: CouponState, expiresOn: CivilDay.nullable() })
        .nullable()
        .meta({ description: '刚有变化的，不然快到期的，不然是最近有变化的一张；用过三十天以上的不算' }),
    }),
    recentScripts: z
      .array(z.object({ scriptId: z.uuid(), on: CivilDay }))
      .meta({ description: '她最近收到过的话术，谁发的都算，新的在前' }),
    unfinishedSend: OpenSend.nullable().meta({ description: '我发给她、还没发完的' }),
    today: CivilDay,
    now: Instant.meta({ description: '服务器的时刻：手机的钟不一定准' }),
  })
  .meta({ id: 'Card' })
export type Card = z.infer<typeof Card>

export const Remark = z.object({ remark: z.string().nullable(), sync: RemarkSync }).meta({ id: 'Remark' })
export type Remark = z.infer<typeof Remark>

export const CustomerRow = z
  .object({
    externalUserId: ExternalUserId,
    address: z.string().meta({ description: '称呼，没有就用备注、昵称' }),
    name: z.string(),
    avatarUrl: z.string().nullable(),
    tier: z.string().nullable(),
    tags: z.array(z.string()).meta({ description: '前三个标签的名字' }),
    addedAt: Instant.nullable(),
  })
  .meta({ id: 'CustomerRow' })
export type CustomerRow = z.infer<typeof CustomerRow>

export const TouchKind = z.enum([
  'friendAdded',
  'friendLost',
  'friendRemoved',
  'friendReturned',
  'halfAdded',
  'welcomed',
  'transferStarted',
  'transferDone',
  'transferFailed',
  'remarkChanged',
  'remarkRefused',
  'tagsChanged',
  'tagRefused',
  'personAdded',
  'personChanged',
  'personRemoved',
  'consentWithdrawn',
  'dateAdded',
  'dateChanged',
  'dateRemoved',
  'profileChanged',
  'send',
  'couponIssued',
  'couponReleased',
  'couponClaimed',
  'couponRedeemed',
  'couponUndone',
  'couponRevoked',
  'reminderSkipped',
  'reminderSnoozed',
  'promiseMade',
  'promiseKept',
  'purchase',
  'quietChanged',
  'limitLifted',
])
export type TouchKind = z.infer<typeof TouchKind>

/** One line of the timeline (动态). `who` is a colleague's name, or null when the customer or a job did it. */
export const Touch = z
  .object({
    touchId: z.string(),
    at: Instant,
    kind: TouchKind,
    by: z.enum(['me', 'colleague', 'customer', 'system']),
    who: z.string().nullable(),
    /** the noun, e.g. 生日祝福 · 给长辈, 足金饰品券, 喜欢简约 */
    what: z.string(),
    detail: z.string().nullable(),
    outcome: z.enum(['ok', 'cancelled', 'failed', 'unknown', 'partial']).nullable(),
    /** a send of one's own: its words can be looked at */
    sendId: z.uuid().nullable(),
  })
  .meta({ id: 'Touch' })
export type Touch = z.infer<typeof Touch>

export const listCustomers = endpoint({
  id: 'listCustomers',
  method: 'get',
  path: '/customers',
  summary: '我的客户：按名字、拼音、首字母、手机尾号找',
  query: PageQuery.extend({
    q: z.string().trim().max(64).optional(),
    tag: z.string().max(64).optional(),
    of: UserId.optional().meta({ description: '店长、管理员看某位成员的客户；不填看自己的' }),
  }),
  answer: page(CustomerRow),
  status: 200,
  problems: ['cursor_invalid'],
})

export const getCard = endpoint({
  id: 'getCard',
  method: 'get',
  path: '/customers/{externalUserId}/card',
  summary: '侧边栏第一屏，一次给全',
  params: CustomerParams,
  answer: Card,
  status: 200,
})

/** Why somebody looks; it stands in the audit record. */
export const RevealReason = z
  .string()
  .trim()
  .min(2)
  .max(40)
  .refine(words => !/\d[\d\s-]{5,}\d/.test(words), '理由里不用写号码')

/** What is masked everywhere else: on purpose, with a reason, thirty times an hour at most. */
export const revealCustomer = endpoint({
  id: 'revealCustomer',
  method: 'post',
  path: '/customers/{externalUserId}/reveal',
  summary: '看一位客户的完整手机号：写明理由，留下记录',
  params: CustomerParams,
  body: z.strictObject({ what: z.literal('phone'), reason: RevealReason }),
  answer: z.object({ phones: z.array(z.string()) }),
  status: 200,
  problems: ['rate_limited'],
})

export const changeProfile = endpoint({
  id: 'changeProfile',
  method: 'patch',
  path: '/customers/{externalUserId}',
  summary: '改档案里的几项',
  params: CustomerParams,
  body: ProfileChange,
  answer: VersionedProfile,
  status: 200,
  versioned: true,
})

/** The member's own name for the customer, in WeCom too: here at once, carried there after. Empty takes it away. */
export const changeRemark = endpoint({
  id: 'changeRemark',
  method: 'patch',
  path: '/customers/{externalUserId}/remark',
  summary: '改备注名：先记在这里，随后同步到企业微信',
  params: CustomerParams,
  body: z.strictObject({ remark: z.string().trim().max(20) }),
  answer: Remark,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})

export const listTimeline = endpoint({
  id: 'listTimeline',
  method: 'get',
  path: '/customers/{externalUserId}/timeline',
  summary: '动态，新的在前',
  params: CustomerParams,
  query: PageQuery,
  answer: page(Touch),
  status: 200,
  problems: ['cursor_invalid'],
})
