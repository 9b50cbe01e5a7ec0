import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api } from '../../shared/contract/api.ts'
import type { Endpoint } from '../../shared/contract/endpoint.ts'
import { logOptions } from '../../server/log.ts'
import { createTestApp, type SignedIn, type TestApp } from '../support/createTestApp.ts'

/** Values that stand for people and secrets; each would be found wherever it turned up. */
const MARKS = {
  name: '标记名Qwx',
  words: '标记话Zvy',
  phone: '13987650123',
  key: 'marked-key-Kjh-0123456789',
  cookie: 'MarkedCookieValue',
  bearer: 'marked-bearer-token-value',
}

let test: TestApp
let guide: SignedIn
let admin: SignedIn
let externalUserId: string
beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN: MARKS.bearer } })
  const store = await test.make.store(test.corp)
  guide = await test.signIn(await test.make.staff(test.corp, { store, name: MARKS.name }))
  admin = await test.signIn(await test.make.staff(test.corp, { role: 'admin', name: MARKS.name }))
  const customer = await test.make.followed(test.corp, guide.actor, { salutation: MARKS.name })
  externalUserId = customer.externalUserId
  await test.db.pool.query('update customers set name = $1, note = $2 where customer_id = $3', [
    MARKS.name,
    MARKS.words,
    customer.customerId,
  ])
})
afterAll(() => test.close())

interface Shape {
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Shape[]
  oneOf?: Shape[]
  allOf?: Shape[]
  properties?: Record<string, Shape>
  items?: Shape
  minItems?: number
  minimum?: number
  format?: string
  pattern?: string
  maxLength?: number
}

/** Something of that shape; every text in it that is free is a marked one. */
function filled(shape: Shape, name = ''): unknown {
  const [first] = shape.anyOf ?? shape.oneOf ?? shape.allOf ?? []
  if (first) return filled(first, name)
  if (shape.const !== undefined) return shape.const
  if (shape.enum) return shape.enum[0]
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.properties ?? {}).map(([key, inner]) => [key, filled(inner, key)]),
      )
    case 'array':
      return Array.from({ length: Math.max(1, shape.minItems ?? 1) }, () => filled(shape.items ?? {}, name))
    case 'integer':
    case 'number':
      return Math.max(1, shape.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return text(shape, name)
  }
}

function text({ format, pattern, maxLength = 100 }: Shape, name: string): string {
  if (format === 'uuid') return randomUUID()
  const candidates = [
    MARKS.words,
    MARKS.phone,
    '2026-12-05',
    '09:30',
    '2026-12-05T10:00:00Z',
    'https://a.example.com/x',
  ]
  if (/phone|mobile/i.test(name)) candidates.unshift(MARKS.phone)
  const fits = (value: string) =>
    value.length <= maxLength && (!pattern || new RegExp(pattern, 'u').test(value))
  return candidates.find(fits) ?? MARKS.words.slice(0, maxLength)
}

const pathOf = (endpoint: Endpoint) =>
  `/api${endpoint.path.replace(/\{(\w+)\}/g, (_, slot: string) =>
    slot === 'externalUserId'
      ? externalUserId
      : /id$/i.test(slot)
        ? randomUUID()
        : encodeURIComponent(MARKS.words),
  )}`

function ask(who: SignedIn, endpoint: Endpoint, body: string | undefined): Promise<Response> {
  const words = { q: MARKS.name, name: MARKS.words }
  const known = Object.entries(words).filter(([name]) => name in (endpoint.query?.shape ?? {}))
  const query = known.length > 0 ? `?${new URLSearchParams(known).toString()}` : ''
  const type = endpoint.upload?.types[0] ?? 'application/json'
  return who.fetch(pathOf(endpoint) + query, {
    method: endpoint.method.toUpperCase(),
    key: MARKS.key,
    version: 1,
    headers: { 'Content-Type': type, Authorization: `Bearer ${MARKS.bearer}` },
    ...(endpoint.method === 'get' ? {} : { body: body ?? '' }),
  })
}

const leaks = (lines: unknown) => {
  const written = JSON.stringify(lines)
  return [...Object.values(MARKS), externalUserId, guide.cookie.split('=')[1] ?? ''].filter(mark =>
    written.includes(mark),
  )
}

