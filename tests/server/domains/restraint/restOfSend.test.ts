import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { PartResults, type PartOutcome, type Send } from '../../../../shared/contract/sends.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { openDb } from '../../../../server/db/db.ts'
import { SILENCE_SECONDS } from '../../../../server/domains/sends/sends.service.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
/** Another server on the same database. */
let other: GuideWorld
let closeOther: () => Promise<void>

beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  const db = openDb(test.url, { log: { warn: () => undefined }, poolSize: 5 })
  other = createGuideWorld(db)
  closeOther = () => db.close()
})
afterAll(async () => {
  await closeOther()
  await test.drop()
})
afterEach(() => {
  world.resetClock()
  other.resetClock()
})

type Customer = { externalUserId: string; customerId: number }
const texts = ['一', '二', '三', '四']
const start = (guide: StaffActor, customer: Customer, more: object = {}, at = world) => {
  const parts = texts.map(text => ({ kind: 'text' as const, text }))
  const draft = { title: '四句话', parts, script: null, reminderId: null, ...more }
  return at.sends.start(guide, customer.externalUserId, draft, intentOf('startSend', draft))
}
const tell = (
  guide: StaffActor,
  customer: Customer,
  sendId: string,
  told: z.input<typeof PartResults>,
  at = world,
) => {
  const body = PartResults.parse(told)
  return at.sends.finish(guide, customer.externalUserId, sendId, body, intentOf('finishSend', body))
}
const ended = (index: number, outcome: PartOutcome) => ({ results: [{ index, outcome }] })
const statesOf = ({ parts }: Send) => parts.map(({ state }) => state)
const refused = (hardness: 'soft' | 'hard', more: object = {}) => ({
  code: 'limit_reached',
  limit: expect.objectContaining({ hardness, ...more }) as unknown,
})
async function shop(rule: Parameters<GuideWorld['make']['contactRule']>[1] | null) {
  const { corp, store, guide, customer } = await world.shop()
  if (rule) await world.make.contactRule(corp, rule)
  const colleague = await world.make.staff(corp, { name: '周敏', store })
  await world.make.follow(colleague, customer)
  return { corp, guide, colleague, customer }
}
const wish = (guide: StaffActor, customer: Customer) =>
  world.restraint.changeQuiet(
    guide,
    customer.externalUserId,
    { level: 'none', until: '2026-12-15', reason: '忙' },
    0,
  )
const liftsOf = async (customerId: number) =>
  (await world.touchesOf(customerId)).filter(({ kind }) => kind === 'limitLifted')
const admissionOf = async (sendId: string) =>
  (
    await world.rows(sql<{ reason: string | null; isAnswer: boolean; by: string | null }>`
      select reason_class as reason, is_answer as "isAnswer", lifted_by as by from sends where send_id = ${sendId}`)
  )[0]

