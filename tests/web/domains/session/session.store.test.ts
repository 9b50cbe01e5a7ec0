import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useSessionStore } from '../../../../web/domains/session/session.store.ts'
import { makeSession } from '../../../support/makeCard.ts'

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => {
  // The pages of the tests before would go on looking at their day.
  for (const [type, listener] of vi.mocked(document.addEventListener).mock.calls)
    document.removeEventListener(type, listener as EventListener)
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const MINUTE = 60_000
/** A page opened when the server's clock shows this; the phone's shows noon of a day long ago. */
function begunAt(now: string, timeZone: string) {
  vi.useFakeTimers({ now: new Date('2026-01-05T12:00:00Z') })
  vi.spyOn(document, 'addEventListener')
  const session = useSessionStore()
  const { corp } = makeSession()
  session.begin(makeSession({ now, today: now.slice(0, 10), corp: { ...corp, timeZone } }))
  return session
}

describe('the day of a page that stays open', () => {
  it.each([
    ['2026-11-21T23:40:00+08:00', 'Asia/Shanghai'],
    ['2026-11-21T23:40:00+05:45', 'Asia/Kathmandu'],
    ['2026-11-21T23:40:00-05:00', 'America/New_York'],
  ])('turns at midnight of the corp by the server’s clock: %s', (now, timeZone) => {
    const session = begunAt(now, timeZone)
    vi.advanceTimersByTime(19 * MINUTE)
    expect(session.today).toBe('2026-11-21')
    vi.advanceTimersByTime(2 * MINUTE)
    expect(session.today).toBe('2026-11-22')
    expect(session.session.today).toBe('2026-11-22')
    vi.advanceTimersByTime(24 * 60 * MINUTE)
    expect(session.today).toBe('2026-11-23')
  })

  it('is right at once when a phone that slept comes back to the page', () => {
    const session = begunAt('2026-11-21T18:00:00+08:00', 'Asia/Shanghai')
    vi.setSystemTime(Date.now() + 15 * 60 * MINUTE)
    expect(session.today).toBe('2026-11-21')
    document.dispatchEvent(new Event('visibilitychange'))
    expect(session.today).toBe('2026-11-22')
  })

  it('asks the calendar only where a day may begin, and not when the page opens', () => {
    const calendar = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    begunAt('2026-11-21T10:00:30+05:45', 'Asia/Kathmandu')
    vi.advanceTimersByTime(14 * MINUTE)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(calendar).not.toHaveBeenCalled()
    vi.advanceTimersByTime(60 * MINUTE)
    expect(calendar).toHaveBeenCalledTimes(4)
  })
})
