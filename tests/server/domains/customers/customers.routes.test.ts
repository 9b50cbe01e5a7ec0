import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Card, CustomerRow, VersionedProfile } from '../../../../shared/contract/customers.ts'
import { page } from '../../../../shared/contract/page.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

let test: TestApp
let guide: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  guide = await test.signIn(await test.make.staff(test.corp))
})
afterAll(() => test.close())

describe('customers over HTTP', () => {
  it('S3: a card takes one statement, session included, and no call to WeCom', async () => {
    const customer = await test.make.followed(test.corp, guide.actor)
    test.statements.length = 0
    test.wecom.calls.length = 0
    const answer = await guide.fetch(`/api/customers/${customer.externalUserId}/card`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    Card.parse(await answer.json())
    expect(test.statements).toHaveLength(1)
    expect(test.wecom.calls).toEqual([])
  })

  it('P2 answers 404 alike for unknown, foreign and malformed ids', async () => {
    const theirs = await test.make.followed(test.corp, await test.make.staff(test.corp))
    const bodies = await Promise.all(
      [theirs.externalUserId, 'wmNobody', 'not an id', '%E5%A7%93'].map(async id => {
        const answer = await guide.fetch(`/api/customers/${encodeURIComponent(id)}/card`)
        expect(answer.status).toBe(404)
        const { requestId, ...body } = (await answer.json()) as Record<string, unknown>
        expect(requestId).toBeTypeOf('string')
        return body
      }),
    )
    for (const body of bodies) expect(body).toEqual(bodies[0])
  })

  it('P1 answers 401 without a session', async () => {
    const answer = await test.fetch('/api/customers/wmNobody/card')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated', status: 401 })
  })

  it('pages the list', async () => {
    const mine = await test.signIn(await test.make.staff(test.corp))
    for (const name of ['甲', '乙', '丙']) await test.make.followed(test.corp, mine.actor, { name })
    const first = page(CustomerRow).parse(await (await mine.fetch('/api/customers?limit=2')).json())
    const cursor = encodeURIComponent(first.nextCursor ?? '')
    const rest = page(CustomerRow).parse(
      await (await mine.fetch(`/api/customers?limit=2&cursor=${cursor}`)).json(),
    )
    expect([...first.items, ...rest.items].map(row => row.name)).toEqual(['丙', '甲', '乙'])
    const stolen = await guide.fetch(`/api/customers?limit=2&cursor=${cursor}`)
    expect(stolen.status).toBe(400)
    expect(await stolen.json()).toMatchObject({ code: 'cursor_invalid' })
    expect((await mine.fetch('/api/customers?limit=101')).status).toBe(422)
  })

  it('P13 wants the version an edit saw', async () => {
    const customer = await test.make.followed(test.corp, guide.actor)
    const path = `/api/customers/${customer.externalUserId}`
    const edit = (version?: number) =>
      guide.fetch(path, { method: 'PATCH', json: { ringSize: '13' }, ...(version ? { version } : {}) })
    expect((await edit()).status).toBe(428)
    const changed = await edit(1)
    expect(VersionedProfile.parse(await changed.json())).toMatchObject({ ringSize: '13', version: 2 })
    const stale = await edit(1)
    expect(stale.status).toBe(412)
    expect(await stale.json()).toMatchObject({ code: 'version_conflict' })
  })

  it('P3 refuses fields it does not know, by their path', async () => {
    const customer = await test.make.followed(test.corp, guide.actor)
    const path = `/api/customers/${customer.externalUserId}`
    const answer = await guide.fetch(path, { method: 'PATCH', version: 1, json: { staffId: 1 } })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ errors: [{ path: 'staffId' }] })
  })

  it('P11 replays a purchase with its status and says so', async () => {
    const customer = await test.make.followed(test.corp, guide.actor)
    const path = `/api/customers/${customer.externalUserId}/purchases`
    const buy = (key?: string) =>
      guide.fetch(path, {
        method: 'POST',
        json: { day: '2026-11-20', piece: '足金手链', amountFen: 388000 },
        ...(key ? { key } : {}),
      })
    expect((await buy()).status).toBe(400)
    const first = await buy('purchase-key-0001')
    const replay = await buy('purchase-key-0001')
    expect([first.status, replay.status]).toEqual([201, 201])
    expect(await replay.json()).toEqual(await first.json())
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(replay.headers.get('idempotency-replayed')).toBe('true')
  })
})
