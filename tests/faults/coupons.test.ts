import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../server/actor.ts'
import { expectNoDifference } from '../server/domains/coupons/accounts.ts'
import { createDelayProxy, type DelayProxy } from '../support/delayProxy.ts'
import { createMake, type Make, type MadeCustomer } from '../support/make.ts'
import { seededRandom } from '../support/seededRandom.ts'
import type { Answer, SignedIn } from '../support/signIn.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

/** Two server processes on one database that is 100 ms away for every statement: what a customer holds is exact all the same. */
const HALF_WAY_MS = 50
/** Requests of all guides together that are under way at the same time. */
const ABREAST = 16
const PATIENCE_MS = 60_000
/** P22 */
const ANSWER_WITHIN_MS = 5_000

let test: TestDb
let proxy: DelayProxy
let product: TwoServers
let make: Make
let guides: { signedIn: SignedIn; actor: StaffActor }[]
let manager: SignedIn
let corp: { corpId: number; wecomCorpId: string }
beforeAll(async () => {
  test = await createTestDb()
  proxy = await createDelayProxy(test.url)
  product = await startTwoServers({ database: { url: proxy.url, lookUrl: test.url } })
  // Nobody prolongs a lease here; a killed server's ones need not be let run out.
  await product.query('create table test_holders (held text primary key, process text not null)')
  await product.query('update contact_settings set quiet_is_on = false')
  await product.query('update contact_rules set is_on = false')
  make = createMake(test.db)
  guides = []
  for (const userId of ['chenlu', 'zhoumin', 'linxiaoyu', 'guoqian'])
    guides.push({ signedIn: await product.signIn(userId), actor: await actorOf(userId) })
  manager = await product.signIn('hq_admin')
  const [row] = await product.query<{ corpId: number }>('select corp_id as "corpId" from corps')
  corp = { corpId: row?.corpId ?? 0, wecomCorpId: '' }
})
afterAll(async () => {
  await product?.stop()
  await proxy?.close()
  await test?.drop()
})
afterEach(() => expectNoDifference(test.db))

async function actorOf(userId: string): Promise<StaffActor> {
  const [row] = await product.query<{ corpId: number; staffId: number; name: string }>(
    'select corp_id as "corpId", staff_id as "staffId", name from staff where user_id = $1',
    [userId],
  )
  if (!row) throw new Error(`no member ${userId}`)
  return { kind: 'staff', userId, role: 'guide', store: null, managedStoreIds: [], ...row }
}

let keys = 0
const newKey = () => `the-key-of-one-coupon-act-${keys++}`
const wait = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))
const codeOf = ({ body }: Answer) =>
  typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : ''

const isTimeout = (error: unknown) => error instanceof Error && error.name === 'TimeoutError'

/**
 * One intention, as the app sends it: with the same key until somebody has said yes or no. A server may be gone, but none that is
 * there keeps anybody waiting.
 */
async function insist(who: SignedIn, path: string, body: object, key = newKey()): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await who
      .ask('POST', path, body, { key, deadlineMs: ANSWER_WITHIN_MS })
      .catch((error: unknown) => {
        if (isTimeout(error)) throw new Error(`${path}: no answer within ${ANSWER_WITHIN_MS} ms (P22)`)
        return undefined
      })
    const isDecided = answer && answer.status < 500 && codeOf(answer) !== 'idempotency_in_flight'
    if (isDecided) return answer
    if (Date.now() > deadline) throw new Error(`${path}: ${answer?.status} ${JSON.stringify(answer?.body)}`)
    await wait(50)
  }
}

/** Does all of it, so many at a time; the answers in the order of the tasks. */
async function storm<T>(tasks: (() => Promise<T>)[]): Promise<T[]> {
  const done: T[] = []
  let next = 0
  const worker = async () => {
    for (let place = next++; place < tasks.length; place = next++) {
      const task = tasks[place]
      if (task) done[place] = await task()
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, worker))
  return done
}

const guideOf = (turn: number) => {
  const guide = guides[turn % guides.length]
  if (!guide) throw new Error('no guide')
  return guide
}

