import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../../../shared/contract/api.ts'
import { Problem } from '../../../shared/contract/problem.ts'
import { createTestApp, TEST_PUBLIC_URL, type SignedIn, type TestApp } from '../../support/createTestApp.ts'

let test: TestApp
let guide: SignedIn
let customer: { externalUserId: string }
beforeAll(async () => {
  test = await createTestApp()
  const actor = await test.make.staff(test.corp)
  guide = await test.signIn(actor)
  customer = await test.make.followed(test.corp, actor)
})
afterAll(() => test.close())

interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required?: boolean }[]
  responses: Record<string, { description: string; content?: Record<string, unknown> }>
}
const document = async () =>
  (await (await test.fetch('/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
const operations = async () =>
  Object.entries((await document()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
const filled = (path: string) => path.replace(/\{\w+\}/g, 'wm1')

/** Every refusal is a problem, and each is one of the contract's. */
async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  const problem = Problem.parse(await answer.json())
  expect(problem.status).toBe(answer.status)
  expect(problem.type).toBe(`urn:guidebar:problem:${problem.code}`)
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'))
  return problem
}
const tagsPath = () => `/api/customers/${customer.externalUserId}/tags`
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  guide.fetch(path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })

describe('the OpenAPI document', () => {
  it('lists every operation of the contract, with its refusals', async () => {
    const found = await operations()
    expect(found.map(({ operation }) => operation.operationId).sort()).toEqual(Object.keys(api).sort())
    for (const { operation } of found) {
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining(['401', '403', '429', '500', '503', '507']),
      )
      // Whatever is asked for: a server that is about to go, and a disk that is full.
      expect(operation.responses['503']?.description).toMatch(/database_unavailable.*draining/)
      expect(operation.responses['507']?.description).toBe('storage_full')
    }
    const reserve = found.find(({ operation }) => operation.operationId === 'reserveCoupon')?.operation
    expect(reserve?.responses['409']?.description).toContain('coupon_sold_out')
    expect(reserve?.parameters).toContainEqual(
      expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true }),
    )
  })

  it('has a page for people that loads nothing from elsewhere', async () => {
    const answer = await test.fetch('/api/docs')
    expect(answer.status).toBe(200)
    const page = await answer.text()
    for (const { operation } of await operations()) expect(page).toContain(`id="${operation.operationId}"`)
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  })
})

describe('P1 without a session', () => {
  it('every operation answers 401 and nothing else, whatever is sent with it', async () => {
    const found = await operations()
    expect(found.length).toBeGreaterThan(25)
    const tries: RequestInit[] = [
      { headers: { Origin: TEST_PUBLIC_URL } },
      { headers: {} },
      { headers: { Cookie: '__Host-guidebar=guess' } },
      { headers: { Cookie: `__Host-guidebar=${'a'.repeat(43)}`, Origin: TEST_PUBLIC_URL } },
      { body: '{', headers: { 'Content-Type': 'text/plain' } },
    ]
    for (const { path, method } of found) {
      for (const init of tries) {
        if (method === 'GET' && init.body) continue
        const answer = await test.fetch(filled(path), { ...init, method })
        expect([method, path, answer.status]).toEqual([method, path, 401])
        expect((await problemOf(answer)).code).toBe('unauthenticated')
      }
    }
  })

  it('only the short list is open', async () => {
    for (const [path, status] of [
      ['/healthz', 200],
      ['/readyz', 200],
      ['/api/openapi.json', 200],
      ['/api/docs', 200],
      ['/auth/login', 302],
      ['/sidebar/', 302],
    ] as const) {
      expect([path, (await test.fetch(path)).status]).toEqual([path, status])
    }
  })
})

describe('a request from another page', () => {
  it.each([undefined, 'https://evil.example', 'null', `${TEST_PUBLIC_URL}.evil.example`])(
    'with the origin %s changes nothing',
    async origin => {
      const headers: Record<string, string> = { Cookie: guide.cookie, 'Content-Type': 'application/json' }
      if (origin !== undefined) headers.Origin = origin
      const answer = await test.fetch(tagsPath(), { method: 'POST', headers, body: '{}' })
      expect(await problemOf(answer)).toMatchObject({ status: 403, code: 'csrf_failed' })
    },
  )

  it('may read where the browser does not tell of the site', async () => {
    const answer = await test.fetch('/api/session', { headers: { Cookie: guide.cookie } })
    expect(answer.status).toBe(200)
  })
})

