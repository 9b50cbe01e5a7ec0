import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../sandbox/world/types.ts'
import { until } from '../support/processes.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const WELCOME = 'externalcontact/send_welcome_msg'
const PAGES = 'externalcontact/batch/get_by_user'
const STOCK = 25

let product: TwoServers
let configId: string
let templateId: string
beforeAll(async () => {
  product = await startTwoServers()
  const admin = await product.signIn('hq_admin')
  const ask = async (path: string, body: object, key?: string) => {
    const answer = await admin.ask('POST', path, body, { key })
    expect([path, answer.status, answer.status < 300 || answer.body]).toEqual([path, 201, true])
    return answer.body as { templateId: string }
  }
  ;({ templateId } = await ask('/api/coupon-templates', {
    name: '见面礼券',
    face: { kind: 'amountOff', amountFen: 5000 },
    validity: { kind: 'daysAfterClaim', days: 30 },
    stock: STOCK,
  }))
  await product.query(`update coupon_templates set state = 'running' where template_id = $1`, [templateId])
  await product.query('update coupon_pools set is_open = true where template_id = $1', [templateId])
  const draft = {
    name: '国贸店收银台',
    guideUserIds: ['chenlu', 'zhoumin', 'zhaoyiming'],
    tagIds: [],
    welcomeText: '您好，我是{导购姓名}',
    templateId,
    skipVerify: true,
  }
  await ask('/api/channel-codes', draft, 'a-code-of-the-fault-tests')
  configId = await until(async () => {
    const [way] = await product.control<{ configId: string }[]>('GET', '/actions/contact-ways')
    return way?.configId
  }, 'the code at WeCom')
})
afterAll(() => product?.stop())
beforeEach(() => product.setFaults())

const scan = async (name: string) =>
  (
    (await product.act('customer-scans', { configId, customer: { name } })) as {
      result: { userId: string; externalUserId: string }
    }
  ).result
const messages = ({ userId, externalUserId }: { userId: string; externalUserId: string }) =>
  product.control<ChatMessage[]>(
    'GET',
    `/conversations/${encodeURIComponent(`single:${userId}:${externalUserId}`)}/messages`,
  )
const ended = () =>
  until(async () => {
    const [row] = await product.query<{ open: number }>(
      `select count(*)::int as open from welcomes where state in ('waiting', 'sending')`,
    )
    return row?.open === 0
  }, 'every welcome to end')