/** Customers, each of one of the guides in turn. */
async function customersOf(count: number) {
  const made: { customer: MadeCustomer; who: SignedIn }[] = []
  for (let turn = 0; turn < count; turn++) {
    const { actor, signedIn } = guideOf(turn)
    made.push({ customer: await make.followed(corp, actor), who: signedIn })
  }
  return made
}

const reserve = (
  who: SignedIn,
  { externalUserId }: { externalUserId: string },
  templateId: string,
  key?: string,
) => insist(who, '/api/coupons', { templateId, externalUserId, reminderId: null }, key)

const idOf = ({ body }: Answer) => (body as { couponId: string }).couponId

/** A claimed coupon of a new customer, with its code. */
async function claimed(templateId: string) {
  const [made] = await customersOf(1)
  if (!made) throw new Error('no customer')
  const { actor } = guideOf(0)
  const coupon = await make.coupon(actor, { templateId }, made.customer, { state: 'claimed' })
  await product.query(
    `insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at)
     select corp_id, coupon_id, template_id, pool, before, after, 'test', now() from coupons,
       (values (null, 'reserved'), ('reserved', 'claimed')) as step(before, after)
     where coupon_id = $1`,
    [coupon.couponId],
  )
  return { ...coupon, customerId: made.customer.customerId }
}

const redeem = (who: SignedIn, { couponId, code }: { couponId: string; code: string }, key?: string) =>
  insist(who, `/api/coupons/${couponId}/redeem`, { code, amountFen: 400_000, piece: null }, key)
const revoke = (couponId: string) =>
  insist(manager, `/api/coupons/${couponId}/revoke`, { reason: '活动取消' })
const entriesOf = (couponId: string, state: string) =>
  product.query(`select 1 from coupon_ledger where coupon_id = $1 and to_state = $2`, [couponId, state])

describe('P9 behind a slow network', () => {
  it('300 customers and a stock of 100: exactly 100 hold one, and everybody was told the truth', async () => {
    const { templateId } = await make.couponTemplate(corp, { stock: 100 })
    const customers = await customersOf(300)
    proxy.delay(HALF_WAY_MS)
    const answers = await storm(
      customers.map(
        ({ who, customer }) =>
          () =>
            reserve(who, customer, templateId),
      ),
    )
    proxy.delay(0)
    const given = answers.filter(({ status }) => status === 201).map(idOf)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(given).toHaveLength(100)
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['coupon_sold_out']))
    const rows = await product.query<{ id: string }>(
      `select coupon_id as id from coupons where template_id = $1 and state = 'reserved'`,
      [templateId],
    )
    expect(rows.map(({ id }) => id).sort()).toEqual([...given].sort())
  })

  it('one customer asked for 50 times holds what one person may', async () => {
    const { templateId } = await make.couponTemplate(corp, { perPerson: 2 })
    const customer = await make.customer(corp)
    for (const { actor } of guides) await make.follow(actor, customer)
    proxy.delay(5)
    const answers = await storm(
      Array.from({ length: 50 }, (_, turn) => () => reserve(guideOf(turn).signedIn, customer, templateId)),
    )
    proxy.delay(0)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['coupon_already_granted']))
  })
})

