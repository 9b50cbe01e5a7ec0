import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../../support/createTestApp.ts'
import { createTestDb } from '../../support/testDb.ts'
import { fillCorp, STORES } from './fillCorp.ts'
import { judge } from './judge.ts'
import { exceptions, expectedStatements } from './expected.ts'
import { recordPlans } from './recordPlans.ts'
import { acts, CALLBACK_KEYS, jobs, reads, type Place, type Visit } from './visits.ts'

let place: Place
let recorder: Awaited<ReturnType<typeof recordPlans>>
let close: () => Promise<void>
beforeAll(async () => {
  const database = await createTestDb()
  recorder = await recordPlans(database)
  const test = await createTestApp({
    test: database,
    env: { WECOM_CALLBACK_TOKEN: CALLBACK_KEYS.token, WECOM_CALLBACK_AES_KEY: CALLBACK_KEYS.aesKey },
  })
  close = async () => {
    await test.close()
    await database.drop()
  }
  const { make } = test
  const stores = []
  for (let n = 0; n < STORES; n++) stores.push(await make.store(test.corp, { name: `店${n}` }))
  const [store] = stores as [(typeof stores)[0]]
  const guide = await make.staff(test.corp, { store })
  const manager = await make.staff(test.corp, { role: 'manager', store, manages: [store] })
  const admin = await make.staff(test.corp, { role: 'admin' })
  const corp = await fillCorp(database.url, {
    guide,
    manager,
    stores: stores.map(({ storeId }) => storeId),
  })
  place = {
    test,
    corp,
    guide: await test.signIn(guide),
    manager: await test.signIn(manager),
    admin: await test.signIn(admin),
  }
}, 180_000)
afterAll(() => close())

/** One visit, the last time: what PostgreSQL did for it, and how many statements it took. */
async function watch(visit: Visit): Promise<{ faults: string[]; statements: number }> {
  for (let n = 0; n < visit.before; n++) await visit.go(place)
  recorder.take()
  place.test.statements.length = 0
  await visit.go(place)
  const statements = place.test.statements.length
  const plans = recorder.take()
  const allowed = exceptions.filter(({ where }) => where.test(visit.name))
  const faults = plans
    .flatMap(judge)
    .filter(fault => !allowed.some(({ what }) => what.test(fault)))
    .map(fault => `${visit.name}: ${fault}`)
  return { faults: [...new Set(faults)], statements }
}

async function watchAll(visits: Visit[]) {
  const faults: string[] = []
  const statements: Record<string, number> = {}
  for (const visit of visits) {
    const seen = await watch(visit)
    faults.push(...seen.faults)
    statements[visit.name] = seen.statements
  }
  return { faults, statements }
}

describe('what the planner makes of every hot statement', () => {
  it('reads and changes: no table of customers is gone through, and no more statements than there were', async () => {
    const { faults, statements } = await watchAll([...reads, ...acts])
    expect(faults).toEqual([])
    expect(statements).toEqual(expectedStatements)
  }, 120_000)

  it('jobs: none goes through a table of customers', async () => {
    const { faults } = await watchAll(jobs(place.test))
    expect(faults).toEqual([])
  }, 120_000)
})
