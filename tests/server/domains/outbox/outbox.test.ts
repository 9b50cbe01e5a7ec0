import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { createDeliveryService } from '../../../../server/domains/outbox/delivery.service.ts'
import {
  createOutboxService,
  customerLane,
  type DeliveryEnd,
  type LaneHold,
  type OutboxDraft,
  type OutboxRow,
} from '../../../../server/domains/outbox/outbox.service.ts'
import type { Queue } from '../../../../server/jobs/job.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { fixedClock } from '../../../support/fixedClock.ts'
import { createMake, TEST_NOW, type Make, type MadeCorp } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let test: TestDb
let make: Make
let corp: MadeCorp
let guide: StaffActor
let brakes: { api: string; errcode: number; ip: string | null; since: Date; until: Date }[] = []
const woken: { key: string | undefined; startAfter: Date | undefined }[] = []
const delivered: OutboxRow[] = []
let answer: (row: OutboxRow, hold: LaneHold) => Promise<DeliveryEnd>
let onRetried: (row: OutboxRow) => Promise<void>

const clock = fixedClock()
const queue: Queue = {
  send: async (_, __, ___, options) => {
    woken.push({ key: options?.key, startAfter: options?.startAfter })
  },
}

function openServices() {
  const outbox = createOutboxService({ db: test.db, clock, queue })
  const deliver = (row: OutboxRow, hold: LaneHold) => {
    delivered.push(row)
    return answer(row, hold)
  }
  const delivery = createDeliveryService({
    db: test.db,
    clock,
    log: pino({ level: 'silent' }),
    queue,
    wecom: { listBrakes: async () => brakes },
    handlers: { tags: { deliver }, remark: { deliver, retried: (_, __, row) => onRetried(row) } },
  })
  return { outbox, delivery }
}
let services: ReturnType<typeof openServices>

beforeAll(async () => {
  test = await createTestDb()
  make = createMake(test.db)
  services = openServices()
})
afterAll(() => test.drop())
beforeEach(async () => {
  corp = await make.corp()
  guide = await make.staff(corp)
  brakes = []
  woken.length = 0
  delivered.length = 0
  answer = async () => ({ end: 'done' })
  onRetried = async () => undefined
})

let count = 0
interface Wanted extends Partial<OutboxDraft> {
  by?: StaffActor
}
async function put(given: Wanted = {}): Promise<OutboxDraft> {
  const { by = guide, ...more } = given
  const draft: OutboxDraft = {
    kind: 'tags',
    lane: 'customer:1',
    subject: `about:${++count}`,
    staffId: by.staffId,
    customerId: null,
    payload: { n: count },
    ...more,
  }
  await test.db.transaction(tx => services.outbox.put(tx, by, draft))
  return draft
}
const work = (lane = 'customer:1', by = services) =>
  by.delivery.deliver({ corpId: corp.corpId, lane }, new AbortController().signal)
interface Row {
  subject: string
  state: string
  tries: number
  lost: number
  payload: unknown
  inSeconds: number
  errcode: number | null
  reason: string | null
  hasFirst: boolean
}
const rows = async () =>
  (
    await sql<Row>`
      select subject, state, tries, lost_holders as lost, payload, errcode, reason, first_tried_at is not null as "hasFirst",
             round(extract(epoch from next_at - clock_timestamp()))::int as "inSeconds"
      from outbox where corp_id = ${corp.corpId} order by version`.execute(test.db)
  ).rows
const states = async () => (await rows()).map(row => row.state)
const makeDue = () =>
  sql`update outbox set next_at = clock_timestamp() where corp_id = ${corp.corpId}`.execute(test.db)
const failing = (errcode: number) => async () => {
  throw new WecomError('externalcontact/mark_tag', { errcode })
}

