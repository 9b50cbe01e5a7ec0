import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import type { MadeCustomer } from '../../../support/make.ts'
import { minorReads } from '../../../support/minorReads.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
})
afterAll(() => test.drop())

type Customer = Pick<MadeCustomer, 'externalUserId' | 'customerId'>
async function write(guide: StaffActor, customer: Customer, reminderId: string | null = null) {
  const parts = [{ kind: 'text' as const, text: '妈妈生日快到了' }]
  const draft = { title: '长辈生日', parts, script: null, reminderId }
  const { sendId } = await world.sends.start(
    guide,
    customer.externalUserId,
    draft,
    intentOf('startSend', draft),
  )
  const told = { results: [{ index: 0, outcome: 'ok' as const, reason: null }] }
  await world.sends.finish(guide, customer.externalUserId, sendId, told, intentOf('finishSend', sendId))
  return sendId
}
/** The words as that member reads them: in the timeline, and by their id. */
async function read(actor: StaffActor, { externalUserId }: Customer, sendId: string) {
  const timeline = await world.customers
    .listTimeline(actor, externalUserId, { limit: 20 })
    .catch(() => undefined)
  const send = await world.sends
    .get(actor, externalUserId, sendId)
    .catch((error: { code: string }) => error.code)
  return {
    isOffered: timeline?.items.some(touch => touch.sendId === sendId),
    words:
      typeof send === 'string' ? send : send.parts.map(({ body }) => (body.kind === 'text' ? body.text : '')),
  }
}
const words = { isOffered: true, words: ['妈妈生日快到了'] }
const nothing = { isOffered: false, words: 'not_found' }

async function city() {
  const { corp, store, guide, customer } = await world.shop()
  const elsewhere = await world.make.store(corp)
  const colleague = await world.make.staff(corp, { store })
  await world.make.follow(colleague, customer)
  const manager = await world.make.staff(corp, { store, role: 'manager', manages: [store] })
  const other = await world.make.staff(corp, { store: elsewhere, role: 'manager', manages: [elsewhere] })
  const admin = await world.make.staff(corp, { role: 'admin' })
  return { corp, store, guide, customer, colleague, manager, other, admin }
}

describe('the words of a colleague', () => {
  it('P2 are read by those in whose scope the customer is, and by nobody else', async () => {
    const { corp, guide, customer, colleague, manager, other, admin } = await city()
    const sendId = await write(guide, customer)
    for (const actor of [guide, colleague, manager, admin])
      expect(await read(actor, customer, sendId)).toEqual(words)
    const stranger = await world.make.staff(corp)
    for (const actor of [other, stranger])
      expect(await read(actor, customer, sendId)).toEqual({ isOffered: undefined, words: 'not_found' })
    // By an id of hers under another customer there is nothing.
    const another = await world.make.followed(corp, colleague)
    expect((await read(colleague, another, sendId)).words).toBe('not_found')
    const foreign = await world.shop()
    expect((await read(foreign.guide, foreign.customer, sendId)).words).toBe('not_found')
  })

  it('cannot be continued or changed by who may read them', async () => {
    const { guide, customer, colleague } = await city()
    const sendId = await write(guide, customer)
    const told = { results: [{ index: 0, outcome: 'failed' as const, reason: null }] }
    await expect(
      world.sends.finish(colleague, customer.externalUserId, sendId, told, intentOf('finishSend')),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  it('P28 are closed to who may not see a child of hers, and each reading about a child is recorded', async () => {
    const { corp, guide, customer, colleague, manager, admin } = await city()
    const { personId } = await world.make.person(corp, customer, {
      relation: 'daughter',
      minorUntil: '2030-01-01',
    })
    const { dateId } = await world.make.date(corp, customer, { personId, nextOn: '2026-12-03' })
    const { reminderId } = await world.make.reminder(guide, customer, { dateId, occurrence: '2026-12-03' })
    const about = await write(guide, customer, reminderId)
    const plain = await write(guide, customer)
    const readers = async () => (await minorReads(test.db, { personId })).map(({ staff_id }) => staff_id)
    for (const sendId of [about, plain]) expect(await read(manager, customer, sendId)).toEqual(nothing)
    expect(await readers()).toEqual([])
    // The words of one that came from no reminder may name her too.
    expect(await read(colleague, customer, plain)).toEqual(words)
    expect(await readers()).toEqual([colleague.staffId])
    for (const actor of [guide, admin]) expect(await read(actor, customer, about)).toEqual(words)
    expect((await readers()).sort()).toEqual([guide, colleague, admin].map(({ staffId }) => staffId).sort())
  })
})
