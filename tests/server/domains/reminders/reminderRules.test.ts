import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ReminderRules } from '../../../../shared/contract/reminderRules.ts'
import { ensureCorp } from '../../../../server/db/corp.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'
import { TEST_NOW } from '../../../support/make.ts'

let test: TestApp
let admin: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
})
afterAll(() => test.close())

const read = async () => ReminderRules.parse(await (await admin.fetch('/api/reminder-rules')).json())
const write = (rules: object, version: number, who = admin) =>
  who.fetch('/api/reminder-rules', { method: 'PUT', json: rules, version })
const engraving = (productionDays: number) => ({
  dateKind: 'birthday',
  productLine: '刻字',
  productionDays,
  bufferDays: 7,
})

describe('the rules of reminding', () => {
  it('begin with a week for engraving, the Spring Festivals to come, and cleaning after half a year', async () => {
    const corpId = await ensureCorp(test.db, 'wwbrandnew', TEST_NOW)
    const rules = await test.services.reminderRules.get({ ...admin.actor, corpId })
    expect(rules.leads.find(rule => rule.dateKind === 'birthday')).toEqual({ ...engraving(7) })
    expect(rules.closures.map(closure => closure.firstDay.slice(0, 4))).toEqual([
      '2026',
      '2027',
      '2028',
      '2029',
      '2030',
    ])
    expect(rules.cares).toEqual([{ name: '清洗保养', afterDays: 180 }])
    expect(await ensureCorp(test.db, 'wwbrandnew', TEST_NOW)).toBe(corpId)
  })

  it('move what was not sent: a longer lead reminds at once, a shorter one takes back, what was put off or sent stays', async () => {
    const { make, corp, services } = test
    const guide = await make.staff(corp)
    const [near, later, sent] = [
      await make.followed(corp, guide),
      await make.followed(corp, guide),
      await make.followed(corp, guide),
    ]
    const dates = [
      await make.date(corp, near, { nextOn: '2026-12-01' }),
      await make.date(corp, later, { nextOn: '2026-12-20' }),
      await make.date(corp, sent, { nextOn: '2026-12-02' }),
    ]
    await services.reminders.runDaily()
    await sql`update reminders set state = 'sent' where date_id = ${dates[2]?.dateId}`.execute(test.db)
    const remindersOf = async () =>
      (
        await sql<{ customerId: number; state: string }>`
          select customer_id as "customerId", state from reminders where corp_id = ${corp.corpId} order by occurrence`.execute(
          test.db,
        )
      ).rows
    expect((await remindersOf()).map(row => row.customerId)).toEqual([near.customerId, sent.customerId])

    const empty = { leads: [], closures: [], cares: [] }
    const before = await read()
    const answer = await write({ ...empty, leads: [engraving(25)] }, before.version)
    expect(answer.status).toBe(200)
    expect(ReminderRules.parse(await answer.json()).isPlanned).toBe(false)
    await test.runQueued()
    expect(await read()).toMatchObject({ isPlanned: true, leads: [engraving(25)] })
    expect((await remindersOf()).map(row => row.customerId)).toEqual([
      near.customerId,
      sent.customerId,
      later.customerId,
    ])

    const closed = { firstDay: '2026-11-24', lastDay: '2026-12-19', name: '装修' }
    await write({ ...empty, leads: [engraving(1)], closures: [closed] }, (await read()).version)
    await test.runQueued()
    const planned = await sql<{ remindOn: string; lastOrderOn: string }>`
      select remind_on as "remindOn", last_order_on as "lastOrderOn" from important_dates where date_id = ${dates[1]?.dateId}`.execute(
      test.db,
    )
    expect(planned.rows).toEqual([{ remindOn: '2026-11-16', lastOrderOn: '2026-11-23' }])
    await write({ ...empty, leads: [engraving(0)] }, (await read()).version)
    await test.runQueued()
    expect(await remindersOf()).toEqual([{ customerId: sent.customerId, state: 'sent' }])
  })

  it('are refused with the row that is wrong, and when somebody else changed them', async () => {
    const { version } = await read()
    const rules = {
      leads: [engraving(7), engraving(8)],
      closures: [{ firstDay: '2027-02-10', lastDay: '2027-02-01', name: '春节' }],
      cares: [],
    }
    const refused = await write(rules, version)
    expect(refused.status).toBe(422)
    const { errors } = (await refused.json()) as { errors: { path: string }[] }
    expect(errors.map(({ path }) => path)).toEqual(['leads.1.productLine', 'closures.0.lastDay'])
    expect((await write({ leads: [], closures: [], cares: [] }, version + 5)).status).toBe(412)
  })

  it('are the admin’s to change; a guide reads them, her sheet of a date tells the day of the reminder', async () => {
    const manager = await test.signIn(await test.make.staff(test.corp, { role: 'manager' }))
    const guide = await test.signIn(await test.make.staff(test.corp))
    expect(ReminderRules.parse(await (await guide.fetch('/api/reminder-rules')).json())).toEqual(await read())
    expect((await write({ leads: [], closures: [], cares: [] }, 1, guide)).status).toBe(403)
    expect((await write({ leads: [], closures: [], cares: [] }, 1, manager)).status).toBe(403)
  })
})

