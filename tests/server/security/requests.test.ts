import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../../shared/contract/endpoint.ts'
import { Problem } from '../../../shared/contract/problem.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../support/createTestApp.ts'
import { addressOf, operations, preconditions } from './walk.ts'

let test: TestApp
let admin: SignedIn
beforeAll(async () => {
  test = await createTestApp()
  admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin' }))
})
afterAll(() => test.close())

const ask = (endpoint: Endpoint, query: string, headers: Record<string, string> = {}, body?: string) =>
  admin.fetch(addressOf(endpoint) + query, {
    method: endpoint.method.toUpperCase(),
    headers: { ...preconditions(endpoint), ...headers },
    ...(endpoint.method === 'get' ? {} : { body: body ?? '' }),
  })
const named = operations.map(endpoint => [endpoint.id, endpoint] as const)

interface Shape {
  properties?: Record<string, Shape>
  additionalProperties?: unknown
  [part: string]: unknown
}
/** Places in a schema where an object takes fields that it does not name. */
function openObjects(schema: unknown, at: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap(each => openObjects(each, at))
  if (typeof schema !== 'object' || schema === null) return []
  const { properties, additionalProperties, ...rest } = schema as Shape
  return [
    ...(properties && additionalProperties !== false ? [at] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, inner]) => openObjects(inner, `${at}.${name}`)),
    ...Object.entries(rest).flatMap(([, inner]) => openObjects(inner, at)),
  ]
}

describe('P3 what an operation does not know, it does not take', () => {
  it.each(named)('%s: in the query', async (_, endpoint) => {
    const answer = await ask(endpoint, '?staffId=7')
    expect(answer.status).toBe(422)
    expect(Problem.parse(await answer.json()).errors).toContainEqual(
      expect.objectContaining({ path: 'staffId', code: 'unrecognized_keys' }),
    )
  })

  it.each(named.filter(([, endpoint]) => endpoint.query))('%s: twice in the query', async (_, endpoint) => {
    const [name = ''] = Object.keys(endpoint.query?.shape ?? {})
    const answer = await ask(endpoint, `?${name}=1&${name}=2`)
    expect(answer.status).toBe(422)
    expect(Problem.parse(await answer.json()).errors?.[0]).toMatchObject({ path: name, code: 'repeated' })
  })

  it('in a body, at any depth', () => {
    const open = operations.flatMap(({ id, body }) =>
      body ? openObjects(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }), id) : [],
    )
    expect(open).toEqual([])
  })

  it.each(named.filter(([, endpoint]) => endpoint.body))('%s: in a body', async (_, endpoint) => {
    const answer = await ask(endpoint, '', {}, '{"corpId":1,"role":"admin"}')
    expect(answer.status).toBe(422)
    const { errors } = Problem.parse(await answer.json())
    const wrong = JSON.stringify(errors)
    // Of a choice between forms zod tells that none fits.
    if ('shape' in (endpoint.body ?? {})) expect(wrong).toMatch(/corpId/)
  })
})

describe('P3 a body', () => {
  it.each(named.filter(([, endpoint]) => endpoint.body))('%s: is JSON and says so', async (_, endpoint) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ])
      expect([type, (await ask(endpoint, '', { 'Content-Type': type }, '{}')).status]).toEqual([type, 415])
  })

  it.each(named.filter(([, endpoint]) => endpoint.upload))(
    '%s: is a file of its kinds',
    async (_, endpoint) => {
      const known = ['columns=', 'name=a.csv'].filter(
        each => (each.split('=')[0] ?? '') in (endpoint.query?.shape ?? {}),
      )
      const query = known.length > 0 ? `?${known.join('&')}` : ''
      for (const type of ['application/json', 'text/html', 'image/svg+xml', 'application/x-msdownload'])
        expect([type, (await ask(endpoint, query, { 'Content-Type': type }, 'x')).status]).toEqual([
          type,
          415,
        ])
    },
  )

  it.each(named.filter(([, endpoint]) => endpoint.method !== 'get'))(
    '%s: is no larger than it may be',
    async (_, endpoint) => {
      const most = endpoint.upload?.maxBytes ?? 64 * 1024
      expect((await ask(endpoint, '', {}, ' '.repeat(most + 1))).status).toBe(413)
    },
  )

  it('is not read before it is known who asks', async () => {
    const [, endpoint] = named.find(([id]) => id === 'importPurchases') ?? named[0] ?? []
    if (!endpoint) throw new Error('no operations')
    const answer = await test.fetch(addressOf(endpoint), {
      method: endpoint.method.toUpperCase(),
      headers: { ...preconditions(endpoint), Origin: test.config.publicUrl },
      body: 'x',
    })
    expect(answer.status).toBe(401)
  })

  it.each([
    ['{"add":["a"],"add":[],"remove":[]}', 400],
    [`{"add":${'['.repeat(30)}${']'.repeat(30)}}`, 400],
    [`{"add":[${Array(501).fill('"a"').join(',')}],"remove":[]}`, 422],
    ['{"add":[],"remove":[],"constructor":{"prototype":{"role":"admin"}}}', 422],
    ['{"add":[],"remove":[],"__proto__":{"role":"admin"}}', 422],
  ])('%s is refused', async (body, status) => {
    const customer = await test.make.followed(test.corp, admin.actor)
    const answer = await admin.fetch(`/api/customers/${customer.externalUserId}/tags`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'a-key-of-strange-json' },
    })
    expect(answer.status).toBe(status)
  })
})