describe('the rest of a message', () => {
  it('does not stand against itself, at once or later', async () => {
    const { guide, customer } = await shop({ hardness: 'hard', bypass: [] })
    const { sendId } = await start(guide, customer)
    await tell(guide, customer, sendId, { ...ended(0, 'ok'), next: 1 })
    await tell(guide, customer, sendId, ended(1, 'ok'))
    world.travel(3 * 3600)
    expect(statesOf(await tell(guide, customer, sendId, { next: 2 }))).toEqual([
      'ok',
      'ok',
      'leaving',
      'waiting',
    ])
  })

  it('stops at 勿扰 that was noted since, also between two parts, with its reason and end', async () => {
    const { guide, colleague, customer } = await shop(null)
    const { sendId } = await start(guide, customer)
    await wish(colleague, customer)
    const next = tell(guide, customer, sendId, { ...ended(0, 'ok'), next: 1 })
    await expect(next).rejects.toMatchObject(refused('hard', { endsOn: '2026-12-15' }))
    await expect(next).rejects.toThrow('她说忙，12月15日前不打扰')
    await expect(
      tell(guide, customer, sendId, { ...ended(0, 'ok'), next: 1, confirmed: true }),
    ).rejects.toMatchObject(refused('hard'))
    // What has arrived can be told all the same, and nothing was noted as leaving.
    expect(statesOf(await tell(guide, customer, sendId, ended(0, 'ok')))).toEqual([
      'ok',
      'waiting',
      'waiting',
      'waiting',
    ])
  })

  it('goes on through 勿扰 for what she waits for, which is told once', async () => {
    const { guide, colleague, customer } = await shop(null)
    const { sendId } = await start(guide, customer)
    await wish(colleague, customer)
    await tell(guide, customer, sendId, { ...ended(0, 'ok'), next: 1, reasonClass: 'orderReady' })
    await tell(guide, customer, sendId, { ...ended(1, 'ok'), next: 2 })
    expect(await liftsOf(customer.customerId)).toMatchObject([{ what: '货到了' }])
    expect(await admissionOf(sendId)).toEqual({ reason: 'orderReady', isAnswer: false, by: 'reason' })
  })

  it('is asked about once when it goes on later and a colleague has written since, on another server', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'soft' })
    const { sendId } = await start(guide, customer)
    await tell(guide, customer, sendId, ended(0, 'ok'))
    const theirs = await start(colleague, customer, { confirmed: true }, other)
    await tell(colleague, customer, theirs.sendId, ended(0, 'ok'), other)
    // Part follows part: what was let through stays so.
    await tell(guide, customer, sendId, { next: 1 })
    await tell(guide, customer, sendId, ended(1, 'ok'))
    world.travel(SILENCE_SECONDS + 1)
    const next = tell(guide, customer, sendId, { next: 2 })
    await expect(next).rejects.toMatchObject(refused('soft', { endsOn: '2026-11-28' }))
    await expect(next).rejects.toThrow('周敏今天刚写过')
    await tell(guide, customer, sendId, { next: 2, confirmed: true })
    await tell(guide, customer, sendId, { ...ended(2, 'ok'), next: 3 })
    expect(await admissionOf(sendId)).toMatchObject({ by: 'confirmed' })
  })

  it('counts on the day on which it leaves, for every guide; what was cancelled then does not', async () => {
    const { corp, guide, colleague, customer } = await shop({ hardness: 'hard', bypass: [], periodDays: 7 })
    const { sendId } = await start(guide, customer)
    await tell(guide, customer, sendId, ended(0, 'ok'))
    const another = await world.make.followed(corp, guide)
    await world.make.follow(colleague, another)
    const stopped = await start(guide, another)
    await tell(guide, another, stopped.sendId, ended(0, 'ok'))
    world.travel(23 * 3600)
    await tell(guide, customer, sendId, { next: 1 })
    await tell(guide, customer, sendId, ended(1, 'ok'))
    await tell(guide, another, stopped.sendId, { next: 1 })
    await tell(guide, another, stopped.sendId, ended(1, 'cancelled'))
    other.travel(23 * 3600)
    await expect(start(colleague, customer, {}, other)).rejects.toMatchObject(
      refused('hard', { endsOn: '2026-11-29' }),
    )
    await expect(start(colleague, another, {}, other)).rejects.toMatchObject(
      refused('hard', { endsOn: '2026-11-28' }),
    )
  })

  it('is stopped by a hard row later on, and by nothing that is only told late of parts that never left', async () => {
    const { corp, guide, colleague, customer } = await shop(null)
    const { sendId } = await start(guide, customer)
    await tell(guide, customer, sendId, ended(0, 'ok'))
    const theirs = await start(colleague, customer)
    await tell(colleague, customer, theirs.sendId, ended(0, 'ok'))
    await world.make.contactRule(corp, { hardness: 'hard', bypass: [] })
    world.travel(3 * 3600)
    // The page had no network when it stopped: telling so is no new moment.
    await tell(guide, customer, sendId, ended(1, 'failed'))
    await expect(tell(guide, customer, sendId, { next: 1, confirmed: true })).rejects.toMatchObject(
      refused('hard'),
    )
  })

  it('is weighed anew, also at once, when its place was given back and a colleague has taken it', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'hard', bypass: [] })
    const { sendId } = await start(guide, customer)
    // The client has not answered for the first; that the second did not leave is all that is known.
    await tell(guide, customer, sendId, ended(1, 'failed'))
    await start(colleague, customer, {}, other)
    await expect(tell(guide, customer, sendId, { next: 0, again: true })).rejects.toMatchObject(
      refused('hard'),
    )
  })

  it('is no answer any more when the conversation is over', async () => {
    const { guide, customer } = await shop({ hardness: 'hard' })
    const { sendId } = await start(guide, customer, { reasonClass: 'answer' })
    await tell(guide, customer, sendId, ended(0, 'ok'))
    expect(await admissionOf(sendId)).toMatchObject({ isAnswer: true })
    world.travel(3 * 3600)
    await wish(guide, customer)
    await expect(tell(guide, customer, sendId, { next: 1 })).rejects.toMatchObject(refused('hard'))
  })
})

describe('what did not leave', () => {
  it.each(['cancelled', 'failed'] as const)(
    '%s: gives back its place at once, on both servers',
    async outcome => {
      const { guide, colleague, customer } = await shop({ hardness: 'hard', bypass: [] })
      const { sendId } = await start(guide, customer)
      await expect(start(colleague, customer, {}, other)).rejects.toMatchObject(refused('hard'))
      await tell(guide, customer, sendId, ended(0, outcome))
      const own = await start(guide, customer)
      await tell(guide, customer, own.sendId, ended(0, outcome))
      expect((await start(colleague, customer, {}, other)).outcome).toBeNull()
    },
  )

  it('keeps its place while nobody knows, until somebody says that it is not there', async () => {
    const { guide, colleague, customer } = await shop({ hardness: 'hard', bypass: [] })
    const { sendId } = await start(guide, customer)
    world.travel(SILENCE_SECONDS + 1)
    await world.sends.endSilent()
    await expect(start(colleague, customer, {}, other)).rejects.toMatchObject(refused('hard'))
    await tell(guide, customer, sendId, ended(0, 'failed'))
    expect((await start(colleague, customer, {}, other)).outcome).toBeNull()
  })
})
