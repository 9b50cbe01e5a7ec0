import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

/** Two server processes on one database: neither remembers a rule or a count. */
let product: TwoServers
let guides: [SignedIn, SignedIn]
let shared: string[]
beforeAll(async () => {
  product = await startTwoServers()
  guides = [await product.signIn('chenlu'), await product.signIn('zhoumin')]
  const found = await product.query<{ id: string }>(
    `select c.external_user_id as id from customers c
     where (select count(distinct s.user_id) from follows f join staff s using (staff_id)
            where f.customer_id = c.customer_id and f.status = 'active' and s.user_id in ('chenlu', 'zhoumin')) = 2`,
  )
  shared = found.map(({ id }) => id)
  // No test depends on the hour.
  await product.query('update contact_settings set quiet_is_on = false')
})
afterAll(() => product?.stop())

const draft = { title: '问候', parts: [{ kind: 'text', text: '您好' }] }
let keys = 0
const start = (guide: SignedIn, customer: string, server: number) =>
  guide.ask('POST', `/api/customers/${customer}/sends`, draft, {
    key: `key-of-restraint-${keys++}-${server}`,
    server,
  })
const harden = (isOn: boolean) =>
  product.query(
    `update contact_rules set hardness = 'hard', is_on = $1 where scope = 'customer' and channel = 'private'`,
    [isOn],
  )

it('only one of many takes the last allowance, whichever server is asked', async () => {
  const [customer = ''] = shared
  expect(customer).not.toBe('')
  await harden(true)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      start(guides[index % 2 === 0 ? 0 : 1], customer, (index >> 1) % 2),
    ),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  const refused = answers.filter(({ status }) => status === 422)
  expect(refused).toHaveLength(11)
  for (const { body } of refused)
    expect(body).toMatchObject({ code: 'limit_reached', limit: { hardness: 'hard' } })
  expect(await product.query(`select from sends where outcome is null`)).toHaveLength(1)
})

it('a changed row holds on both servers at once', async () => {
  const [customer = ''] = shared
  expect((await start(guides[1], customer, 1)).status).toBe(422)
  await harden(false)
  expect((await start(guides[1], customer, 1)).status).toBe(201)
  await harden(true)
  expect((await start(guides[0], customer, 0)).status).toBe(422)
})