describe('what is put in', () => {
  it('P12 is there with the commit and not at all without it, nor is anybody woken', async () => {
    await put({ lane: 'customer:7' })
    expect(await states()).toEqual(['waiting'])
    expect(woken).toEqual([{ key: `${corp.corpId}/customer:7`, startAfter: undefined }])
    const rolledBack = test.db.transaction(async tx => {
      await services.outbox.put(tx, guide, {
        kind: 'tags',
        lane: 'customer:8',
        subject: 'never',
        staffId: guide.staffId,
        customerId: null,
        payload: {},
      })
      throw new Error('changed my mind')
    })
    await expect(rolledBack).rejects.toThrow('changed my mind')
    expect(await states()).toEqual(['waiting'])
  })

  it('P18 takes the place of what has not left yet', async () => {
    const former = await put({ payload: { remark: '王姐' } })
    await put({ ...former, payload: { remark: '王芳' } })
    await work()
    expect(delivered.map(row => row.payload)).toEqual([{ remark: '王芳' }])
    expect(await states()).toEqual(['done'])
  })

  it('P18 follows what is just leaving', async () => {
    const former = await put({ payload: { remark: '王姐' } })
    answer = async row => {
      if (delivered.length === 1) await put({ ...former, payload: { remark: '王芳' } })
      return { end: row ? 'done' : 'again' }
    }
    await work()
    expect(delivered.map(row => row.payload)).toEqual([{ remark: '王姐' }, { remark: '王芳' }])
    expect(await states()).toEqual(['done', 'done'])
  })

  it('P18 ends what fails while it waits: the last intention wins', async () => {
    const former = await put()
    answer = async () => {
      answer = async () => ({ end: 'done' })
      await put({ ...former, payload: { n: 'newer' } })
      throw new WecomError('externalcontact/mark_tag', { errcode: -1 })
    }
    await work()
    expect(await states()).toEqual(['superseded', 'done'])
    expect(delivered.map(row => row.payload)).toEqual([former.payload, { n: 'newer' }])
  })

  it('P18 ends what failed before, given up or refused', async () => {
    const former = await put()
    answer = failing(84061)
    await work()
    expect(await states()).toEqual(['refused'])
    await put(former)
    expect(await states()).toEqual(['superseded', 'waiting'])
  })

  it('is forgotten once it is at WeCom: texts stay no longer than they are needed', async () => {
    await put({ payload: { remark: '王姐' } })
    await work()
    expect(await rows()).toMatchObject([{ state: 'done', payload: {} }])
  })
})

describe('a lane', () => {
  it('keeps the order of its rows', async () => {
    const put5 = []
    for (let n = 0; n < 5; n++) put5.push(await put())
    await work()
    expect(delivered.map(row => row.subject)).toEqual(put5.map(row => row.subject))
  })

  it('goes on with the rows of others when one guide’s fails, and keeps hers in order', async () => {
    const colleague = await make.staff(corp)
    const { customerId } = await make.customer(corp)
    const lane = customerLane(customerId)
    const first = await put({ lane, customerId })
    const second = await put({ lane, customerId, kind: 'remark' })
    const theirs = await put({ lane, customerId, by: colleague })
    answer = async row => {
      if (row.subject === first.subject && delivered.length === 1)
        throw new WecomError('externalcontact/mark_tag', { errcode: -1 })
      return { end: 'done' }
    }
    await work(lane)
    expect(delivered.map(row => row.subject)).toEqual([first.subject, theirs.subject])
    await makeDue()
    await work(lane)
    expect(delivered.slice(2).map(row => row.subject)).toEqual([first.subject, second.subject])
  })

  it('is left to the one who is at work in it, who also does what comes meanwhile', async () => {
    await put()
    const another = openServices()
    answer = async () => {
      if (delivered.length > 1) return { end: 'done' }
      await put()
      await work('customer:1', another)
      return { end: 'done' }
    }
    await work()
    expect(await states()).toEqual(['done', 'done'])
    expect(delivered).toHaveLength(2)
  })

  it('is looked after again when its rows are due', async () => {
    await put()
    answer = failing(-1)
    await work()
    const wakeUp = woken.at(-1)
    expect(wakeUp?.key).toBe(`${corp.corpId}/customer:1`)
    const inSeconds = ((wakeUp?.startAfter?.getTime() ?? 0) - TEST_NOW.getTime()) / 1000
    expect(inSeconds).toBeGreaterThan(5)
    expect(inSeconds).toBeLessThan(12)
    await work()
    expect(delivered).toHaveLength(1)
  })

  it('is followed by others of its sort that nobody is at', async () => {
    await put({ lane: 'customer:1' })
    await put({ lane: 'customer:2' })
    await put({ lane: 'staff:3' })
    await work('customer:1')
    expect(delivered.map(row => row.lane)).toEqual(['customer:1', 'customer:2'])
  })

  it('is left after the row in hand when the server stops, and somebody else is woken', async () => {
    await put()
    await put()
    const stopping = new AbortController()
    answer = async (_, hold) => {
      stopping.abort()
      await hold.keep()
      return { end: 'done' }
    }
    woken.length = 0
    await services.delivery.deliver({ corpId: corp.corpId, lane: 'customer:1' }, stopping.signal)
    expect(await states()).toEqual(['done', 'waiting'])
    expect(woken).toMatchObject([{ key: `${corp.corpId}/customer:1` }])
  })

  it('leaves kinds nobody handles here to a newer server', async () => {
    await put({ kind: 'transfer' })
    await work()
    expect(await states()).toEqual(['waiting'])
  })
})

