import { z } from 'zod'
import { ReminderCoupon } from './coupons.ts'
import { endpoint } from './endpoint.ts'
import { CustomerParams, ExternalUserId } from './ids.ts'
import { ImportantDate } from './people.ts'
import { ScriptPart } from './scripts.ts'
import { CivilDay, Instant } from './time.ts'

export const ReminderKind = z.enum(['date', 'newFriend', 'lost', 'coupon', 'promise', 'care'])
export const ReminderState = z.enum(['pending', 'snoozed', 'sent', 'done', 'skipped', 'expired'])
export type ReminderState = z.infer<typeof ReminderState>

/** A script offered for a reminder, best first; the page fills it with what it knows. */
export const OfferedScript = z.object({
  scriptId: z.uuid(),
  version: z.number().int(),
  title: z.string(),
  parts: z.array(ScriptPart),
  why: z.string().meta({ description: '为什么先给这一条；没什么可说就空', example: '店里 8 成有回音' }),
})
export type OfferedScript = z.infer<typeof OfferedScript>

/** What was given to this person before and what is known for choosing: one quiet line under the reason. */
export const GiftMemory = z.object({
  bought: z.array(z.object({ day: CivilDay, piece: z.string(), engraving: z.string().nullable() })),
  ringSize: z.string().nullable(),
  wristSize: z.string().nullable(),
  neckSize: z.string().nullable(),
  likes: z.string().nullable(),
  avoids: z.string().nullable(),
  allergies: z.string().nullable(),
})
export type GiftMemory = z.infer<typeof GiftMemory>

/** What has to be made for the day, and until when it can be ordered. */
export const OrderDeadline = z.object({
  productLine: z.string().meta({ example: '刻字' }),
  productionDays: z.number().int(),
  lastOrderOn: CivilDay,
})
export type OrderDeadline = z.infer<typeof OrderDeadline>

/** The purchase a care is about. */
export const CaredPiece = z.object({
  piece: z.string(),
  day: CivilDay,
  recipient: z.string().nullable().meta({ description: '送给谁，用话说；自用为空', example: '妈妈' }),
})
export type CaredPiece = z.infer<typeof CaredPiece>

/** One occurrence of a reason to write to one customer. */
export const Reminder = z
  .object({
    reminderId: z.uuid(),
    kind: ReminderKind,
    state: ReminderState,
    date: ImportantDate.nullable().meta({ description: 'kind 为 date 时有' }),
    occurrence: CivilDay.meta({ description: '那一天本身' }),
    dueOn: CivilDay.meta({ description: '从哪天起该做' }),
    because: z.string().meta({ description: '为什么，一句话' }),
    about: z.string().nullable().meta({ description: '券名、买的那件、答应的事；日子没有' }),
    cared: CaredPiece.nullable().meta({ description: '该保养的那件，kind 为 care 时有' }),
    order: OrderDeadline.nullable().meta({ description: '要做的东西最晚哪天下单；不用做的没有' }),
    gift: GiftMemory.nullable().meta({ description: '给这个人买过什么；没有就空' }),
    scripts: z.array(OfferedScript).meta({ description: '换一条就是换到下一条' }),
    coupon: ReminderCoupon.nullable().meta({ description: '适合这一件、现在能给她的券；没有就空' }),
  })
  .meta({ id: 'Reminder' })
export type Reminder = z.infer<typeof Reminder>

/** A row of 今日. */
export const TodayRow = z
  .object({
    reminderId: z.uuid().nullable(),
    externalUserId: ExternalUserId,
    address: z.string(),
    avatarUrl: z.string().nullable(),
    kind: ReminderKind,
    state: ReminderState.nullable().meta({ description: '做完的才有：发了、说过了、跳过了' }),
    because: z.string().meta({ description: '为什么，一句话' }),
    about: z.string().nullable(),
    order: OrderDeadline.nullable(),
    date: ImportantDate.nullable(),
    occurrence: CivilDay,
    addWay: z.number().int().nullable(),
    channel: z.string().nullable(),
    at: Instant.nullable().meta({ description: '加好友、离开或做完的时刻' }),
    remindOn: CivilDay.nullable().meta({ description: '接下来的才有：哪天提醒' }),
    isPutOff: z.boolean().meta({ description: '是推迟到那天的' }),
  })
  .meta({ id: 'TodayRow' })
export type TodayRow = z.infer<typeof TodayRow>

/** 今日, by time in plain words; every section is capped at 100 rows and says how many there are. `done`: today's. */
export const Today = z.object({
  today: CivilDay,
  lunarToday: z.string().meta({ example: '农历十月十三' }),
  sections: z.array(
    z.object({
      name: z.enum(['overdue', 'due', 'newFriends', 'upcoming', 'lost', 'done']),
      total: z.number().int(),
      rows: z.array(TodayRow),
    }),
  ),
})
export type Today = z.infer<typeof Today>

export const ReminderAction = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('snooze'), until: CivilDay }),
  z.strictObject({
    action: z.literal('skip'),
    reason: z.enum(['notNeeded', 'alreadyKnown', 'badTime', 'wrongDate', 'other']),
  }),
  z.strictObject({
    action: z.literal('done'),
    how: z
      .enum(['inPerson', 'inChat'])
      .default('inPerson')
      .meta({ description: '当面说了，或在聊天里自己回了' }),
  }),
  z.strictObject({ action: z.literal('reopen') }),
])
/** As a client sends it: what has a default may be left out. */
export type ReminderAction = z.input<typeof ReminderAction>

/** Something the guide said she would do, by a day: she is reminded on it. */
export const PromiseDraft = z.strictObject({
  words: z.string().trim().min(1).max(60).meta({ example: '周五前回复价格' }),
  day: CivilDay,
})
export type PromiseDraft = z.infer<typeof PromiseDraft>

export const getToday = endpoint({
  id: 'getToday',
  method: 'get',
  path: '/today',
  summary: '今日：该做的、没赶上的、新朋友、接下来',
  answer: Today,
  status: 200,
})

export const actOnReminder = endpoint({
  id: 'actOnReminder',
  method: 'patch',
  path: '/reminders/{reminderId}',
  summary: '推迟、跳过、已当面说、撤销',
  params: z.object({ reminderId: z.uuid() }),
  body: ReminderAction,
  answer: Reminder,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})

export const addPromise = endpoint({
  id: 'addPromise',
  method: 'post',
  path: '/customers/{externalUserId}/promises',
  summary: '记一件答应客户的事，到那天提醒',
  params: CustomerParams,
  body: PromiseDraft,
  answer: Reminder,
  status: 201,
  idempotency: 'accepted',
  problems: ['limit_reached'],
})

/** For a slip: the promise was not made. */
export const removePromise = endpoint({
  id: 'removePromise',
  method: 'delete',
  path: '/reminders/{reminderId}',
  summary: '撤销刚记下的一件答应的事，当天有效',
  params: z.object({ reminderId: z.uuid() }),
  status: 204,
  problems: ['state_conflict'],
})

/** The guide is on her way from 今日 to this chat: for some minutes this reminder stands first on the card. */
export const focusReminder = endpoint({
  id: 'focusReminder',
  method: 'post',
  path: '/reminders/{reminderId}/focus',
  summary: '从今日去聊天：几分钟里这一件排在最前',
  params: z.object({ reminderId: z.uuid() }),
  status: 204,
})
