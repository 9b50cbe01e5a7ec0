import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import Watermark from '../../../web/ui/Watermark.vue'
import * as tiles from '../../../web/ui/watermarkTile.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('P27 the watermark', () => {
  it('says who is looking and when', () => {
    const now = Date.parse('2026-11-21T02:20:00Z')
    const drawn = decodeURIComponent(tiles.watermarkTile('陈露 <chenlu>', now, 'Asia/Shanghai'))
    expect(drawn).toContain('陈露 &#60;chenlu&#62;')
    expect(drawn).toContain('2026-11-21 10:20')
  })

  it('goes with the minutes, and is nothing to a screen reader', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const draw = vi.spyOn(tiles, 'watermarkTile')
    let now = 1_000_000
    const mark = mount(Watermark, { props: { words: '陈露', timeZone: 'Asia/Shanghai', now: () => now } })
    expect(mark.attributes('aria-hidden')).toBe('true')
    now += 60_000
    await vi.advanceTimersByTimeAsync(60_000)
    expect(draw.mock.calls.map(([, at]) => at)).toEqual([1_000_000, 1_060_000])
    mark.unmount()
  })
})
