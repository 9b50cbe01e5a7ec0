import { randomUUID } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { StaffActor } from '../../../server/actor.ts'
import { once } from '../../../server/db/once.ts'
import type { AppEnv } from '../../../server/http/env.ts'
import { mount } from '../../../server/http/mount.ts'
import { respondToError } from '../../../server/http/problem.ts'
import { endpoint } from '../../../shared/contract/endpoint.ts'
import { noLimits } from '../../../server/limits/limits.ts'
import { createTestApp, type TestApp } from '../../support/createTestApp.ts'

let test: TestApp
let actor: StaffActor
beforeAll(async () => {
  test = await createTestApp()
  actor = await test.make.staff(test.corp)
})
afterAll(() => test.close())

/** A server of one operation, whose body is as its version of the contract has it. It answers what it made of the first request. */
function serverOf(body: z.ZodType): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>()
  app.onError((error, c) => respondToError(error, c, pino({ level: 'silent' })))
  const operation = endpoint({
    id: 'keepThing',
    method: 'post',
    path: '/things/{thing}',
    summary: '留下一样东西',
    params: z.object({ thing: z.string() }),
    body,
    answer: z.object({ made: z.string() }),
    status: 201,
    idempotency: 'required',
  })
  mount(
    { app, authenticate: async () => actor, noteRefusal: async () => undefined, limits: noLimits },
    operation,
    (_, { intent }) => once(test.db, actor, intent, test.clock.now(), async () => ({ made: randomUUID() })),
  )
  return app
}
const before = serverOf(z.strictObject({ words: z.string(), of: z.object({ a: z.number(), b: z.number() }) }))
const after = serverOf(
  z.strictObject({
    words: z.string().trim(),
    of: z.object({ a: z.number(), b: z.number(), c: z.number().default(3) }),
    note: z.string().nullable().default(null),
  }),
)

const ask = (app: OpenAPIHono<AppEnv>, text: string, key: string, thing = 'one') =>
  app.request(`/api/things/${thing}`, {
    method: 'POST',
    body: text,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
  })
const first = '{"words":"好","of":{"a":1,"b":2}}'
const key = () => `key-${randomUUID()}`

it.each([
  ['in another order', '{"of":{"b":2,"a":1},"words":"好"}'],
  ['with other blanks', '{ "words": "\\u597d", "of": { "a": 1.0, "b": 2 } }'],
])('P11 the same request %s is the same request', async (_, again) => {
  const same = key()
  const made = await ask(before, first, same)
  const replayed = await ask(before, again, same)
  expect([made.status, replayed.status]).toEqual([201, 201])
  expect(replayed.headers.get('idempotency-replayed')).toBe('true')
  expect(await replayed.json()).toEqual(await made.json())
})

it.each([
  ['another value', '{"words":"好","of":{"a":1,"b":3}}', 'one'],
  ['something more', '{"words":"好","of":{"a":1,"b":2,"c":3}}', 'one'],
  ['another thing', first, 'two'],
])('P11 under the same key %s is refused', async (_, other, thing) => {
  const same = key()
  await ask(before, first, same)
  const answer = await ask(before, other, same, thing)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
    422,
    'idempotency_key_reused',
  ])
})

it.each([
  ['newer', before, after],
  ['older', after, before],
])(
  'P11 a retry that reaches a %s server, whose contract has other defaults, is a replay',
  async (_, one, other) => {
    const same = key()
    const made = await ask(one, first, same)
    const replayed = await ask(other, first, same)
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await replayed.json()).toEqual(await made.json())
  },
)
