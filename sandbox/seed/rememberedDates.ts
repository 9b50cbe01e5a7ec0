import { sql } from 'kysely'
import type { DateDraft } from '../../shared/contract/people.ts'
import { civilDayOf, civilDayParts } from '../../shared/rules/civilDay.ts'
import { createRandom } from '../world/random.ts'
import { dayMs, momentOf } from '../world/calendar.ts'
import { filledOf, isTold, type History } from './history.ts'
import { clockAt, intentOf, openRooms, type Served } from './rooms.ts'

/** One customer in so many had such a day lately. */
const SHARE = 0.35
const pieces = [
  ['足金手链', 388_000],
  ['刻字吊坠', 268_000],
  ['古法金戒指', 456_000],
  ['珍珠耳钉', 128_000],
] as const

/** What was added for one customer. */
export interface Remembered {
  dates: number
  sends: number
  purchases: number
}

/**
 * A wedding day of the last three months as it went: the guide was reminded of it, wrote or let it be, and some of those she wrote to
 * bought something, the more so a custom piece. Without it the pages of results have nothing to show.
 */
export async function seedRememberedDate(
  { db, config, now, scripts }: History,
  colleagues: readonly Served[],
  address: string,
): Promise<Remembered> {
  const nothing = { dates: 0, sends: 0, purchases: 0 }
  const [served, another] = colleagues
  // With a colleague, the day would stand among what she has missed.
  if (!served || another) return nothing
  const { guide, externalUserId } = served
  const random = createRandom(`remembered:${externalUserId}`)
  if (isTold(externalUserId) || !random.chance(SHARE)) return nothing
  const daysAgo = random.between(16, 85)
  const at = (daysLater: number, hour: number) =>
    openRooms(db, clockAt(momentOf(now, daysLater - daysAgo, hour)), config)
  const weddingDay = civilDayOf(now - (daysAgo - 10) * dayMs, config.timeZone)
  const { month, day } = civilDayParts(weddingDay)
  const draft: DateDraft = {
    person: null,
    kind: 'wedding',
    label: null,
    date: { calendar: 'solar', month, day, isLeapMonth: false, year: null, leapPolicy: 'leapElseOrdinary' },
    leadDays: 14,
    isAnother: true,
    consent: null,
  }
  const { dateId } = await at(0, 9).people.addDate(
    guide,
    externalUserId,
    draft,
    intentOf('addDate', externalUserId, 'remembered'),
  )
  const found = await sql<{ reminderId: string }>`
    select reminder_id as "reminderId" from reminders where date_id = ${dateId} and staff_id = ${guide.staffId}`.execute(
    db,
  )
  const reminderId = found.rows[0]?.reminderId
  if (!reminderId) return { ...nothing, dates: 1 }

  const turn = [externalUserId, 'remembered'] as const
  const message = filledOf(scripts, 'care', { 称呼: address, 导购姓名: guide.name, 门店: guide.store?.name })
  if (!message || random.chance(0.25)) {
    const skip = { action: 'skip', reason: 'badTime' } as const
    await at(0, 16).reminders.act(guide, reminderId, skip, intentOf('actOnReminder', ...turn))
    return { ...nothing, dates: 1 }
  }
  const { sends } = at(0, 15)
  const send = { ...message, reminderId, confirmed: true }
  const { sendId, parts } = await sends.start(guide, externalUserId, send, intentOf('startSend', ...turn))
  const results = parts.map((_, index) => ({ index, outcome: 'ok' as const, reason: null }))
  await sends.finish(guide, externalUserId, sendId, { results }, intentOf('finishSend', ...turn))
  if (random.chance(0.5)) return { dates: 1, sends: 1, purchases: 0 }

  const boughtAfter = random.between(2, 9)
  const [piece, amountFen] = random.pick(pieces)
  const isCustom = random.chance(0.6)
  await at(boughtAfter, 17).purchases.add(
    guide,
    externalUserId,
    {
      day: civilDayOf(momentOf(now, boughtAfter - daysAgo, 17), config.timeZone),
      piece,
      amountFen,
      recipient: random.chance(0.5) ? 'spouse' : null,
      personId: null,
      isCustom,
      engraving: isCustom ? `${month}.${day}` : null,
    },
    intentOf('addPurchase', ...turn),
  )
  return { dates: 1, sends: 1, purchases: 1 }
}
