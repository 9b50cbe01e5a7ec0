import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import UiSheet from '../../../web/ui/UiSheet.vue'

enableAutoUnmount(afterEach)
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const sheet = (title: string) => mount(UiSheet, { props: { title, open: false }, attachTo: document.body })

describe('a sheet', () => {
  it('is closed by back', async () => {
    const only = sheet('日子')
    await only.setProps({ open: true })
    await flushPromises()
    dispatchEvent(new PopStateEvent('popstate'))
    expect(only.emitted('update:open')).toEqual([[false]])
  })

  it('that takes the place of another stays when the browser steps back late', async () => {
    vi.useFakeTimers()
    vi.spyOn(history, 'back').mockImplementation(() => {})
    const [first, second] = [sheet('日子'), sheet('一句话')]
    await first.setProps({ open: true })
    await flushPromises()
    await first.setProps({ open: false })
    await second.setProps({ open: true })
    await vi.advanceTimersByTimeAsync(800)
    dispatchEvent(new PopStateEvent('popstate'))
    await flushPromises()
    expect(second.emitted('update:open')).toBeUndefined()

    dispatchEvent(new PopStateEvent('popstate'))
    expect(second.emitted('update:open')).toEqual([[false]])
  })

  it('stays when two before it have closed, until both have stepped back', async () => {
    vi.useFakeTimers()
    vi.spyOn(history, 'back').mockImplementation(() => {})
    const [first, second, third] = [sheet('日子'), sheet('一句话'), sheet('家人')]
    for (const one of [first, second]) await one.setProps({ open: true })
    await vi.advanceTimersByTimeAsync(0)
    for (const one of [first, second]) await one.setProps({ open: false })
    await third.setProps({ open: true })
    for (let step = 0; step < 2; step++) {
      dispatchEvent(new PopStateEvent('popstate'))
      await vi.advanceTimersByTimeAsync(0)
      expect(third.emitted('update:open')).toBeUndefined()
    }
    dispatchEvent(new PopStateEvent('popstate'))
    expect(third.emitted('update:open')).toEqual([[false]])
  })

  it('has the focus at once, also while the one before it still steps back', async () => {
    vi.spyOn(history, 'back').mockImplementation(() => {})
    const [first, second] = [sheet('日子'), sheet('一句话')]
    await first.setProps({ open: true })
    await flushPromises()
    await first.setProps({ open: false })
    await second.setProps({ open: true })
    await flushPromises()
    expect(document.activeElement?.getAttribute('aria-label')).toBe('一句话')
  })
})