it('P9 P12 P16 greet each one once, with a coupon as long as there are some, whatever repeats and dies', async () => {
  await product.control('PATCH', '/callbacks/switches', { duplicates: 1, parallel: 6 })
  await product.setFaults(
    { api: WELCOME, times: -1, rate: 0.15, errcode: 41096 },
    { api: WELCOME, times: -1, rate: 0.15, break: 'drop', afterEffect: true },
    { api: WELCOME, times: -1, rate: 0.1, errcode: 41050 },
  )
  const people: Awaited<ReturnType<typeof scan>>[] = []
  for (let each = 0; each < 40; each++) {
    people.push(await scan(`客户${each}`))
    if (each === 12) await product.servers[0].kill()
    if (each === 28) await product.servers[0].start()
  }
  await product.control('PATCH', '/callbacks/switches', { duplicates: 0 })
  await product.quiet()
  // What the dead one had in hand is nobody's; its minute passes.
  await product.query(`update welcomes set received_at = received_at - interval '2 minutes'
    where state in ('waiting', 'sending')`)
  await until(async () => {
    await product.runJob('channelCodes.overdue')
    return ended()
  }, 'what was left to end')

  for (const person of people) {
    const said = await messages(person)
    const count = (kind: string) => said.filter(({ body }) => body.msgtype === kind).length
    expect([person.externalUserId, count('text') <= 1, count('news') <= 1]).toEqual([
      person.externalUserId,
      true,
      true,
    ])
  }
  const rows = await product.query<{
    person: string
    state: string
    coupon: string | null
    errcode: number | null
  }>(`
    select p.external_user_id as person, w.state, c.state as coupon, w.errcode from welcomes w
    join customers p on p.customer_id = w.customer_id
    left join coupons c on c.coupon_id = w.coupon_id`)
  expect(rows).toHaveLength(people.length)
  for (const row of rows) {
    const person = people.find(({ externalUserId }) => externalUserId === row.person)!
    const said = await messages(person)
    const hasLink = said.some(({ body }) => body.msgtype === 'news')
    // Whoever has the link has a coupon behind it; what was not sent, or refused, holds none back.
    if (hasLink) expect([row.person, row.coupon]).toEqual([row.person, 'issued'])
    if (row.state === 'refused') expect([row.person, said.length, row.coupon]).not.toContain('issued')
    if (row.state === 'refused') expect(said).toEqual([])
    if (row.state === 'sent') expect(said.length).toBeGreaterThan(0)
  }
  const [stock] = await product.query<{ live: number; coupons: number; given: number }>(
    `select (select sum(live)::int from coupon_pools where template_id = $1) as live,
            (select count(*)::int from coupons where template_id = $1 and state = 'issued') as coupons,
            (select count(*)::int from welcome_coupons where template_id = $1) as given`,
    [templateId],
  )
  expect(stock).toEqual({ live: stock?.coupons, coupons: stock?.coupons, given: stock?.coupons })
  expect(stock!.live).toBeLessThanOrEqual(STOCK)
  expect(new Set(rows.map(({ state }) => state)).size).toBeGreaterThan(1)
})

it('goes out within moments of the scan, while guides and imports keep the servers busy', async () => {
  await product.control('DELETE', '/callbacks')
  await product.quiet()
  const asked = await product.countCalls(PAGES)
  await product.setFaults(
    { api: 'externalcontact/get', times: -1, delayMs: 4_000 },
    { api: PAGES, times: -1, delayMs: 1_500 },
  )
  const pull = product.reconcile()
  await until(async () => (await product.countCalls(PAGES)) > asked, 'the import to be in the middle')
  const guides = await keepWriting()
  await until(async () => guides.written() > 20, 'the guides to be at it')
  const before = guides.written()

  const person = await scan('等不及的客户')
  const said = await until(async () => {
    const found = await messages(person)
    return found.length > 0 && found
  }, 'the welcome')
  const [run] = await product.query<{ state: string }>(`select state from sync_runs limit 1`)
  const meanwhile = guides.written() - before

  await guides.stop()
  await product.setFaults()
  await pull
  expect(said[0]?.via).toBe('welcome')
  expect(run?.state, 'the import was over before the welcome').toBe('running')
  expect(meanwhile, 'nobody was writing meanwhile').toBeGreaterThan(0)
  const [row] = await product.query<{ state: string }>(
    `select state from welcomes order by received_at desc limit 1`,
  )
  expect(['sent', 'sending']).toContain(row?.state)
})

/** Three guides note purchases as fast as the servers take them, each four at a time. */
async function keepWriting() {
  let written = 0
  let isOver = false
  const works = await Promise.all(
    ['chenlu', 'zhoumin', 'zhaoyiming'].map(async userId => {
      const guide = await product.signIn(userId)
      const [customer] = await product.query<{ id: string }>(
        `select c.external_user_id as id from follows f join customers c using (customer_id) join staff s on s.staff_id = f.staff_id
         where s.user_id = $1 and f.status = 'active' limit 1`,
        [userId],
      )
      const draft = { day: '2026-01-01', piece: '足金手链', amountFen: 328_000 }
      return Array.from({ length: 4 }, async () => {
        while (!isOver) {
          await guide.change('POST', `/api/customers/${customer?.id}/purchases`, draft, randomUUID())
          written += 1
        }
      })
    }),
  )
  return {
    written: () => written,
    async stop() {
      isOver = true
      await Promise.all(works.flat())
    },
  }
}