describe('an end', () => {
  it.each<[string, () => Promise<DeliveryEnd>, Partial<Row>]>([
    ['done', async () => ({ end: 'done' }), { state: 'done' }],
    ['not yet', async () => ({ end: 'again' }), { state: 'waiting', tries: 1 }],
    [
      'refused, with the handler’s reason',
      async () => ({ end: 'refused', reason: '不行', errcode: 40058 }),
      { state: 'refused', reason: '不行', errcode: 40058 },
    ],
    ['refused by WeCom', failing(84061), { state: 'refused', errcode: 84061 }],
    ['busy', failing(-1), { state: 'waiting', tries: 1, errcode: -1, hasFirst: true }],
    ['misconfigured', failing(60020), { state: 'waiting', tries: 0, errcode: 60020, hasFirst: false }],
    ['over the rate', failing(45009), { state: 'waiting', tries: 0, errcode: 45009, hasFirst: false }],
    [
      'a mistake of ours',
      async () => {
        throw new TypeError('undefined is not a function')
      },
      { state: 'waiting', tries: 1, errcode: null },
    ],
  ])('%s', async (_, end, expected) => {
    await put()
    answer = end
    await work()
    expect(await rows()).toMatchObject([expected])
  })

  it('by a brake waits until the brake is off', async () => {
    await put()
    const until = new Date(Date.now() + 3_000_000)
    brakes = [{ api: 'externalcontact/mark_tag', errcode: 45009, ip: null, since: new Date(), until }]
    answer = failing(45009)
    await work()
    const [row] = await rows()
    expect(row?.inSeconds).toBeGreaterThan(2_900)
  })

  it('is death after a day of trying, and can be undone by a person', async () => {
    const { subject } = await put()
    answer = failing(-1)
    await work()
    await sql`
      update outbox set first_tried_at = clock_timestamp() - interval '24 hours', next_at = clock_timestamp()
      where corp_id = ${corp.corpId}`.execute(test.db)
    await work()
    expect(await rows()).toMatchObject([
      { state: 'dead', reason: '试了一天都没有成功：企业微信一直忙（编号 -1）' },
    ])
    const { items, total } = await services.delivery.listUnsent(guide)
    expect(total).toBe(1)
    await services.delivery.retry(guide, items[0]!.outboxId)
    expect(await rows()).toMatchObject([{ subject, state: 'waiting', tries: 0, hasFirst: false }])
    answer = async () => ({ end: 'done' })
    await work()
    expect(await states()).toEqual(['done'])
  })

  it('is written together with what the handler says about it, or neither is', async () => {
    await put()
    answer = async () => ({
      end: 'done',
      also: async tx => {
        await sql`update staff set name = 'told' where staff_id = ${guide.staffId}`.execute(tx)
        throw new Error('and then the database was gone')
      },
    })
    await expect(work()).rejects.toThrow('gone')
    const found = sql<{ name: string }>`select name from staff where staff_id = ${guide.staffId}`
    expect((await found.execute(test.db)).rows[0]?.name).not.toBe('told')
    expect(await states()).toEqual(['sending'])
    answer = async () => ({ end: 'done' })
    await work()
    expect(await rows()).toMatchObject([{ state: 'done', lost: 1 }])
  })
})

