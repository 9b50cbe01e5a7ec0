import { describe, expect, it } from 'vitest'
import { ApiError, UnexpectedAnswer } from '../../../web/api/apiError.ts'
import { retrying } from '../../../web/ui/retrying.ts'
import { problem } from '../../support/fakeApi.ts'
import type { Problem } from '../../../shared/contract/problem.ts'

const refusal = (code: Parameters<typeof problem>[0]) => new ApiError(problem(code).body as Problem)

describe('what has happened and must not be lost', () => {
  it.each([
    ['a gateway’s page', new UnexpectedAnswer('status 502', 502)],
    ['a session that has ended', refusal('session_expired')],
    ['too many requests', refusal('rate_limited')],
  ])('is told again after %s', async (_name, error) => {
    let settle: () => void = () => undefined
    const toldAgain = new Promise<void>(resolve => (settle = resolve))
    let attempts = 0
    const recorded = await retrying(() => {
      attempts++
      if (attempts === 1) return Promise.reject(error)
      settle()
      return Promise.resolve()
    })
    expect(recorded).toBe('queued')
    dispatchEvent(new Event('online'))
    await toldAgain
    expect(attempts).toBe(2)
  })

  it('is given up when the server will never take it', async () => {
    expect(await retrying(() => Promise.reject(refusal('state_conflict')))).toBe('refused')
  })

  it('was taken when only the answer cannot be read', async () => {
    expect(await retrying(() => Promise.reject(new UnexpectedAnswer('answer of x', 200)))).toBe('done')
  })
})
