import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { openDb, type Db } from '../../../../server/db/db.ts'
import { addDays, type CivilDay } from '../../../../shared/rules/civilDay.ts'
import { planLead, type LeadRule } from '../../../../shared/rules/leadPlan.ts'
import { nextOccurrence } from '../../../../shared/rules/nextOccurrence.ts'
import type { YearlyDate } from '../../../../shared/rules/yearlyDate.ts'
import { TEST_TODAY } from '../../../support/make.ts'
import { seededRandom } from '../../../support/seededRandom.ts'
import { openLowerRooms, servicesOver } from '../lowerRooms.ts'

const rooms = openLowerRooms()
const DAYS = 396
const rules: LeadRule[] = [
  { dateKind: 'birthday', productLine: '刻字', productionDays: 7, bufferDays: 7 },
  { dateKind: 'wedding', productLine: '定制', productionDays: 20, bufferDays: 5 },
  { dateKind: 'other', productLine: '现货', productionDays: 0, bufferDays: 7 },
]
const closures = [
  { firstDay: '2027-02-04', lastDay: '2027-02-12' },
  { firstDay: '2027-10-01', lastDay: '2027-10-07' },
]

/** Dates that calendars stumble over, and many plain ones. */
function datesOf(
  random: ReturnType<typeof seededRandom>,
): { kind: 'birthday' | 'wedding' | 'other'; date: YearlyDate }[] {
  const kinds = ['birthday', 'wedding', 'other'] as const
  const solar = (month: number, day: number): YearlyDate => ({
    calendar: 'solar',
    month,
    day,
    isLeapMonth: false,
  })
  const lunar = (month: number, day: number, isLeapMonth = false): YearlyDate => ({
    calendar: 'lunar',
    month,
    day,
    isLeapMonth,
  })
  const odd = [
    solar(2, 29),
    solar(12, 31),
    solar(1, 1),
    solar(2, 28),
    lunar(12, 30),
    lunar(1, 1),
    lunar(6, 3, true),
    lunar(8, 15),
  ]
  const plain = Array.from({ length: 40 }, () =>
    random.chance(0.5)
      ? solar(random.between(1, 12), random.between(1, 28))
      : lunar(random.between(1, 12), random.between(1, 29)),
  )
  return [...odd, ...plain].map(date => ({ kind: random.pick(kinds), date }))
}

/** A server whose statements can be made to break off. */
function openServer() {
  let left = Number.POSITIVE_INFINITY
  const db: Db = openDb(rooms.test.url, {
    log: { warn: () => undefined },
    poolSize: 2,
    onStatement: text => {
      if (text === 'rollback' || left-- > 0) return
      left = Number.POSITIVE_INFINITY
      throw new Error('the server died here')
    },
  })
  const { clock, reminders } = servicesOver(db)
  return {
    db,
    reminders,
    at: (day: CivilDay, hour: number) =>
      clock.set(new Date(Date.parse(`${day}T00:00:00+08:00`) + hour * 3_600_000)),
    dieAfter: (statements: number) => (left = statements),
    live: () => (left = Number.POSITIVE_INFINITY),
  }
}

