import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../support/processes.ts'
import { seededRandom } from '../support/seededRandom.ts'
import type { SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

let product: TwoServers
let admin: SignedIn
let guide: SignedIn
beforeAll(async () => {
  product = await startTwoServers()
  admin = await product.signIn('hq_admin')
  guide = await product.signIn('chenlu')
}, 120_000)
afterAll(() => product?.stop())

/** Rows of any table, the queue's too, in which one of these ids stands. */
async function rowsNaming(ids: string[]): Promise<Record<string, number>> {
  const tables = await product.query<{ name: string }>(`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`)
  const found: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await product.query<{ count: number }>(
      `select count(*)::int as count from ${name} t where exists (select from unnest($1::text[]) id where t::text like '%' || id || '%')`,
      [ids],
    )
    if (row && row.count > 0) found[name] = row.count
  }
  return found
}

const isPulled = async () =>
  (
    await product.query<{ n: number }>(
      `select count(*)::int as n from pgboss.job where name = 'sync.pull' and state in ('created', 'retry', 'active')`,
    )
  )[0]?.n === 0

/** Whatever would have kept an erasure waiting: a job for a later time, one behind another, an end before the beginning. */
const standsBetween = () =>
  product.query(`
    select e.erasure_id from erasures e left join pgboss.job j
      on j.name = 'privacy.erase' and j.data ->> 'erasureId' = e.erasure_id::text
    where e.done_at is null or e.done_at < e.asked_at
      or j.id is null or j.priority < 0 or j.dead_letter is not null
      or (j.retry_count = 0 and (j.start_after > j.created_on or j.state <> 'completed'))`)

it('P29 holds while two servers pull, hear callbacks and write, and one of them is killed in the middle', async () => {
  const random = seededRandom('erase')
  const hers = (
    await product.query<{ id: string }>(`
      select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
      where s.user_id = 'chenlu' and f.status = 'active' order by c.customer_id limit 8`)
  ).map(({ id }) => id)
  expect(hers).toHaveLength(8)

  let isOver = false
  const writing = (async () => {
    for (let round = 0; !isOver; round++)
      for (const id of hers) {
        const answer = await guide
          .ask('POST', `/api/customers/${id}/dates`, {
            person: null,
            kind: 'other',
            label: `纪念${round}`,
            date: { calendar: 'solar', month: random.between(1, 12), day: random.between(1, 28) },
          })
          .catch(() => undefined)
        // Gone, busy, or a server that was killed: never a failure nobody foresaw.
        if (answer) expect([200, 201, 404, 409, 422, 429, 503]).toContain(answer.status)
      }
  })()
  const pulling = (async () => {
    while (!isOver) {
      const asked = await admin.ask('POST', '/api/sync/pull', {}).catch(() => undefined)
      if (asked) await until(async () => isOver || (await isPulled()), 'a pull', 60_000)
    }
  })()

  const [victim] = random.sample(product.servers, 1)
  const erasing = Promise.all(
    hers.map((id, place) =>
      admin.change(
        'DELETE',
        `/api/customers/${id}`,
        { reason: '她要求删除' },
        `a-key-of-an-erasure-${place}-0`,
      ),
    ),
  )
  await victim?.kill()
  await erasing
  await victim?.start()
  await until(
    async () =>
      (await product.query(`select from erasures where state = 'waiting'`)).length === 0 &&
      (await product.query(`select from erasures where state = 'done'`)).length === hers.length,
    'the erasures',
    60_000,
  )
  isOver = true
  await Promise.all([writing, pulling])
  expect(await standsBetween()).toEqual([])
  await product.reconcile()
  await product.quiet()
  expect(await rowsNaming(hers)).toEqual({})
  // The guide has asked for people who are no more so often that she is told to wait; an admin would see them all.
  const statuses = await Promise.all(hers.map(id => admin.ask('GET', `/api/customers/${id}/card`)))
  expect(statuses.map(({ status }) => status)).toEqual(hers.map(() => 404))
}, 240_000)