describe('P10 one end each', () => {
  it('used, taken back or expired: what the clients were told is what the ledger says', async () => {
    const { templateId } = await make.couponTemplate(corp, { stock: 300, pools: 1 })
    const coupons = []
    for (let turn = 0; turn < 24; turn++) coupons.push(await claimed(templateId))
    // The last day of every third is over: nobody can use these any more.
    const past = coupons.filter((_, turn) => turn % 3 === 0).map(({ couponId }) => couponId)
    await product.query(`update coupons set expires_on = '2020-01-01' where coupon_id = any($1)`, [past])
    proxy.delay(HALF_WAY_MS / 5)
    const expiring = product.runJob('coupons.expire')
    const ends = await storm(
      coupons.map((coupon, turn) => async () => {
        const [used, usedToo, back] = await Promise.all([
          redeem(guideOf(turn).signedIn, coupon),
          redeem(guideOf(turn + 1).signedIn, coupon),
          // Nobody takes every sixth back: only the job can end these.
          turn % 6 === 0 ? undefined : revoke(coupon.couponId),
        ])
        return { coupon, used: [used, usedToo].filter(({ status }) => status === 200), back }
      }),
    )
    await expiring
    proxy.delay(0)
    // What somebody was just looking at has been left for the next time.
    await product.runJob('coupons.expire')
    let expired = 0
    for (const { coupon, used, back } of ends) {
      const isPast = past.includes(coupon.couponId)
      const isBack = back?.status === 200
      const ended = (await entriesOf(coupon.couponId, 'expired')).length
      expired += ended
      expect(used.length).toBeLessThanOrEqual(1)
      expect(isPast ? used.length : ended).toBe(0)
      expect(used.length + Number(isBack) + ended).toBe(1)
      expect(await entriesOf(coupon.couponId, 'redeemed')).toHaveLength(used.length)
      expect(await entriesOf(coupon.couponId, 'revoked')).toHaveLength(Number(isBack))
      const sales = await product.query(`select 1 from purchases where coupon_id = $1`, [coupon.couponId])
      expect(sales).toHaveLength(used.length)
    }
    expect(expired).toBeGreaterThanOrEqual(4)
  })
})

describe('P11 P12 servers and connections that die', () => {
  it('at the edge of the commit: asked again with its key, each act has one effect and one answer', async () => {
    const random = seededRandom('coupons')
    const { templateId } = await make.couponTemplate(corp, { stock: 30 })
    const customers = await customersOf(40)
    const used = await make.couponTemplate(corp, { stock: 300, pools: 1 })
    const coupons = []
    for (let turn = 0; turn < 20; turn++) coupons.push(await claimed(used.templateId))
    proxy.delay(10)
    let isOver = false
    let answered = 0
    let answeredAtKill: number | undefined
    const troubles = (async () => {
      for (let turn = 0; !isOver; turn++) {
        await wait(random.between(150, 500))
        if (turn === 0) {
          answeredAtKill = answered
          await product.servers[0].kill()
          // A start asks the database hundreds of things.
          proxy.delay(0)
          await product.servers[0].start()
          proxy.delay(10)
          continue
        }
        proxy.cut()
        await wait(random.between(5, 60))
        proxy.mend()
      }
    })()
    const reserved = storm(
      customers.map(({ who, customer }) => async () => {
        const key = newKey()
        const answer = await reserve(who, customer, templateId, key)
        answered++
        return { who, customer, key, answer }
      }),
    )
    const redeemed = storm(
      coupons.map((coupon, turn) => async () => {
        const key = newKey()
        const who = guideOf(turn).signedIn
        const answer = await redeem(who, coupon, key)
        answered++
        return { coupon, who, key, answer }
      }),
    )
    const [given, uses] = await Promise.all([reserved, redeemed])
    isOver = true
    await troubles
    proxy.mend()
    proxy.delay(0)

    // In the middle of it.
    expect(answeredAtKill).toBeLessThan(customers.length + coupons.length)
    expect(given.filter(({ answer }) => answer.status === 201)).toHaveLength(30)
    for (const { who, customer, key, answer } of given) {
      const again = await reserve(who, customer, templateId, key)
      expect([again.status, codeOf(again)]).toEqual([answer.status, codeOf(answer)])
      if (answer.status === 201) expect(idOf(again)).toBe(idOf(answer))
    }
    for (const { coupon, who, key, answer } of uses) {
      expect(answer.status).toBe(200)
      expect((await redeem(who, coupon, key)).headers.get('idempotency-replayed')).toBe('true')
      expect(await entriesOf(coupon.couponId, 'redeemed')).toHaveLength(1)
      const sales = await product.query(`select 1 from purchases where coupon_id = $1`, [coupon.couponId])
      expect(sales).toHaveLength(1)
    }
    const [first] = uses
    const path = `/api/coupons/${first?.coupon.couponId}/redeem`
    const body = { code: first?.coupon.code, amountFen: 500_000, piece: null }
    const other = await first?.who.ask('POST', path, body, { key: first.key })
    expect(other && [other.status, codeOf(other)]).toEqual([422, 'idempotency_key_reused'])
  })
})