describe('P6 the log', () => {
  it('holds nothing of anybody, whatever operation is asked for with whatever in it', async () => {
    test.logged.length = 0
    const statuses: number[] = []
    const cookies: string[] = []
    for (const endpoint of Object.values(api) as Endpoint[]) {
      const body = endpoint.body
        ? JSON.stringify(
            filled(z.toJSONSchema(endpoint.body, { io: 'input', unrepresentable: 'any' }) as Shape),
          )
        : endpoint.upload
          ? `${MARKS.name},${MARKS.phone}\n`
          : undefined
      // Signed in anew for each: one of them ends the session.
      for (const who of [await test.signIn(guide.actor), await test.signIn(admin.actor)]) {
        cookies.push(who.cookie.split('=')[1] ?? '')
        statuses.push((await ask(who, endpoint, body)).status)
        if (endpoint.body) await ask(who, endpoint, `{"${MARKS.words}": ${MARKS.name}`)
      }
    }
    await test.runQueued()
    await test.fetch(`/nowhere/${encodeURIComponent(MARKS.name)}`, {
      headers: { Cookie: `x=${MARKS.cookie}` },
    })
    // The marked values were really at work, and every request has its line.
    expect(statuses.filter(status => status < 300).length).toBeGreaterThan(40)
    const lines = test.logged.filter(line => line.msg === 'request')
    expect(lines.length).toBeGreaterThanOrEqual(statuses.length)
    expect(new Set(lines.map(line => line.route)).size).toBeGreaterThan(60)
    expect(leaks(test.logged)).toEqual([])
    expect(cookies.filter(cookie => JSON.stringify(test.logged).includes(cookie))).toEqual([])
  }, 120_000)

  it('keeps of a search by a whole number the pattern of the route, and nothing of the query', async () => {
    // Somebody else: of those above the pull of members has heard nothing, and they are let in no more.
    const who = await test.signIn(await test.make.staff(test.corp))
    await test.make.followed(test.corp, who.actor, { salutation: MARKS.name })
    test.logged.length = 0
    const ways = [
      MARKS.phone,
      `${MARKS.phone.slice(0, 3)} ${MARKS.phone.slice(3)}`,
      MARKS.phone.slice(-4),
      MARKS.name,
    ]
    for (const q of ways) {
      const answer = await who.fetch(`/api/customers?${new URLSearchParams({ q }).toString()}`)
      expect([q, answer.status]).toEqual([q, 200])
    }
    // A query that is refused is not repeated either.
    const refused = await who.fetch(`/api/customers?q=${MARKS.phone}&limit=none&${MARKS.phone}=1`)
    expect(refused.status).toBe(422)
    const lines = test.logged.filter(line => line.msg === 'request')
    expect(lines.map(({ route }) => route)).toEqual(Array(ways.length + 1).fill('/api/customers'))
    const written = JSON.stringify(test.logged)
    for (const mark of [MARKS.phone, encodeURIComponent(MARKS.name), 'q=', '?'])
      expect([mark, written.includes(mark)]).toEqual([mark, false])
  })

  it('tells with each line of a request which request it was', async () => {
    test.logged.length = 0
    const answer = await guide.fetch(`/api/customers/nobody-${externalUserId}/card`)
    const requestId = answer.headers.get('x-request-id')
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(((await answer.json()) as { requestId: string }).requestId).toBe(requestId)
    expect(test.logged.map(line => line.requestId)).toContain(requestId)
    // Somebody else's number for it is not taken over.
    const other = await test.fetch('/healthz', { headers: { 'X-Request-Id': MARKS.words.slice(3) } })
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a line of the log', () => {
  const lines: Record<string, unknown>[] = []
  const log = pino(logOptions('debug'), {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  })
  const said = (write: () => void) => {
    lines.length = 0
    write()
    return lines
  }

  it('keeps fields on the list and names those it leaves out', () => {
    const [line] = said(() =>
      log.warn({ errcode: 40001, body: MARKS.words, customer: { name: MARKS.name }, count: 3 }, 'words'),
    )
    expect(line).toMatchObject({ errcode: 40001, count: 3, msg: 'words', dropped: ['body', 'customer'] })
    expect(leaks(line)).toEqual([])
    expect(
      leaks(said(() => log.warn({ reason: { name: MARKS.name }, tags: [{ name: MARKS.name }] }, 'x'))),
    ).toEqual([])
  })

  it('keeps of an error nothing of what it was given', async () => {
    const failures: unknown[] = []
    const failing = (work: () => unknown) => {
      try {
        work()
      } catch (error) {
        failures.push(error)
      }
    }
    failing(() => JSON.parse(`${MARKS.name} {`))
    failing(() => z.object({ a: z.number() }).strict().parse({ a: MARKS.words, b: MARKS.name }))
    const { pool } = test.db
    for (const [statement, values] of [
      ['select $1::integer', [MARKS.name]],
      ['select $1::uuid', [MARKS.words]],
      ['select $1::jsonb', [MARKS.phone.slice(1) + MARKS.name]],
      ['insert into corps (wecom_corp_id, created_at) values ($1, now()), ($1, now())', [MARKS.name]],
      [
        "insert into staff (corp_id, user_id, name, role, synced_at) values (1, 'x', $1, $1, now())",
        [MARKS.name],
      ],
    ] as const)
      await pool.query(statement, [...values]).catch((error: unknown) => failures.push(error))
    expect(failures).toHaveLength(7)
    for (const failure of failures) {
      const written = said(() =>
        log.error({ err: new Error('could not', { cause: failure }) }, 'unforeseen error'),
      )
      expect(leaks(written)).toEqual([])
      expect(JSON.stringify(written)).toMatch(/at .*logPrivacy|at .*pg/)
    }
  })
})
