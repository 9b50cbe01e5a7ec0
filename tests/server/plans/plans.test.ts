import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp } from '../../support/createTestApp.ts'
import { createTestDb } from '../../support/testDb.ts'
import { fillCorp, STORES } from './fillCorp.ts'
import { judge, rowsReadOf } from './judge.ts'
import { exceptions, expectedStatements } from './expected.ts'
import { recordPlans, type RecordedPlan } from './recordPlans.ts'
import { acts, CALLBACK_KEYS, erasing, jobs, reads, type Place, type Visit } from './visits.ts'

let place: Place
let guideId: number
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
  guideId = guide.staffId
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
async function watch(visit: Visit): Promise<{
  faults: string[]
  statements: number
  plans: RecordedPlan[]
  texts: string[]
}> {
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
  return { faults: [...new Set(faults)], statements, plans, texts: plans.map(({ text }) => text) }
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

  it('今日 reads the rows of those of hers who have a day, not of all', async () => {
    const today = reads.find(({ name }) => name === 'guide GET /today')!
    const { plans } = await watch(today)
    const { rows } = await place.test.db.pool.query<{ hers: number }>(
      `select count(*)::int as hers from follows where staff_id = $1 and status = 'active'`,
      [guideId],
    )
    const half = (rows[0]?.hers ?? 0) / 2
    for (const table of ['follows', 'important_dates', 'customers']) {
      const read = plans.reduce((sum, plan) => sum + rowsReadOf(table, plan), 0)
      expect([table, read < half]).toEqual([table, true])
    }
  }, 120_000)

  it('jobs: none goes through a table of customers', async () => {
    const { faults } = await watchAll(jobs(place.test))
    expect(faults).toEqual([])
  }, 120_000)

  it('P29 erasing somebody goes through no table, as long as it is done nothing WeCom tells is written', async () => {
    const { faults, texts } = await watch(erasing)
    expect(faults).toEqual([])
    for (const table of ['idempotency_keys', 'callback_events', 'pgboss.job', 'customers'])
      expect(texts.some(text => text.includes(`delete from ${table} `))).toBe(true)
  }, 120_000)

  it('P29 whatever leans on a row that erasing deletes is looked up by an index', async () => {
    const { rows } = await place.test.db.pool.query<{ key: string }>(
      `select format('%s (%s)', con.conrelid::regclass, a.attname) as key
       from pg_constraint con
       join pg_attribute a on a.attrelid = con.conrelid and a.attnum = con.conkey[1]
       where con.contype = 'f' and con.conparentid = 0 and con.confrelid = any($1::text[]::regclass[])
         and not exists (
           select from pg_index i
           where i.indrelid = con.conrelid and a.attnum = any(i.indkey[0:0])
             and (i.indpred is null
               or pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname)))
       order by key`,
      [DELETED],
    )
    expect(rows.map(({ key }) => key)).toEqual([])
  })
})

/** By erasing, of the tables that others lean on. */
const DELETED = [
  ...[
    'customers',
    'follows',
    'transfers',
    'welcomes',
    'reminders',
    'important_dates',
    'people',
    'engravings',
  ],
  ...['outbox', 'callback_events'],
]
