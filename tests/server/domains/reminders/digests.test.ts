import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import type { NoticeSettings } from '../../../../shared/contract/notices.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { openDb } from '../../../../server/db/db.ts'
import { createNoticeHandler } from '../../../../server/domains/outbox/notices.ts'
import { createDigestsService } from '../../../../server/domains/reminders/digests.service.ts'
import { TEST_NOW, TEST_TIME_ZONE, TEST_TODAY } from '../../../support/make.ts'
import { openLowerRooms, servicesOver, type LowerRooms } from '../lowerRooms.ts'

const rooms = openLowerRooms()
beforeEach(() => rooms.clock.set(TEST_NOW))

const digestsOf = (services: Omit<LowerRooms, 'test'>, corpId: number) =>
  createDigestsService({ ...services, corpId, timeZone: TEST_TIME_ZONE })
const at = (time: string, day = TEST_TODAY) => new Date(`${day}T${time}:00+08:00`)

async function shop() {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  const customer = await make.followed(corp, guide, { salutation: '婉清姐' })
  const digests = digestsOf(rooms, corp.corpId)
  const runAt = (time: string, day?: string) => {
    rooms.clock.set(at(time, day))
    return digests.run()
  }
  return { make, corp, guide, customer, digests, runAt }
}
const noticesOf = async (guide: StaffActor) =>
  (
    await sql<{ title: string; description: string; path: string; state: string }>`
      select payload->>'title' as title, payload->>'description' as description, payload->>'path' as path, state from outbox
      where staff_id = ${guide.staffId} and kind = 'message' order by version`.execute(rooms.db)
  ).rows

describe('the morning notice', () => {
  it('P21 comes once a day at a quarter past nine, with two servers looking every minute', async () => {
    const { make, corp, guide, customer, runAt } = await shop()
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    await runAt('09:14')
    expect(await noticesOf(guide)).toEqual([])
    const secondDb = openDb(rooms.test.url, { log: console, poolSize: 4 })
    try {
      const second = servicesOver(secondDb)
      second.clock.set(at('09:15'))
      await Promise.all([runAt('09:15'), digestsOf(second, corp.corpId).run()])
    } finally {
      await secondDb.close()
    }
    await runAt('09:16')
    expect(await noticesOf(guide)).toEqual([
      { title: '今天 1 件', description: '生日 1 个。', path: '/sidebar/#/today', state: 'waiting' },
    ])
    await runAt('09:15', '2026-11-22')
    // The one that had not left gives its place to today's.
    expect(await noticesOf(guide)).toHaveLength(1)
  })

  it('counts by kind and names nobody', async () => {
    const { make, corp, guide, customer, runAt } = await shop()
    const son = await make.person(corp, customer, { relation: 'son', callName: '小宝' })
    const date = await make.date(corp, customer, { nextOn: '2026-11-25', personId: son.personId })
    await make.reminder(guide, customer, { dateId: date.dateId, occurrence: '2026-11-25' })
    const wedding = await make.date(corp, customer, { nextOn: '2026-11-24', kind: 'wedding' })
    await make.reminder(guide, customer, { dateId: wedding.dateId, occurrence: '2026-11-24' })
    await rooms.reminders.addPromise(guide, customer.externalUserId, { words: '回复价格', day: TEST_TODAY })
    await make.reminder(guide, customer, { occurrence: '2026-11-19' })
    await make.reminder(guide, customer, {
      occurrence: '2026-11-28',
      state: 'snoozed',
      snoozedUntil: '2026-11-24',
    })
    await make.reminder(guide, customer, { occurrence: '2026-11-28', dueOn: '2026-11-22' })
    await runAt('09:15')
    expect(await noticesOf(guide)).toMatchObject([
      {
        title: '今天 3 件',
        description: '答应的事 1 件，生日 1 个，纪念日 1 个。前几天没赶上的 1 件，今天补一句也不晚。',
      },
    ])
  })

  it('does not come when nothing is due, nor later that day when something has become due', async () => {
    const { make, guide, customer, runAt } = await shop()
    await runAt('09:15')
    await make.reminder(guide, customer, { occurrence: '2026-11-25' })
    await runAt('09:20')
    expect(await noticesOf(guide)).toEqual([])
  })

  it('missed while nobody ran comes later the same day, not in quiet hours, not the next day', async () => {
    const missed = await shop()
    await missed.make.reminder(missed.guide, missed.customer, { occurrence: '2026-11-25' })
    await missed.runAt('21:30')
    expect(await noticesOf(missed.guide)).toEqual([])
    await missed.runAt('21:29')
    expect(await noticesOf(missed.guide)).toHaveLength(1)
  })

  it('keeps her quiet hours, and 勿扰 up to the day she named', async () => {
    const { make, guide, customer, digests, runAt } = await shop()
    await make.reminder(guide, customer, { occurrence: '2026-11-28' })
    const settings: NoticeSettings = {
      digestAt: '10:40',
      quietFrom: '22:00',
      quietUntil: '08:00',
      doNotDisturbUntil: TEST_TODAY,
    }
    expect(await digests.changeSettings(guide, settings)).toEqual(settings)
    await runAt('10:40')
    await runAt('10:39', '2026-11-22')
    expect(await noticesOf(guide)).toEqual([])
    await runAt('10:40', '2026-11-22')
    expect(await noticesOf(guide)).toHaveLength(1)
  })

  it('goes to nobody who has left', async () => {
    const { make, corp, runAt } = await shop()
    const gone = await make.staff(corp, { status: 'left' })
    await make.reminder(gone, await make.followed(corp, gone), { occurrence: '2026-11-25' })
    await runAt('09:15')
    expect(await noticesOf(gone)).toEqual([])
  })

  it('that could not leave on its day is dropped without a word, and waits while it is quiet', async () => {
    const { guide } = await shop()
    const sent: string[] = []
    const handler = createNoticeHandler({
      db: rooms.db,
      publicUrl: 'https://guidebar.example',
      clock: rooms.clock,
      wecom: {
        sendNotice: async ({ title }) => {
          sent.push(title)
          return { invalidUserIds: [] }
        },
      },
    })
    const payload = {
      staffId: guide.staffId,
      title: '今天 1 件',
      description: '生日 1 个。',
      path: '/sidebar/#/today',
      goodFor: { timeZone: TEST_TIME_ZONE, day: TEST_TODAY, quietFrom: '21:30', quietUntil: '08:30' },
    }
    const deliver = (instant: Date) => {
      rooms.clock.set(instant)
      const row = { corpId: guide.corpId, payload } as unknown as Parameters<typeof handler.deliver>[0]
      return handler.deliver(row, undefined as unknown as Parameters<typeof handler.deliver>[1])
    }
    expect(await deliver(at('22:00'))).toMatchObject({ end: 'again' })
    expect(await deliver(at('00:01', '2026-11-22'))).toMatchObject({ end: 'dropped' })
    expect(sent).toEqual([])
    expect(await deliver(at('12:00'))).toMatchObject({ end: 'done' })
    expect(sent).toEqual(['今天 1 件'])
  })
})

