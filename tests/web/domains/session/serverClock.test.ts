import { afterEach, expect, it, vi } from 'vitest'
import { noteServerNow, serverNow } from '../../../../web/domains/session/serverClock.ts'

afterEach(() => vi.useRealTimers())

it('goes by the server, however wrong the phone is, and walks on with it', () => {
  vi.useFakeTimers({ now: new Date('2026-11-15T08:00:00+08:00') })
  noteServerNow('2026-11-21T10:20:00+08:00')
  vi.advanceTimersByTime(60_000)
  expect(new Date(serverNow()).toISOString()).toBe('2026-11-21T02:21:00.000Z')
})
