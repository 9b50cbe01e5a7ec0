import { beforeEach, expect, it, vi } from 'vitest'
import { signInAgain } from '../../../../web/domains/session/signInAgain.ts'

beforeEach(() => sessionStorage.clear())

it('loads the page anew, which leads through the login', () => {
  const reload = vi.fn()
  const giveUp = vi.fn()
  signInAgain(giveUp, 1_000_000, reload)
  expect([reload.mock.calls.length, giveUp.mock.calls.length]).toEqual([1, 0])
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
