import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Card } from '../../shared/contract/customers.ts'
import type { Send } from '../../shared/contract/sends.ts'
import type { SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

/** Two server processes on one database: what one was told of a message, the other knows. */
let product: TwoServers
let guide: SignedIn
let customer: string
beforeAll(async () => {
  product = await startTwoServers()
  guide = await product.signIn('chenlu')
  const [found] = await product.query<{ id: string }>(
    `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
     where s.user_id = 'chenlu' and f.status = 'active' order by c.customer_id limit 1`,
  )
  customer = found?.id ?? ''
  await product.query('update contact_settings set quiet_is_on = false')
  await product.query('update contact_rules set is_on = false')
})
afterAll(() => product?.stop())

let keys = 0
const newKey = () => `the-key-of-one-send-${keys++}`
const both = [0, 1, 0, 1, 0, 1]
const draft = { title: '四句话', parts: ['一', '二', '三', '四'].map(text => ({ kind: 'text', text })) }
const start = (server: number, key = newKey()) =>
  guide.ask('POST', `/api/customers/${customer}/sends`, draft, { key, server })
const tell = (sendId: string, told: object, server: number, key = newKey()) =>
  guide.ask('PATCH', `/api/customers/${customer}/sends/${sendId}`, told, { key, server })

it('P11 three taps with one key begin one message, whichever servers they reach', async () => {
  const key = newKey()
  const answers = await Promise.all(both.map(server => start(server, key)))
  // Who came while the first was still at work is told to ask again, and then gets the same.
  const again = [await start(0, key), await start(1, key)]
  const ids = [...answers, ...again].flatMap(({ status, body }) =>
    status === 201 ? [(body as Send).sendId] : [],
  )
  expect(ids.length).toBeGreaterThanOrEqual(3)
  expect(new Set(ids).size).toBe(1)
  for (const { status } of answers) expect([201, 409]).toContain(status)
})

it('lets one of two pages go on, and tells every page the same of what is left', async () => {
  const { sendId } = (await start(0)).body as Send
  await tell(sendId, { results: [{ index: 0, outcome: 'ok' }] }, 1)
  const answers = await Promise.all(both.map(server => tell(sendId, { next: 1 }, server)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
  for (const server of [0, 1]) {
    const card = (await guide.ask('GET', `/api/customers/${customer}/card`, undefined, { server }))
      .body as Card
    expect(card.unfinishedSend).toMatchObject({ sendId, parts: ['ok', 'leaving', 'waiting', 'waiting'] })
  }
})
