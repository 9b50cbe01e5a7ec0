import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../../../server/actor.ts'
import { openDb } from '../../../../server/db/db.ts'
import { maskPhone } from '../../../../server/domains/customers/phones.ts'
import { createRevealService, REVEALS_PER_HOUR } from '../../../../server/domains/customers/reveal.service.ts'
import { createTestApp, sealingOf, type TestApp } from '../../../support/createTestApp.ts'

const PHONE = '13812345678'
let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

async function shop() {
  const { make, corp } = test
  const store = await make.store(corp)
  const guide = await make.staff(corp, { store })
  const colleague = await make.staff(corp, { store })
  const manager = await make.staff(corp, { role: 'manager', store, manages: [store] })
  const sealed = sealingOf(test.config).seal(JSON.stringify([PHONE]))
  const customer = await make.followed(corp, guide, { phonesSealed: sealed })
  const reveal = async (
    actor: StaffActor,
    body: object = { what: 'phone', reason: '约取货' },
    of = customer,
  ) =>
    (await test.signIn(actor)).fetch(`/api/customers/${of.externalUserId}/reveal`, {
      method: 'POST',
      json: body,
    })
  return { store, guide, colleague, manager, customer, reveal }
}
const entriesOf = async (actor: StaffActor) =>
  (
    await sql<{ action: string; customerId: number | null; detail: object; requestId: string | null }>`
      select action, customer_id as "customerId", detail, request_id as "requestId"
      from audit_entries where staff_id = ${actor.staffId} order by entry_id`.execute(test.db)
  ).rows

describe('P27 a phone number', () => {
  it.each([
    ['13812345678', '138****5678'],
    ['+86 138-1234-5678', '138****5678'],
    ['010-65001234', '010****1234'],
    ['65001234', '****1234'],
    ['8012', '****12'],
  ])('%s is shown as %s', (phone, masked) => expect(maskPhone(phone)).toBe(masked))

  it('is masked on the card, for managers too, and nowhere else', async () => {
    const { guide, manager, customer } = await shop()
    for (const actor of [guide, manager]) {
      const who = await test.signIn(actor)
      const card = await who.fetch(`/api/customers/${customer.externalUserId}/card`)
      const text = await card.text()
      expect(JSON.parse(text)).toMatchObject({ follow: { phones: ['138****5678'] } })
      expect(text).not.toContain(PHONE)
    }
    const list = await (await test.signIn(guide)).fetch('/api/customers?q=5678')
    expect(await list.text()).not.toContain(PHONE)
  })

  it('is revealed with a reason, is not cached, and the record says who, whom, why, and not what', async () => {
    const { guide, manager, customer, reveal } = await shop()
    for (const actor of [guide, manager]) {
      const answer = await reveal(actor, { what: 'phone', reason: ' 回电 ' })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toEqual({ phones: [PHONE] })
      const entries = await entriesOf(actor)
      expect(entries).toEqual([
        {
          action: 'phoneRevealed',
          customerId: customer.customerId,
          detail: { reason: '回电', count: 1 },
          requestId: answer.headers.get('x-request-id'),
        },
      ])
    }
  })

  it.each([
    ['no reason', { what: 'phone' }],
    ['a reason of one character', { what: 'phone', reason: ' 电 ' }],
    ['a number for a reason', { what: 'phone', reason: '打 138 1234-5678' }],
    ['something else to see', { what: 'everything', reason: '约取货' }],
    ['a field nobody knows', { what: 'phone', reason: '约取货', all: true }],
  ])('stays hidden with %s', async (_what, body) => {
    const { guide, reveal } = await shop()
    const answer = await reveal(guide, body)
    expect(answer.status).toBe(422)
    expect(await answer.text()).not.toContain(PHONE)
    expect(await entriesOf(guide)).toEqual([])
  })

  it('is nobody else’s: a colleague hears what is heard of a customer who does not exist', async () => {
    const { colleague, customer, reveal } = await shop()
    const absent = await reveal(colleague, undefined, { ...customer, externalUserId: 'wmNobody' })
    const foreign = await reveal(colleague)
    expect([foreign.status, absent.status]).toEqual([404, 404])
    expect((await entriesOf(colleague)).map(({ action }) => action)).toEqual(['denied', 'denied'])
  })

  it('is not revealed when the record cannot be written', async () => {
    const { guide, reveal } = await shop()
    await sql`alter table audit_entries add constraint refuse_all check (action <> 'phoneRevealed') not valid`.execute(
      test.db,
    )
    try {
      const answer = await reveal(guide)
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toContain(PHONE)
    } finally {
      await sql`alter table audit_entries drop constraint refuse_all`.execute(test.db)
    }
  })

  it('is revealed thirty times in an hour by one member, over two servers at once', async () => {
    const { guide, colleague, customer, reveal } = await shop()
    const url = (test.db.pool.options as { connectionString: string }).connectionString
    const second = openDb(url, { log: { warn: () => undefined }, poolSize: 5 })
    try {
      const { clock } = test
      const { customers } = test.services
      const servers = [test.db, second].map(db =>
        createRevealService({ db, clock, sealing: sealingOf(test.config), customers }),
      )
      const tries = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) =>
          servers[index % 2]?.revealPhones(guide, customer.externalUserId, { reason: '约取货' }),
        ),
      )
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(REVEALS_PER_HOUR)
    } finally {
      await second.close()
    }
    test.clock.advance({ minutes: 20 })
    const refused = await reveal(guide)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe(String(40 * 60))
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
    expect((await entriesOf(guide)).length).toBe(REVEALS_PER_HOUR)
    // Others are not held up, and an hour later neither is she.
    await test.make.follow(colleague, customer)
    expect((await reveal(colleague)).status).toBe(200)
    test.clock.advance({ minutes: 40 })
    expect((await reveal(guide)).status).toBe(200)
  })
})