describe('a holder who died', () => {
  /** As a killed server leaves things: a row under way, and a lane whose time runs out. */
  async function leaveBehind() {
    await sql`update outbox set state = 'sending', tries = tries + 1 where corp_id = ${corp.corpId}`.execute(
      test.db,
    )
  }

  it('P21 between the call and its record is repeated once', async () => {
    await put()
    await leaveBehind()
    await work()
    expect(delivered).toHaveLength(1)
    expect(await rows()).toMatchObject([{ state: 'done', lost: 1 }])
    await work()
    expect(delivered).toHaveLength(1)
  })

  it('gives way to a newer intention', async () => {
    const former = await put()
    await leaveBehind()
    await put(former)
    await work()
    expect(delivered).toHaveLength(1)
    expect(await states()).toEqual(['superseded', 'done'])
  })

  it('over and over takes the row with him', async () => {
    await put()
    await sql`update outbox set lost_holders = 7 where corp_id = ${corp.corpId}`.execute(test.db)
    await leaveBehind()
    await work()
    expect(delivered).toEqual([])
    expect(await rows()).toMatchObject([{ state: 'dead', reason: '发送途中多次中断' }])
  })

  it('is noticed by the sweep, which wakes nobody who is at work', async () => {
    await put({ lane: 'customer:1' })
    await put({ lane: 'customer:2' })
    await leaveBehind()
    await sql`
      insert into outbox_lanes values (${corp.corpId}, 'customer:2', gen_random_uuid(), nextval('outbox_fences'),
                                       clock_timestamp() + interval '1 minute')`.execute(test.db)
    woken.length = 0
    await services.delivery.sweep()
    expect(woken.map(each => each.key)).toEqual([`${corp.corpId}/customer:1`])
  })

  it('is not looked for by the sweep where hers waits only for its own turn', async () => {
    const { customerId } = await make.followed(corp, guide)
    const lane = customerLane(customerId)
    await put({ lane, customerId })
    await put({ lane, customerId, kind: 'remark' })
    await sql`
      update outbox set next_at = clock_timestamp() + case kind when 'tags' then 1 else -1 end * interval '1 hour'
      where corp_id = ${corp.corpId}`.execute(test.db)
    woken.length = 0
    await services.delivery.sweep()
    expect(woken.filter(each => each.key === `${corp.corpId}/${lane}`)).toEqual([])
    await makeDue()
    await sql`update outbox set next_at = next_at - interval '1 minute' where corp_id = ${corp.corpId}`.execute(
      test.db,
    )
    await services.delivery.sweep()
    expect(woken.filter(each => each.key === `${corp.corpId}/${lane}`)).toHaveLength(1)
  })

  it('P18 only seemingly writes nothing and says nothing any more once another has been let in', async () => {
    await put()
    await put()
    let mayKeep: unknown
    answer = async (_, hold) => {
      await sql`update outbox_lanes set fence = nextval('outbox_fences') where corp_id = ${corp.corpId}`.execute(
        test.db,
      )
      mayKeep = await hold.keep().catch((error: unknown) => error)
      return { end: 'done', also: async () => expect.unreachable('the lane is another’s') }
    }
    await work()
    expect(mayKeep).toMatchObject({ name: 'LaneLost' })
    expect(delivered).toHaveLength(1)
    expect(await states()).toEqual(['sending', 'waiting'])
  })
})

