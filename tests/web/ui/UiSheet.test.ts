import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import UiSheet from '../../../web/ui/UiSheet.vue'
import UndoToast from '../../../web/ui/UndoToast.vue'
import { hideToast, showToast } from '../../../web/ui/undoToast.ts'

enableAutoUnmount(afterEach)
afterEach(() => {
  hideToast()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const sheet = (title: string) => mount(UiSheet, { props: { title, open: false }, attachTo: document.body })

describe('a sheet', () => {
  it('takes back a focus that got lost with the button that had it', async () => {
    const only = sheet('日子')
    await only.setProps({ open: true })
    await flushPromises()
    ;(document.activeElement as HTMLElement).blur()
    expect(document.activeElement).toBe(document.body)
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab' }))
    expect(document.activeElement?.getAttribute('aria-label')).toBe('关闭')
  })

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

  it('opens over what was said before it, which can still be undone, and under what is said after', async () => {
    const undo = vi.fn()
    const toast = mount(UndoToast, { attachTo: document.body })
    const isBelow = () => toast.find('.toast').classes().includes('toast--below')
    showToast('存成草稿了', undo)
    await flushPromises()
    expect(isBelow()).toBe(false)

    await sheet('上线').setProps({ open: true })
    await flushPromises()
    expect(isBelow()).toBe(true)
    await toast.find('.toast button').trigger('click')
    expect(undo).toHaveBeenCalledOnce()

    showToast('这张券已经领完')
    await flushPromises()
    expect(isBelow()).toBe(false)
  })
})
