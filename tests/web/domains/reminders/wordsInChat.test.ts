import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { wordsInChat } from '../../../../web/domains/reminders/wordsInChat.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('what has arrived of a message adds up, is forgotten once all has been sent, and after ten minutes', () => {
  wordsInChat.note('one', 1)
  wordsInChat.note('one', 2)
  wordsInChat.note('another', 0)
  expect(wordsInChat.count('one')).toBe(3)
  expect(wordsInChat.count('another')).toBe(0)
  wordsInChat.forget('one')
  expect(wordsInChat.count('one')).toBe(0)

  wordsInChat.note('late', 1)
  vi.advanceTimersByTime(9 * 60_000)
  expect(wordsInChat.count('late')).toBe(1)
  vi.advanceTimersByTime(60_000)
  expect(wordsInChat.count('late')).toBe(0)
})
