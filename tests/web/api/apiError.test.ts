import { expect, it, vi } from 'vitest'
import { errorOf, onUnauthenticated } from '../../../web/api/apiError.ts'

it('tells that the session has ended to a hook that comes later, once: the first card is asked for before there is one', () => {
  errorOf(401, undefined)
  const hook = vi.fn()
  onUnauthenticated(hook)
  onUnauthenticated(hook)
  expect(hook).toHaveBeenCalledTimes(1)
})
