import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeApi, ok, problem } from '../../support/fakeApi.ts'
import { makeCard } from '../../support/makeCard.ts'

let api = createFakeApi()
const load = async () => {
  const { changeTags } = await import('../../../web/api/tags.ts')
  const { getCard } = await import('../../../web/api/firstScreen.ts')
  return { changeTags, getCard }
}
let calls: Awaited<ReturnType<typeof load>>
beforeEach(async () => {
  // What one test has been asked to wait does not hold up the next.
  vi.resetModules()
  vi.useFakeTimers()
  api = createFakeApi()
  await api.install()
  calls = await load()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const noTags = { tags: [], suggested: [], refused: [] }
const tooFast = (seconds: number) => ({
  ...problem('rate_limited'),
  headers: { 'retry-after': String(seconds) },
})
/** What was asked for comes to its end; the clock goes as far as it has to. */
const settled = async <T>(asked: Promise<T>): Promise<T | string> => {
  const end = asked.catch((error: unknown) => (error as Error).message)
  await vi.advanceTimersByTimeAsync(20_000)
  return end
}

describe('a server that asks for a rest', () => {
  it('P26 gets it: nothing is asked before, then the same once more, and she notices nothing', async () => {
    let turn = 0
    const at: number[] = []
    const began = Date.now()
    api.on('post', /tags$/, () => {
      at.push(Date.now() - began)
      return turn++ === 0 ? tooFast(2) : ok(noTags)
    })
    api.on('get', /card$/, () => {
      at.push(Date.now() - began)
      return ok(makeCard('wmA'))
    })
    const first = calls.changeTags('wmA', {}, 'key-1')
    await vi.advanceTimersByTimeAsync(100)
    const card = calls.getCard('wmA')
    await Promise.all([settled(first), settled(card)])
    expect(await first).toMatchObject(noTags)
    expect(at[0]).toBe(0)
    expect(at.slice(1).every(moment => moment >= 2_000)).toBe(true)
    expect(at).toHaveLength(3)
    expect(api.sentTo('post', /tags$/).map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      'key-1',
      'key-1',
    ])
  })

  it('is asked twice at most, the first screen too', async () => {
    api.on('post', /tags$/, () => tooFast(1))
    api.on('get', /card$/, () => tooFast(1))
    expect(await settled(calls.changeTags('wmA', {}, 'key-1'))).toBe('429 rate_limited')
    expect(await settled(calls.getCard('wmA'))).toBe('429 rate_limited')
    expect(api.requests).toHaveLength(4)
  })

  it('for an hour holds up nothing else, and is told at once', async () => {
    api.on('post', /tags$/, () => tooFast(1_800))
    api.on('get', /card$/, () => ok(makeCard('wmA')))
    await expect(calls.changeTags('wmA', {}, 'key-1')).rejects.toThrow('429 rate_limited')
    expect(await calls.getCard('wmA')).toMatchObject({ customer: {} })
    expect(api.requests).toHaveLength(2)
  })
})
