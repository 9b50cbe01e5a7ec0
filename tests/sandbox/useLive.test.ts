// @vitest-environment happy-dom
import { effectScope } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useLive } from '../../sandbox/window/console/useLive.ts'

let hidden = false
beforeEach(() => {
  hidden = false
  vi.useFakeTimers()
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function start() {
  const scope = effectScope()
  let reads = 0
  const live = scope.run(() => useLive(() => Promise.resolve(++reads), 1000))
  if (!live) throw new Error('no scope')
  return { scope, live, reads: () => reads }
}

it('reads again after the pause, and no more once its tab is closed', async () => {
  const { scope, live, reads } = start()
  await vi.advanceTimersByTimeAsync(999)
  expect(reads()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(live.data.value).toBe(2)
  scope.stop()
  await vi.advanceTimersByTimeAsync(5000)
  expect(reads()).toBe(2)
})

it('rests while nobody looks at the window', async () => {
  const { scope, reads } = start()
  hidden = true
  await vi.advanceTimersByTimeAsync(5000)
  const before = reads()
  await vi.advanceTimersByTimeAsync(5000)
  expect(reads()).toBe(before)
  hidden = false
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect(reads()).toBe(before + 1)
  scope.stop()
})

it('keeps what it knew when a read is refused, and says so', async () => {
  const scope = effectScope()
  const answers = [() => Promise.resolve('known'), () => Promise.reject(new Error('沙盒没有回答'))]
  const live = scope.run(() => useLive(() => (answers.shift() ?? (() => Promise.resolve('again')))(), 1000))
  await vi.advanceTimersByTimeAsync(1000)
  expect([live?.data.value, live?.trouble.value]).toEqual(['known', '沙盒没有回答'])
  await vi.advanceTimersByTimeAsync(1000)
  expect([live?.data.value, live?.trouble.value]).toEqual(['again', ''])
  scope.stop()
})
