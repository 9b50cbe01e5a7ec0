import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fillCorp } from '../../bench/scale.ts'
import { guideSizes } from '../../bench/scalePeople.ts'
import { ensureCorp } from '../../server/db/corp.ts'
import { createTestDb, type TestDb } from '../support/testDb.ts'

const CUSTOMERS = 2_000
let test: TestDb
beforeAll(async () => {
  test = await createTestDb()
  vi.spyOn(console, 'log').mockReturnValue()
})
afterAll(async () => {
  vi.restoreAllMocks()
  await test.drop()
})

const rowsOf = async <Row extends object>(text: string) => (await test.db.pool.query<Row>(text)).rows
const structure = () =>
  rowsOf<{ definition: string }>(
    `select indexdef as definition from pg_indexes where schemaname = 'public' and tablename not like 'bench%'
     union all
     select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
     where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'bench%'
     order by 1`,
  )

describe('the data of a big corp', () => {
  it('is what the budget counts on, in tables that are the product’s own before and after', async () => {
    const corpId = await ensureCorp(test.db, 'wwscale', new Date('2026-12-11T00:00:00Z'))
    const before = await structure()
    await fillCorp(test.db.pool, {
      corpId,
      customers: CUSTOMERS,
      today: '2026-12-11',
      touchesEach: 2,
      medians: 2,
    })
    expect(await structure()).toEqual(before)
    const [counted] = await rowsOf<Record<string, number>>(
      `select (select count(*)::int from customers) as customers,
              (select count(*)::int from follows) as follows,
              (select count(distinct customer_id)::int from follows) as followed,
              (select max(count) from (select count(*)::int from follows group by customer_id) f) as followers,
              (select count(*)::int from important_dates) as dates,
              (select count(*)::int from touches) as touches,
              (select min(cardinality(tag_ids)) from follows) as tags,
              (select count(*)::int from follows where phone_tails <> '{}') as phones,
              (select count(*)::int from follows f join customers c using (customer_id)
               where position(c.name in f.search_key) = 0) as misnamed`,
    )
    expect(counted).toMatchObject({
      customers: CUSTOMERS,
      follows: CUSTOMERS * 1.2,
      followed: CUSTOMERS,
      followers: 2,
      dates: CUSTOMERS * 1.5,
      touches: CUSTOMERS * 2,
      tags: 8,
      phones: CUSTOMERS * 0.6,
      misnamed: 0,
    })
    const [reminded] = await rowsOf<{ open: number; done: number }>(
      `select count(*) filter (where state = 'pending')::int as open, count(*) filter (where state = 'done')::int as done from reminders`,
    )
    expect(reminded?.open).toBeGreaterThan(0)
    expect(reminded?.done).toBeGreaterThan(0)
  })

  it('has guides with the median of customers as often as asked for', async () => {
    const sizes = await rowsOf<{ count: number }>(
      `select count(*)::int from follows group by staff_id having count(*) = 450`,
    )
    expect(sizes.length).toBeGreaterThanOrEqual(2)
  })

  it('has guides of all sizes, and none of more than 20,000', () => {
    const sizes = guideSizes(10_000_000, 0).toSorted((one, other) => one - other)
    const at = (share: number) => sizes[Math.floor(sizes.length * share)]
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10_000_000)
    expect(at(0.5)).toBeGreaterThan(440)
    expect(at(0.5)).toBeLessThan(460)
    expect(at(0.95)).toBeGreaterThan(2_900)
    expect(at(0.95)).toBeLessThan(3_100)
    expect(sizes.at(-1)).toBe(20_000)
  })
})