describe('who left', () => {
  it('P4 has nothing sent any more, whoever else has', async () => {
    const colleague = await make.staff(corp)
    await put()
    await put({ by: colleague })
    const cancel = test.db.transaction(tx => services.outbox.cancelOf(tx, guide, [guide.staffId], '已离职'))
    expect(await cancel).toBe(1)
    expect(await rows()).toMatchObject([{ state: 'cancelled', reason: '已离职' }, { state: 'waiting' }])
  })
})

describe('the list of what is not at WeCom', () => {
  const refusedOne = async (by: StaffActor) => {
    await put({ by })
    answer = failing(84061)
    await work()
  }

  it('P2 shows a guide hers, a manager her stores’, an admin all, and nobody another corp’s', async () => {
    const [here, there] = [await make.store(corp), await make.store(corp)]
    const [one, other] = [await make.staff(corp, { store: here }), await make.staff(corp, { store: there })]
    await refusedOne(one)
    await refusedOne(other)
    const manager = { ...(await make.staff(corp, { role: 'manager' })), managedStoreIds: [here.storeId] }
    const admin = await make.staff(corp, { role: 'admin' })
    const foreign = await make.staff(await make.corp(), { role: 'admin' })
    const seenBy = async (actor: StaffActor) =>
      (await services.delivery.listUnsent(actor)).items.map(item => item.guide).toSorted()
    expect(await seenBy(one)).toEqual([one.name])
    expect(await seenBy(manager)).toEqual([one.name])
    expect(await seenBy(admin)).toEqual([one.name, other.name].toSorted())
    expect(await seenBy(foreign)).toEqual([])
    const { items } = await services.delivery.listUnsent(other)
    for (const verb of [services.delivery.retry, services.delivery.dismiss])
      for (const actor of [one, manager, foreign])
        await expect(verb(actor, items[0]!.outboxId)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('says how much is on its way, and since when', async () => {
    await put()
    clock.advance({ seconds: 90 })
    expect(await services.delivery.listUnsent(guide)).toEqual({
      items: [],
      total: 0,
      waiting: 1,
      oldestSeconds: 90,
    })
    expect(await services.delivery.measure(corp.corpId)).toEqual({ unsent: 0, waiting: 1, oldestSeconds: 90 })
    clock.set(TEST_NOW)
  })

  it('is shorter by what she dismisses, and by nothing else', async () => {
    await refusedOne(guide)
    await refusedOne(guide)
    const { items } = await services.delivery.listUnsent(guide)
    await services.delivery.dismiss(guide, items[0]!.outboxId)
    await services.delivery.dismiss(guide, items[0]!.outboxId)
    expect((await services.delivery.listUnsent(guide)).items.map(item => item.outboxId)).toEqual([
      items[1]!.outboxId,
    ])
    expect(await services.outbox.countUnsent(guide)).toBe(1)
    await expect(services.delivery.retry(guide, items[0]!.outboxId)).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  it('keeps what was refused, and forgets what ended well a month ago', async () => {
    await refusedOne(guide)
    answer = async () => ({ end: 'done' })
    await put()
    await work()
    await sql`update outbox set ended_at = ${new Date(TEST_NOW.getTime() - 31 * 86_400_000)} where corp_id = ${corp.corpId}`.execute(
      test.db,
    )
    await services.delivery.sweep()
    expect(await states()).toEqual(['refused'])
  })

  it('tells the room that a row is wanted again, in the same transaction', async () => {
    await put({ kind: 'remark' })
    answer = failing(84061)
    await work()
    const { items } = await services.delivery.listUnsent(guide)
    onRetried = async () => {
      throw new Error('the room says no')
    }
    await expect(services.delivery.retry(guide, items[0]!.outboxId)).rejects.toThrow('the room says no')
    expect(await states()).toEqual(['refused'])
  })
})