describe('P21 when a step of the day’s work fails', () => {
  /** Reminders of a kind, in this corp, cannot be written until the answer is called. */
  async function breakKind(kind: 'care' | 'date', { corpId }: { corpId: number }) {
    const name = sql.ref(`broken_${kind}_${corpId}`)
    await sql`
      create function ${name}() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$`.execute(
      rooms.db,
    )
    await sql`
      create trigger ${name} before insert on reminders for each row
      when (new.corp_id = ${sql.lit(corpId)} and new.kind = ${sql.lit(kind)}) execute function ${name}()`.execute(
      rooms.db,
    )
    return () => sql`drop trigger ${name} on reminders`.execute(rooms.db)
  }
  async function withCare() {
    const known = await shop()
    const { corp, customer, guide } = known
    await sql`
      insert into care_rules (care_rule_id, corp_id, name, after_days)
      values (gen_random_uuid(), ${corp.corpId}, '清洗保养', 30)`.execute(rooms.db)
    await sql`
      insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_by, created_at)
      values (gen_random_uuid(), ${corp.corpId}, ${customer.customerId}, '2026-10-22', '手链', 1, ${guide.staffId}, ${TEST_NOW})`.execute(
      rooms.db,
    )
    return known
  }

  it('the others are done, the notice says what is due, and the day counts as done', async () => {
    const { make, corp, guide, customer, runAt } = await withCare()
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    await breakKind('care', corp)
    await expect(runAt('09:15')).rejects.toThrow('no room')
    expect(await noticesOf(guide)).toMatchObject([{ description: '生日 1 个。' }])
    expect(await rooms.reminders.isDoneFor(corp.corpId, TEST_TODAY)).toBe(true)
    await runAt('09:16')
  })

  it('who has nothing so far hears later, when the dates have been found', async () => {
    const { make, corp, guide, customer, runAt } = await shop()
    const other = await make.staff(corp)
    const hers = await make.followed(corp, other)
    await rooms.reminders.addPromise(other, hers.externalUserId, { words: '回复价格', day: TEST_TODAY })
    await make.date(corp, customer, { nextOn: '2026-12-05' })
    const mend = await breakKind('date', corp)
    await expect(runAt('09:15')).rejects.toThrow('no room')
    expect(await noticesOf(other)).toMatchObject([{ description: '答应的事 1 件。' }])
    // Its own job tries again; the notices do not run the whole day every minute.
    await runAt('09:16')
    await mend()
    await runAt('09:24')
    expect(await noticesOf(guide)).toEqual([])
    await runAt('09:25')
    expect(await noticesOf(guide)).toMatchObject([{ description: '生日 1 个。' }])
    expect(await noticesOf(other)).toHaveLength(1)
  })
})

describe('when she wants it', () => {
  it('is a quarter past nine until she says otherwise', async () => {
    const { guide, digests } = await shop()
    expect(await digests.getSettings(guide)).toEqual({
      digestAt: '09:15',
      quietFrom: '21:30',
      quietUntil: '08:30',
      doNotDisturbUntil: null,
    })
  })

  it.each([
    [{ digestAt: '09:00' }, 'digestAt'],
    [{ digestAt: '09:30' }, 'digestAt'],
    [{ digestAt: '07:10' }, 'digestAt'],
    [{ doNotDisturbUntil: '2027-06-01' }, 'doNotDisturbUntil'],
  ])('cannot be %o', async (wrong, path) => {
    const { guide, digests } = await shop()
    const settings = { ...(await digests.getSettings(guide)), ...wrong }
    await expect(digests.changeSettings(guide, settings)).rejects.toMatchObject({ fields: [{ path }] })
  })
})
