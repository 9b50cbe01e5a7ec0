import { describe, expect, it } from 'vitest'
import { failedOutcome } from '../../../../server/domains/outbox/outcome.ts'
import { WecomError, type WecomProblem } from '../../../../server/wecom/errors.ts'

const HOUR = 3600
const NO_JITTER = 0.5
const failing = (problem: WecomProblem) => new WecomError('externalcontact/mark_tag', problem)
const after = (error: unknown, tries: number, triedForSeconds = 0) =>
  failedOutcome(error, { tries, triedForSeconds }, NO_JITTER)

describe('a try that failed', () => {
  it.each([
    [1, 10],
    [2, 60],
    [3, 300],
    [4, 1200],
    [5, 3600],
    [6, 3600],
    [20, 3600],
  ])('number %i is followed by another one after %i s', (tries, seconds) => {
    for (const error of [
      failing({ errcode: -1 }),
      failing({ errcode: 45033 }),
      failing({ errcode: 42001 }),
      failing({ trouble: 'timeout' }),
      new TypeError('a mistake of ours'),
    ])
      expect(after(error, tries)).toMatchObject({ state: 'waiting', afterSeconds: seconds, tries })
  })

  it.each([
    ['not yet after a day less a minute', 24 * HOUR - 60, 'waiting'],
    ['after a day', 24 * HOUR, 'dead'],
  ])('is the last one: %s', (_, triedFor, state) => {
    expect(after(failing({ errcode: -1 }), 30, triedFor)).toMatchObject({ state, errcode: -1 })
    expect(after(failing({ trouble: 'network' }), 30, triedFor)).toMatchObject({ state, errcode: null })
  })

  it.each([40001, 40013, 40091, 60020, 48002])(
    'by the configuration (%i) waits for somebody, for however long, and begins anew then',
    errcode => {
      expect(after(failing({ errcode }), 7, 72 * HOUR)).toMatchObject({
        state: 'waiting',
        errcode,
        afterSeconds: 300,
        tries: 0,
      })
    },
  )

  it('by too many calls is no try, and waits for the end of that brake', () => {
    expect(after(failing({ errcode: 45009 }), 3, 30 * HOUR)).toMatchObject({
      state: 'waiting',
      tries: 2,
      brakeOf: 'externalcontact/mark_tag',
    })
  })

  it.each([
    [84061, '她已经不是你的企业微信好友'],
    [40058, '企业微信没有收下（编号 40058）'],
  ])('by a refusal (%i) is the end, with a reason', (errcode, reason) => {
    expect(after(failing({ errcode }), 1)).toEqual({ state: 'refused', errcode, reason })
  })

  it('does not come back at the same moment as the others that failed with it', () => {
    const seconds = [0, 1].map(random => {
      const outcome = failedOutcome(failing({ errcode: -1 }), { tries: 2, triedForSeconds: 0 }, random)
      return outcome.state === 'waiting' ? outcome.afterSeconds : 0
    })
    expect(seconds).toEqual([54, 66])
  })
})
