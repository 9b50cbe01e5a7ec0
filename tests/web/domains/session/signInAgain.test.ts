import { beforeEach, expect, it, vi } from 'vitest'
import { signInAgain } from '../../../../web/domains/session/signInAgain.ts'

beforeEach(() => sessionStorage.clear())

it('leads through the login and back to the page it was on', () => {
  const logIn = vi.fn()
  const giveUp = vi.fn()
  history.replaceState(null, '', '/sidebar/?from=menu#/console/handover')
  signInAgain(giveUp, 1_000_000, logIn)
  expect(logIn.mock.calls).toEqual([
    [`/auth/login?to=${encodeURIComponent('/sidebar/?from=menu#/console/handover')}`],
  ])
  expect(giveUp).not.toHaveBeenCalled()
})

it('gives up instead of going in circles, and tries again later', () => {
  const reload = vi.fn()
  const giveUp = vi.fn()
  signInAgain(giveUp, 1_000_000, reload)
  signInAgain(giveUp, 1_005_000, reload)
  expect([reload.mock.calls.length, giveUp.mock.calls.length]).toEqual([1, 1])
  signInAgain(giveUp, 1_100_000, reload)
  expect(reload.mock.calls.length).toBe(2)
})
