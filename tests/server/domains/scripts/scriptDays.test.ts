import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import {
  createScriptDaysRepository,
  partOf,
  type StoreSum,
} from '../../../../server/domains/scripts/scriptDays.repository.ts'
import {
  createScriptDaysService,
  HOURLY_DAYS,
  NIGHTLY_DAYS,
  type ScriptDaysService,
} from '../../../../server/domains/scripts/scriptDays.service.ts'
import { TEST_NOW, TEST_TIME_ZONE, type MadeCustomer } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
let days: ScriptDaysService
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  days = createScriptDaysService({ db: test.db, clock: world.clock, timeZone: TEST_TIME_ZONE })
})
afterAll(() => test.drop())

const at = (day: string, time = '10:00') => new Date(`${day}T${time}:00+08:00`)
const countsOf = (corpId: number) =>
  world.rows(sql<Record<string, unknown>>`
    select script_id as "scriptId", version, staff_id as "staffId", day::text, sends, cancelled, replies, purchases, lost,
           cardinality(customers) as persons
    from script_days where corp_id = ${corpId} order by day, script_id, version, staff_id`)
const leave = (guide: StaffActor, customer: MadeCustomer, endedAt: Date) =>
  sql`update follows set status = 'lost', ended_at = ${endedAt}
      where staff_id = ${guide.staffId} and customer_id = ${customer.customerId}`.execute(test.db)
const reply = (sendId: string, repliedAt: Date | null) =>
  sql`update sends set replied_at = ${repliedAt} where send_id = ${sendId}`.execute(test.db)