it('P20 thirteen months with three servers, pauses, deaths and clocks that jump: one per occurrence and guide, on the right day', async () => {
  const random = seededRandom('thirteen months')
  const { make, db } = rooms
  const corp = await make.corp()
  const guides = [await make.staff(corp), await make.staff(corp)] as const
  for (const rule of rules) {
    await sql`insert into lead_rules (corp_id, date_kind, product_line, production_days, buffer_days)
      values (${corp.corpId}, ${rule.dateKind}, ${rule.productLine}, ${rule.productionDays}, ${rule.bufferDays})`.execute(
      db,
    )
  }
  for (const { firstDay, lastDay } of closures) {
    await sql`insert into workshop_closures (corp_id, first_day, last_day, name)
      values (${corp.corpId}, ${firstDay}, ${lastDay}, '放假')`.execute(db)
  }
  const planned = (kind: LeadRule['dateKind'], occurrence: CivilDay) =>
    planLead({ occurrence, dateKind: kind, ownLeadDays: null }, rules, closures)
  const dates = []
  for (const { kind, date } of datesOf(random)) {
    const customer = await make.followed(corp, guides[0])
    const followers = [guides[0]]
    if (random.chance(0.3)) {
      await make.follow(guides[1], customer)
      followers.push(guides[1])
    }
    const nextOn = nextOccurrence(date, TEST_TODAY)
    const { remindOn, leadDays } = planned(kind, nextOn)
    const { calendar, month, day, isLeapMonth } = date
    const { dateId } = await make.date(corp, customer, {
      nextOn,
      remindOn,
      leadDays,
      kind,
      calendar,
      month,
      day: day ?? 1,
      isLeapMonth,
    })
    dates.push({ dateId, kind, date, followers })
  }

  /** Every occurrence that has been thought of by this day, with the guide and the day from which it stands there. */
  const wanted = dates.flatMap(({ dateId, kind, date, followers }) => {
    const found: { key: string; remindOn: CivilDay }[] = []
    for (let from: CivilDay = TEST_TODAY; from <= addDays(TEST_TODAY, DAYS + 60);) {
      const occurrence = nextOccurrence(date, from)
      for (const { staffId } of followers) {
        found.push({
          key: `${occurrence} ${dateId} ${staffId}`,
          remindOn: planned(kind, occurrence).remindOn,
        })
      }
      from = addDays(occurrence, 1)
    }
    return found
  })
  const wantedOn = (today: CivilDay) =>
    wanted.flatMap(({ key, remindOn }) => (remindOn <= today ? key : [])).toSorted()
  const shownOn = async (today: CivilDay) =>
    (
      await sql<{ key: string }>`
        select occurrence || ' ' || date_id || ' ' || staff_id as key from reminders
        where corp_id = ${corp.corpId} and due_on <= ${today}::date`.execute(db)
    ).rows
      .map(({ key }) => key)
      .toSorted()

  // On the first day that something new is due, no server is there; what chance leaves out besides may all be days of nothing.
  const missed =
    wanted
      .map(({ remindOn }) => remindOn)
      .toSorted()
      .find(day => day > TEST_TODAY) ?? TEST_TODAY
  const servers = [openServer(), openServer(), openServer()]
  const complete: CivilDay[] = []
  let pausedFor = 0
  try {
    for (let index = 0; index < DAYS; index++) {
      const today = addDays(TEST_TODAY, index)
      if (today === missed || pausedFor-- > 0) continue
      if (random.chance(0.03)) pausedFor = random.between(1, 4)
      const server = random.pick(servers)
      if (today > missed && random.chance(0.02)) {
        server.at(addDays(today, random.pick([-3, 2, 40, 400])), 3)
        await server.reminders.runDaily()
      }
      for (const each of servers) each.at(today, 0)
      if (random.chance(0.1)) {
        server.dieAfter(random.between(0, 14))
        await server.reminders
          .runDaily()
          .catch((error: unknown) => expect(error).toMatchObject({ message: 'the server died here' }))
        server.live()
        if (random.chance(0.3)) continue
      }
      const running = random.chance(0.15) ? servers : [server]
      await Promise.all(running.map(each => each.reminders.runDaily()))
      complete.push(today)
      expect(await shownOn(today), `on ${today}`).toEqual(wantedOn(today))
    }
  } finally {
    await Promise.all(servers.map(each => each.db.close()))
  }

  expect(complete.length).toBeGreaterThan(DAYS / 2)
  const { rows } = await sql<{ isLate: boolean }>`
    select is_late as "isLate" from reminders where corp_id = ${corp.corpId}`.execute(db)
  expect(rows.length).toBeGreaterThan(50)
  // Some days were missed, and what they should have told of says so.
  expect(rows.some(({ isLate }) => isLate)).toBe(true)
}, 120_000)
