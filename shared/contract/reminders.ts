import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ExternalUserId } from './ids.ts'
import { ImportantDate } from './people.ts'
import { ScriptPart } from './scripts.ts'
import { CivilDay, Instant } from './time.ts'

export const ReminderKind = z.enum(['date', 'newFriend', 'lost'])
export const ReminderState = z.enum(['pending', 'snoozed', 'sent', 'done', 'skipped', 'expired'])
export type ReminderState = z.infer<typeof ReminderState>

/** A script offered for a reminder, best first; the page fills it with what it knows. */
export const OfferedScript = z.object({
  scriptId: z.uuid(),
  version: z.number().int(),
  title: z.string(),
  parts: z.array(ScriptPart),
})
export type OfferedScript = z.infer<typeof OfferedScript>

/** One occurrence of a reason to write to one customer. */
export const Reminder = z
  .object({
    reminderId: z.uuid(),
    kind: ReminderKind,
    state: ReminderState,
    date: ImportantDate.nullable().meta({ description: 'kind 为 date 时有' }),
    occurrence: CivilDay.meta({ description: '那一天本身' }),
    dueOn: CivilDay.meta({ description: '从哪天起该做' }),
    scripts: z.array(OfferedScript).meta({ description: '换一条就是换到下一条' }),
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
    date: ImportantDate.nullable(),
    occurrence: CivilDay,
    addWay: z.number().int().nullable(),
    channel: z.string().nullable(),
    at: Instant.nullable().meta({ description: '加好友或离开的时刻' }),
  })
  .meta({ id: 'TodayRow' })
export type TodayRow = z.infer<typeof TodayRow>

/** 今日, by time in plain words; every section is capped at 100 rows and says how many there are. */
export const Today = z.object({
  today: CivilDay,
  lunarToday: z.string().meta({ example: '农历十月十三' }),
  sections: z.array(
    z.object({
      name: z.enum(['overdue', 'due', 'newFriends', 'upcoming', 'lost']),
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
  z.strictObject({ action: z.literal('done') }),
  z.strictObject({ action: z.literal('reopen') }),
])
export type ReminderAction = z.infer<typeof ReminderAction>

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