describe('what came of a script on one day', () => {
  async function shop(customers = 7) {
    const made = await world.shop({ customers })
    const script = await world.make.script(made.corp)
    const send = (index: number, given: Parameters<typeof world.make.send>[2] = {}) =>
      world.make.send(made.guide, made.customers[index]!, { script, startedAt: at('2026-11-10'), ...given })
    const counted = async () => {
      await days.count(made.corp.corpId, NIGHTLY_DAYS)
      return countsOf(made.corp.corpId)
    }
    return { ...made, script, send, counted }
  }

  it('tells what arrived from what the guide stopped; what failed, is unknown or still open is neither', async () => {
    const { send, counted } = await shop()
    for (const [index, outcome] of (
      ['ok', 'partial', 'cancelled', 'failed', 'unknown', null] as const
    ).entries())
      await send(index, { outcome })
    expect(await counted()).toMatchObject([{ day: '2026-11-10', sends: 2, cancelled: 1, persons: 3 }])
  })

  it('knows five persons at most', async () => {
    const { send, counted } = await shop()
    for (let index = 0; index < 7; index++) await send(index)
    await send(0, { startedAt: at('2026-11-10', '15:00') })
    expect(await counted()).toMatchObject([{ sends: 8, persons: 5 }])
  })

  it('is of the corp’s own day, by version', async () => {
    const { send, counted, script } = await shop()
    await send(0, { startedAt: at('2026-11-10', '00:00') })
    await send(1, { startedAt: at('2026-11-09', '23:59') })
    await send(2, { script: { ...script, version: 2 } })
    expect((await counted()).map(({ day, version, sends }) => [day, version, sends])).toEqual([
      ['2026-11-09', 1, 1],
      ['2026-11-10', 1, 1],
      ['2026-11-10', 2, 1],
    ])
  })

  it('counts a reply the guide marked, and an answer she was given next within seven days', async () => {
    const { guide, customers, send, counted } = await shop()
    const answer = (index: number, day: string, reasonClass: 'answer' | null = 'answer') =>
      world.make.send(guide, customers[index]!, { startedAt: at(day), reasonClass })
    await reply((await send(0)).sendId, at('2026-11-11'))
    await send(1)
    await answer(1, '2026-11-17')
    await send(2)
    await answer(2, '2026-11-18')
    await send(3)
    await answer(3, '2026-11-12', null)
    await answer(3, '2026-11-13')
    await reply((await send(4, { outcome: 'cancelled' })).sendId, at('2026-11-11'))
    expect(await counted()).toMatchObject([{ sends: 4, cancelled: 1, replies: 2 }])
  })

  it('counts who left this guide within three days, and nobody who left a colleague or was removed', async () => {
    const { corp, guide, customers, send, counted } = await shop()
    for (const index of [0, 1, 2, 3, 4]) await send(index)
    await leave(guide, customers[0]!, at('2026-11-13'))
    await leave(guide, customers[1]!, at('2026-11-13', '10:01'))
    await leave(guide, customers[2]!, at('2026-11-10', '09:59'))
    const colleague = await world.make.staff(corp)
    await world.make.follow(colleague, customers[3]!)
    await leave(colleague, customers[3]!, at('2026-11-11'))
    await sql`update follows set status = 'removed', ended_at = ${at('2026-11-11')} where customer_id = ${customers[4]!.customerId}`.execute(
      test.db,
    )
    expect(await counted()).toMatchObject([{ sends: 5, lost: 1 }])
  })

  it('counts purchases traced to it', async () => {
    const { guide, customers, send, counted } = await shop()
    await send(0)
    await send(1)
    await world.purchases.add(guide, customers[0]!.externalUserId, {
      day: '2026-11-15', piece: '足金手链', amountFen: 1, recipient: null, personId: null, isCustom: false, engraving: null,
    }) // prettier-ignore
    expect(await counted()).toMatchObject([{ sends: 2, purchases: 1 }])
  })

  it('leaves out groups, and messages of no script', async () => {
    const { corp, guide, customers, script, counted } = await shop()
    await world.make.send(guide, customers[0]!)
    await sql`
      insert into sends (send_id, corp_id, staff_id, group_chat_id, title, script_id, script_version, started_at, outcome)
      values (gen_random_uuid(), ${corp.corpId}, ${guide.staffId}, 1, '群', ${script.scriptId}, 1,
              ${at('2026-11-10')}, 'ok')`.execute(test.db)
    expect(await counted()).toEqual([])
  })

  it('changes nothing of another corp', async () => {
    const here = await shop()
    const there = await shop()
    await here.send(0)
    await there.send(0)
    await here.counted()
    expect(await countsOf(there.corp.corpId)).toEqual([])
  })
})

