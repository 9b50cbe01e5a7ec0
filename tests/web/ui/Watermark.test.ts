import { mount } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import Watermark from '../../../web/ui/Watermark.vue'

afterEach(() => vi.useRealTimers())

it('P27 says over every page who is looking and when, in nobody’s way and to no screen reader', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let now = Date.parse('2026-11-21T02:20:00Z')
  const mark = mount(Watermark, {
    props: { words: '陈露 <chenlu>', timeZone: 'Asia/Shanghai', now: () => now },
  })
  const drawn = () => decodeURIComponent(mark.attributes('style') ?? '')
  expect(mark.attributes('aria-hidden')).toBe('true')
  expect(drawn()).toContain('陈露 &#60;chenlu&#62;')
  expect(drawn()).toContain('2026-11-21 10:20')
  now += 60_000
  await vi.advanceTimersByTimeAsync(60_000)
  await nextTick()
  expect(drawn()).toContain('2026-11-21 10:21')
  mark.unmount()
})
