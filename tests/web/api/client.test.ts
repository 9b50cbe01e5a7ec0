import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ApiError,
  fateOf,
  isPassing,
  onUnauthenticated,
  Unreachable,
  UnexpectedAnswer,
} from '../../../web/api/apiError.ts'
import { changeProfile, listCustomers } from '../../../web/api/customers.ts'
import { getCard } from '../../../web/api/firstScreen.ts'
import { newIdempotencyKey } from '../../../web/api/idempotencyKey.ts'
import { changeTags } from '../../../web/api/tags.ts'
import { endSession } from '../../../web/api/session.ts'
import { createFakeApi, noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { makeCard } from '../../support/makeCard.ts'

let api = createFakeApi()
beforeEach(async () => {
  api = createFakeApi()
  await api.install()
})
afterEach(() => {
  onUnauthenticated(() => undefined)
  vi.unstubAllGlobals()
})
const noTags = { tags: [], suggested: [], refused: [] }

describe('a call', () => {
  it('carries path, body, idempotency key and version', async () => {
    api.on('post', /tags$/, () => ok(noTags))
    api.on('patch', /customers/, () => ok(makeCard('wmA').customer.profile))
    await changeTags('wmA', { add: ['t1'], remove: [] }, 'key-1')
    await changeProfile('wmA', { wish: '手镯' }, 3)
    expect(api.requests[0]).toMatchObject({
      path: '/customers/wmA/tags',
      body: { add: ['t1'], remove: [] },
      idempotencyKey: 'key-1',
    })
    expect(api.requests[1]).toMatchObject({ path: '/customers/wmA', body: { wish: '手镯' }, version: '"3"' })
  })

  it('cannot leave its path through an id', async () => {
    api.on('post', /.*/, () => ok(noTags))
    await changeTags('../../session', {}, 'key-1')
    expect(api.requests[0]?.path).toBe('/customers/..%2F..%2Fsession/tags')
  })

  it('hands over what was searched', async () => {
    api.on('get', /customers$/, () => ok({ items: [], nextCursor: null }))
    await listCustomers({ q: '婉清' })
    expect(api.requests[0]?.query).toMatchObject({ q: '婉清' })
  })

  it('answers nothing where the contract answers nothing', async () => {
    api.on('delete', /^\/session$/, () => ({ status: 204 }))
    expect(await endSession()).toBeUndefined()
  })
})

describe('a refusal', () => {
  it('is an error with the problem in it', async () => {
    api.on('post', /tags$/, () => problem('limit_reached'))
    const error: unknown = await changeTags('wmA', {}, 'key-1').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).problem).toMatchObject({
      code: 'limit_reached',
      title: '到上限了',
      requestId: 'req-1',
    })
  })

  it('tells the hook when the session has ended, both before and after axios is there', async () => {
    const hook = vi.fn()
    onUnauthenticated(hook)
    api.on('post', /tags$/, () => problem('session_expired'))
    api.on('get', /card$/, () => problem('session_expired'))
    await changeTags('wmA', {}, 'key-1').catch(() => undefined)
    await getCard('wmA').catch(() => undefined)
    expect(hook).toHaveBeenCalledTimes(2)
  })

  it('of a gateway that answers with a page of its own passes, and nobody knows what became of the write', async () => {
    api.on('post', /tags$/, () => ({ status: 502, body: '<html>Bad Gateway</html>' }))
    const error: unknown = await changeTags('wmA', {}, 'key-1').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(UnexpectedAnswer)
    expect([isPassing(error), fateOf(error)]).toEqual([true, 'unknown'])
  })

  it.each([
    ['version_conflict', 'refused'],
    ['rate_limited', 'notNow'],
    ['session_expired', 'notNow'],
    ['idempotency_in_flight', 'unknown'],
    ['internal', 'unknown'],
  ] as const)('%s leaves the write %s', async (code, fate) => {
    api.on('post', /tags$/, () => problem(code))
    expect(fateOf(await changeTags('wmA', {}, 'key-1').catch((cause: unknown) => cause))).toBe(fate)
  })

  it('is told apart from no answer at all', async () => {
    api.on('post', /tags$/, noNetwork)
    await expect(changeTags('wmA', {}, 'key-1')).rejects.toBeInstanceOf(Unreachable)
  })
})

describe('an answer that breaks the contract', () => {
  it('fails at the edge', async () => {
    api.on('post', /tags$/, () => ok({ tags: 'many' }))
    await expect(changeTags('wmA', {}, 'key-1')).rejects.toBeInstanceOf(UnexpectedAnswer)
  })

  it('fails at the edge of the first screen too', async () => {
    api.on('get', /card$/, () => ok({ customer: {} }))
    await expect(getCard('wmA')).rejects.toBeInstanceOf(UnexpectedAnswer)
  })

  it('may be a page of some gateway', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>502</html>', { status: 502 }))
    await expect(getCard('wmA')).rejects.toBeInstanceOf(UnexpectedAnswer)
  })
})

it('makes idempotency keys that are all different and fit the rule of the server', () => {
  const keys = new Set(Array.from({ length: 500 }, newIdempotencyKey))
  expect(keys.size).toBe(500)
  for (const key of keys)
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