describe('counting on', () => {
  it('sums written a part at a time are those of one go, and a part takes away nothing of another', async () => {
    const { corp, customers } = await world.shop({ customers: 1 })
    const repository = createScriptDaysRepository(test.db)
    const made = await Promise.all(Array.from({ length: 12 }, () => world.make.script(corp)))
    const sumOf = ({ scriptId }: { scriptId: string }, sends: number): StoreSum => ({
      script_id: scriptId, version: 1, store_id: null, sends, cancelled: 0, replies: 0, purchases: 0, lost: 0,
      customers: [customers[0]!.customerId],
    }) // prettier-ignore
    const write = async (sums: readonly StoreSum[], part: number) =>
      repository.writeSums(
        corp.corpId,
        sums.filter(sum => partOf(sum.script_id, 3) === part),
        { part, parts: 3 },
      )
    const written = async () =>
      (
        await world.rows(
          sql<StoreSum>`select script_id, sends from script_sums where corp_id = ${corp.corpId} order by 1`,
        )
      ).map(({ script_id: id, sends }) => [id, sends])
    const rowsOf = (sums: readonly StoreSum[]) =>
      sums.map(({ script_id: id, sends }) => [id, sends]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    const before = made.map(script => sumOf(script, 1))
    for (const part of [0, 1, 2]) await write(before, part)
    expect(await written()).toEqual(rowsOf(before))
    const after = made.slice(6).map(script => sumOf(script, 2))
    await write(after, 0)
    const others = before.filter(sum => partOf(sum.script_id, 3) !== 0)
    expect(await written()).toEqual(
      rowsOf([...others, ...after.filter(sum => partOf(sum.script_id, 3) === 0)]),
    )
    for (const part of [1, 2]) await write(after, part)
    expect(await written()).toEqual(rowsOf(after))
  })

  it('ends with the same rows as counting everything anew, whatever happened and however often it was cut off', async () => {
    type Step = { kind: 'send' | 'reply' | 'unreply' | 'leave' | 'back' | 'buy' | 'forget' | 'hour' | 'cut'; who: number; ago: number; version: number } // prettier-ignore
    const step: fc.Arbitrary<Step> = fc.record({
      kind: fc.constantFrom('send', 'send', 'send', 'reply', 'unreply', 'leave', 'back', 'buy', 'forget', 'hour', 'cut'),
      who: fc.nat(3),
      ago: fc.nat(40),
      version: fc.integer({ min: 1, max: 2 }),
    }) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async steps => {
        const { corp, guide, customers } = await world.shop({ customers: 4 })
        const script = await world.make.script(corp)
        const { corpId } = corp
        const sent: string[] = []
        const gone = new Set<number>()
        for (const { kind, who, ago, version } of steps) {
          const customer = customers[who]!
          const when = new Date(TEST_NOW.getTime() - ago * 86_400_000)
          const some = sent[ago % Math.max(1, sent.length)]
          if (kind === 'send')
            sent.push(
              (
                await world.make.send(guide, customer, {
                  script: { ...script, version },
                  startedAt: when,
                  outcome: ago % 5 === 0 ? 'cancelled' : 'ok',
                  reasonClass: ago % 7 === 0 ? 'answer' : null,
                })
              ).sendId,
            )
          else if (kind === 'leave') {
            gone.add(who)
            await leave(guide, customer, when)
          } else if (kind === 'back') {
            gone.delete(who)
            await sql`update follows set status = 'active', ended_at = null where customer_id = ${customer.customerId}`.execute(
              test.db,
            )
          } else if (kind === 'hour') await days.count(corpId, HOURLY_DAYS)
          else if (kind === 'cut') {
            const stop = new AbortController()
            stop.abort(new Error('stopped'))
            await expect(days.count(corpId, NIGHTLY_DAYS, stop.signal)).rejects.toThrow('stopped')
          } else if (kind === 'buy' && !gone.has(who))
            await world.purchases.add(guide, customer.externalUserId, {
              day: when.toISOString().slice(0, 10), piece: '戒指', amountFen: 1, recipient: null, personId: null,
              isCustom: ago % 2 === 0, engraving: null,
            }) // prettier-ignore
          else if (some && kind === 'forget')
            await sql`delete from sends where send_id = ${some}`.execute(test.db)
          else if (some && (kind === 'reply' || kind === 'unreply'))
            await reply(some, kind === 'reply' ? TEST_NOW : null)
        }
        await days.count(corpId, NIGHTLY_DAYS)
        const counted = await countsOf(corpId)
        await sql`delete from script_days where corp_id = ${corpId}`.execute(test.db)
        await days.count(corpId, NIGHTLY_DAYS)
        expect(counted).toEqual(await countsOf(corpId))
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('two processes at once end with the same rows, too', async () => {
    const { corp, guide, customers } = await world.shop({ customers: 6 })
    const script = await world.make.script(corp)
    for (const [index, customer] of customers.entries())
      await world.make.send(guide, customer, { script, startedAt: at(`2026-11-${10 + index}`) })
    await Promise.all([
      days.count(corp.corpId, NIGHTLY_DAYS),
      days.count(corp.corpId, HOURLY_DAYS),
      days.countAll(HOURLY_DAYS),
    ])
    expect((await countsOf(corp.corpId)).map(({ sends }) => sends)).toEqual([1, 1, 1, 1, 1, 1])
  })
})
