import { enableAutoUnmount, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import UndoToast from '../../../web/ui/UndoToast.vue'
import { hideToast, showToast, toast, UNDO_MS } from '../../../web/ui/undoToast.ts'

enableAutoUnmount(afterEach)
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  hideToast()
  vi.useRealTimers()
})
const mountToast = () =>
  mount(UndoToast, { attachTo: document.body, global: { stubs: { transition: true } } })
const press = (init: KeyboardEventInit, target: EventTarget = document.body) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key: 'z', bubbles: true, cancelable: true, ...init }))

describe('the undo toast', () => {
  it('comes into a box that was there before, so that it is read out', async () => {
    const page = mountToast()
    const box = page.get('[role=status]').element
    showToast('已去掉「足金」', () => undefined)
    await nextTick()
    expect(page.get('[role=status]').element).toBe(box)
    expect(box.textContent).toContain('已去掉「足金」')
  })

  it('is taken back by Ctrl+Z or ⌘Z, once, and not while something is being typed', async () => {
    mountToast()
    const undo = vi.fn()
    showToast('已去掉', undo)
    const field = document.body.appendChild(document.createElement('input'))
    press({ ctrlKey: true }, field)
    press({})
    press({ ctrlKey: true, shiftKey: true })
    expect(undo).not.toHaveBeenCalled()
    press({ metaKey: true })
    press({ ctrlKey: true })
    expect(undo).toHaveBeenCalledOnce()
    showToast('没有什么可撤销')
    expect(press({ ctrlKey: true })).toBe(true)
    field.remove()
  })

  it('waits while the keyboard is on it, and gives the focus back', async () => {
    const opener = document.body.appendChild(document.createElement('button'))
    const page = mountToast()
    showToast('已去掉', () => undefined)
    await nextTick()
    opener.focus()
    const button = page.get('button')
    button.element.dispatchEvent(new FocusEvent('focusin', { bubbles: true, relatedTarget: opener }))
    vi.advanceTimersByTime(UNDO_MS * 3)
    expect(toast.value?.text).toBe('已去掉')
    await button.trigger('click')
    expect(toast.value).toBeUndefined()
    expect(document.activeElement).toBe(opener)
    opener.remove()
  })

  it('goes a while after the keyboard has left it', async () => {
    const page = mountToast()
    showToast('已去掉', () => undefined)
    await nextTick()
    const { element } = page.get('button')
    element.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))
    vi.advanceTimersByTime(UNDO_MS * 3)
    element.dispatchEvent(new FocusEvent('focusout', { bubbles: true }))
    vi.advanceTimersByTime(UNDO_MS - 1)
    expect(toast.value).toBeDefined()
    vi.advanceTimersByTime(1)
    expect(toast.value).toBeUndefined()
  })
})
