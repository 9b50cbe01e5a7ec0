import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngravingDraft } from '../../shared/contract/engravings.ts'
import { DateDraft } from '../../shared/contract/people.ts'
import { PurchaseDraft } from '../../shared/contract/purchases.ts'
import type { StaffActor } from '../../server/actor.ts'
import { createTestApp, type TestApp } from '../support/createTestApp.ts'
import { TEST_TODAY } from '../support/make.ts'
import { forgetMinorReads, minorReads } from '../support/minorReads.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

const consent = { guardian: 'customer', how: 'inPerson', givenOn: TEST_TODAY }
/** What everything noted about the child has in it. */
const NAME = '糖糖'

/** A customer with a daughter of whom everything is noted that can be, and everybody who may ask. */
async function daughter() {
  const { make, corp } = test
  const { people, purchases, engravings } = test.services
  const store = await make.store(corp)
  const guide = await make.staff(corp, { store })
  const manager = await make.staff(corp, { store, role: 'manager', manages: [store] })
  const admin = await make.staff(corp, { role: 'admin' })
  const { externalUserId } = await make.followed(corp, guide)
  const person = { relation: 'daughter', callName: NAME }
  const date = { calendar: 'solar', month: 12, day: 3 }
  const { person: child } = await people.addDate(
    guide,
    externalUserId,
    DateDraft.parse({ person, date, kind: 'other', label: `${NAME}满月`, consent }),
  )
  const personId = child?.personId ?? ''
  const bought = PurchaseDraft.parse({
    day: '2026-11-20',
    piece: '足金长命锁',
    amountFen: 388_000,
    isCustom: true,
    personId,
    engraving: `${NAME} 2022.12.3`,
  })
  const { purchaseId } = await purchases.add(guide, externalUserId, bought)
  const aside = await purchases.add(guide, externalUserId, bought)
  await purchases.remove(guide, externalUserId, aside.purchaseId)
  await engravings.add(
    guide,
    externalUserId,
    EngravingDraft.parse({
      ...{ pieceId: 'babyLock', metal: 'gold', face: 'back', font: 'kai', lines: [NAME], personId },
    }),
    undefined,
  )
  const reads = async (actor: StaffActor) =>
    (await minorReads(test.db, { personId })).some(read => read.staff_id === actor.staffId)
  const tells = (text: string) => [NAME, personId, 'daughter', '女儿'].some(word => text.includes(word))
  return {
    guide,
    manager,
    admin,
    externalUserId,
    personId,
    purchaseId,
    asideId: aside.purchaseId,
    reads,
    tells,
  }
}

/** Everything that can be read of one customer, and what is read of all. */
async function pathsOf(externalUserId: string): Promise<string[]> {
  const document = (await (await test.fetch('/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string; required?: boolean }[] }>>
  }
  const ofOne = Object.entries(document.paths).filter(
    ([path, { get }]) =>
      get?.parameters?.filter(each => each.in === 'path').every(({ name }) => name === 'externalUserId') &&
      path.includes('{externalUserId}'),
  )
  return [
    '/api/today',
    '/api/customers',
    ...ofOne.map(([path, { get }]) => {
      // `sends` are listed by whether they are open.
      const asked = get?.parameters?.filter(each => each.in === 'query' && each.required) ?? []
      const query = asked.map(({ name }) => `${name}=1`).join('&')
      return path.replace('{externalUserId}', externalUserId) + (query && `?${query}`)
    }),
  ]
}

describe('P28 a child in every list of a customer', () => {
  it('is kept from managers; each list that tells of her records the look', async () => {
    const { guide, manager, admin, externalUserId, reads, tells } = await daughter()
    const paths = await pathsOf(externalUserId)
    const telling: Record<string, string[]> = { guide: [], manager: [], admin: [] }
    const unrecorded: string[] = []
    for (const [part, actor] of Object.entries({ guide, manager, admin })) {
      const who = await test.signIn(actor)
      for (const path of paths) {
        await forgetMinorReads(test.db)
        const answer = await who.fetch(path)
        // What is only the guide's own business is not there for the others.
        expect([path, answer.status]).toEqual([path, path.includes('/sends') && part !== 'guide' ? 404 : 200])
        const isTelling = tells(await answer.text())
        const name = path.split('?')[0]?.split('/').at(-1) ?? ''
        if (isTelling) telling[part]?.push(name)
        if ((await reads(actor)) !== isTelling) unrecorded.push(`${part} ${name}`)
      }
    }
    expect(telling).toEqual({
      guide: ['today', 'card', 'people', 'purchases', 'engravings'],
      manager: [],
      admin: ['card', 'people', 'purchases', 'engravings'],
    })
    expect(unrecorded).toEqual([])
  })

  it('removed, leaves nothing of her in what was bought; undone, it is back', async () => {
    const { guide, manager, externalUserId, personId, purchaseId, asideId, tells } = await daughter()
    const { people, facts, purchases } = test.services
    const { undoId } = await people.removePerson(guide, externalUserId, personId)
    await purchases.restore(guide, externalUserId, asideId)
    expect(tells(JSON.stringify(await purchases.list(manager, externalUserId, { limit: 30 })))).toBe(false)
    await facts.undo(guide, externalUserId, undoId)
    const { items } = await purchases.list(guide, externalUserId, { limit: 30 })
    expect(items.find(item => item.purchaseId === purchaseId)).toMatchObject({
      ...{ personId, recipient: 'daughter', engraving: `${NAME} 2022.12.3` },
    })
    expect(tells(JSON.stringify(await purchases.list(manager, externalUserId, { limit: 30 })))).toBe(false)
  })

  it('is gone from all of them when the consent is taken back, also from what is put back later', async () => {
    const { guide, externalUserId, personId, purchaseId, asideId, tells } = await daughter()
    await test.services.people.withdrawConsent(guide, externalUserId, personId)
    await test.services.purchases.restore(guide, externalUserId, asideId)
    const who = await test.signIn(guide)
    for (const path of await pathsOf(externalUserId))
      expect([path, tells(await (await who.fetch(path)).text())]).toEqual([path, false])
    const { items } = await test.services.purchases.list(guide, externalUserId, { limit: 30 })
    expect(items.map(item => item.purchaseId).sort()).toEqual([purchaseId, asideId].sort())
    for (const { recipient, engraving } of items) expect([recipient, engraving]).toEqual([null, null])
  })
})