describe('a request that cannot be understood', () => {
  it.each(['{', '', '[1,', 'undefined'])('malformed JSON (%j) is 400', async body => {
    expect(await problemOf(await post(tagsPath(), body))).toMatchObject({
      status: 400,
      code: 'malformed_request',
    })
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    '%s is 415',
    async type => {
      const answer = await post(tagsPath(), '{}', { 'Content-Type': type })
      expect(await problemOf(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    },
  )

  it.each([
    [{ add: 'et1' }, 'add'],
    [{ add: [1] }, 'add.0'],
    [{ add: [], staffId: 7 }, 'staffId'],
    [[], ''],
    [null, ''],
  ])('%j is 422 and names the field %s', async (body, path) => {
    const problem = await problemOf(await post(tagsPath(), JSON.stringify(body)))
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' })
    expect(problem.errors?.map(error => error.path)).toContain(path)
  })

  it('a query out of range is 422', async () => {
    const problem = await problemOf(await guide.fetch('/api/customers?limit=101'))
    expect(problem.errors?.[0]?.path).toBe('limit')
  })

  it('more than 64 KiB is 413, said by its length or found while reading', async () => {
    const large = JSON.stringify({ add: ['x'.repeat(70_000)] })
    expect(await problemOf(await post(tagsPath(), large))).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    })
    const stream = new Blob([large]).stream()
    const streamed = await test.app.request(new URL(tagsPath(), TEST_PUBLIC_URL).href, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { Cookie: guide.cookie, Origin: TEST_PUBLIC_URL, 'Content-Type': 'application/json' },
    } as RequestInit)
    expect((await problemOf(streamed)).code).toBe('payload_too_large')
  })

  it('a text that no database can hold is kept as far as it can be, and never a 500', async () => {
    const path = `/api/customers/${customer.externalUserId}`
    const card = await guide.fetch(`${path}/card`)
    const { version } = ((await card.json()) as { customer: { profile: { version: number } } }).customer
      .profile
    // JSON.stringify writes the half of an emoji as an escape, which is how a browser sends what an input has cut.
    const edit = await guide.fetch(path, {
      method: 'PATCH',
      json: { salutation: '林姐\u0000', note: '喜欢\ud83d' },
      version,
    })
    expect(edit.status).toBe(200)
    expect(await edit.json()).toMatchObject({ salutation: '林姐\ufffd', note: '喜欢\ufffd' })
    expect((await guide.fetch('/api/customers?q=%00')).status).toBe(200)
    const send = await guide.fetch(`${path}/sends`, {
      method: 'POST',
      json: { title: '问候', parts: [{ kind: 'text', text: '您好\ud83d' }] },
      key: 'a-key-for-half-an-emoji',
    })
    expect(send.status).toBe(201)
    expect(await send.json()).toMatchObject({ parts: [{ body: { text: '您好\ufffd' } }] })
  })

  it('an id that cannot exist is one that does not exist', async () => {
    for (const id of ['unknown', "'; drop table customers; --", '%E4%BD%A0', 'a'.repeat(65)]) {
      const answer = await guide.fetch(`/api/customers/${encodeURIComponent(id)}/card`)
      expect((await problemOf(answer)).code).toBe('not_found')
    }
  })

  it.each(['/api/nothing', '/nothing', '/assets/gone.js', '/sidebar/deeper', '/%2e%2e/etc/passwd'])(
    '%s is 404',
    async path => {
      expect((await problemOf(await test.fetch(path))).code).toBe('not_found')
    },
  )

  it.each([
    ['DELETE', '/api/coupons', 'POST'],
    ['PUT', '/api/customers', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['GET', '/api/coupons/00000000-0000-4000-8000-000000000000/redeem', 'POST'],
  ])('%s %s is 405 and says what is taken', async (method, path, allow) => {
    const answer = await test.fetch(path, { method })
    expect((await problemOf(answer)).code).toBe('method_not_allowed')
    expect(answer.headers.get('allow')).toBe(allow)
  })
})

describe('what an operation needs', () => {
  it('a key where a repeat would cost money', async () => {
    const body = JSON.stringify({ templateId: crypto.randomUUID(), externalUserId: customer.externalUserId })
    expect((await problemOf(await post('/api/coupons', body))).code).toBe('idempotency_key_required')
    expect((await problemOf(await post('/api/coupons', body, { 'Idempotency-Key': 'short' }))).code).toBe(
      'idempotency_key_invalid',
    )
  })

  it('the version an edit has seen', async () => {
    const path = `/api/customers/${customer.externalUserId}`
    const edit = (version?: number) => guide.fetch(path, { method: 'PATCH', json: { note: '' }, version })
    expect((await problemOf(await edit())).code).toBe('version_required')
    expect((await problemOf(await edit(99))).code).toBe('version_conflict')
  })
})

describe('every answer', () => {
  it('may not be sniffed, framed or stored, and names neither server nor version', async () => {
    const answer = await guide.fetch('/api/session')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'referrer-policy': 'same-origin',
      'strict-transport-security': expect.stringMatching(/max-age=\d{7,}/) as string,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    for (const name of ['server', 'x-powered-by']) expect(answer.headers.has(name)).toBe(false)
  })

  it('leaves a line in the log without path, query or body', async () => {
    test.logged.length = 0
    await guide.fetch(`/api/customers/${customer.externalUserId}/card?token=abc`)
    const line = test.logged.find(each => each.msg === 'request')
    expect(line).toMatchObject({ method: 'GET', route: '/api/customers/:externalUserId/card', status: 422 })
    expect(JSON.stringify(test.logged)).not.toMatch(new RegExp(`${customer.externalUserId}|abc`))
  })
})