describe('on the card', () => {
  it('the last day to order, what was given to this person before, and ready pieces once it is too late', async () => {
    const { make, services } = test
    const corpId = await ensureCorp(test.db, 'wwoncard', TEST_NOW)
    const corp = { corpId, wecomCorpId: 'wwoncard' }
    const guide = await make.staff(corp)
    const customer = await make.followed(corp, guide)
    const mother = await make.person(corp, customer, { relation: 'mother' })
    await sql`update people set ring_size = '13', avoids = '银' where person_id = ${mother.personId}`.execute(
      test.db,
    )
    for (const [day, piece, recipient] of [
      ['2025-09-10', '足金手链', 'mother'],
      ['2024-09-10', '珍珠耳钉', 'mother'],
      ['2026-01-10', '对戒', null],
    ] as const) {
      await sql`
        insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, recipient, created_at)
        values (gen_random_uuid(), ${corpId}, ${customer.customerId}, ${day}, ${piece}, 100, ${recipient}, ${TEST_NOW})`.execute(
        test.db,
      )
    }
    await make.script(corp, { occasion: 'birthdayElder', title: '刻字礼' })
    await make.script(corp, { occasion: 'readyMade', title: '现货' })
    const date = {
      calendar: 'solar',
      month: 12,
      day: 1,
      isLeapMonth: false,
      year: null,
      leapPolicy: 'leapElseOrdinary',
    } as const
    await services.people.addDate(guide, customer.externalUserId, {
      person: { personId: mother.personId },
      kind: 'birthday',
      label: null,
      date,
      leadDays: null,
      consent: null,
    })
    const first = async () => {
      const now = test.clock.now()
      const session = await make.session(guide, { createdAt: now })
      const card = await services.customers.openCard(session.hash, customer.externalUserId)
      return card.reminders[0]
    }
    expect(await first()).toMatchObject({
      because: '妈妈生日还有 10 天',
      order: { productLine: '刻字', productionDays: 7, lastOrderOn: '2026-11-24' },
      gift: {
        bought: [
          { day: '2025-09-10', piece: '足金手链' },
          { day: '2024-09-10', piece: '珍珠耳钉' },
        ],
        ringSize: '13',
        avoids: '银',
      },
      scripts: [{ title: '刻字礼' }],
    })
    test.clock.set(new Date('2026-11-25T02:00:00Z'))
    expect((await first())?.scripts).toMatchObject([{ title: '现货' }])
    test.clock.set(new Date('2026-12-02T02:00:00Z'))
    expect((await first())?.scripts).toMatchObject([{ title: '刻字礼' }])
    test.clock.set(TEST_NOW)
  })
})
