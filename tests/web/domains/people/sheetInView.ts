import { flushPromises } from '@vue/test-utils'
import { vi } from 'vitest'
import { toast } from '../../../../web/ui/undoToast.ts'

/** Sheets hang on the document, outside of the component that opens them. */
const openSheet = () =>
  [...document.querySelectorAll<HTMLElement>('[role=dialog]')].findLast(
    dialog => dialog.closest<HTMLElement>('.van-popup')?.style.display !== 'none',
  )

/** The sheet that stands open. */
export const sheet = (): HTMLElement => {
  const last = openSheet()
  if (!last) throw new Error('no sheet is open')
  return last
}

/** Waits for the sheet that is to open, which comes with its code when it is first asked for, to hold something. */
export async function sheetWith(selector: string): Promise<void> {
  await vi.waitUntil(() => openSheet()?.querySelector(selector), { timeout: 15_000 })
  await flushPromises()
}

/** The button that says exactly this, or is called so. */
export function button(words: string): HTMLButtonElement {
  const found = [...sheet().querySelectorAll('button')].find(
    one => one.textContent.trim() === words || one.getAttribute('aria-label') === words,
  )
  if (!found) throw new Error(`no button ${words} in ${sheet().textContent}`)
  return found
}

export async function tap(words: string): Promise<void> {
  button(words).click()
  await flushPromises()
}

export async function type(words: string, selector: string): Promise<void> {
  const field = sheet().querySelector<HTMLInputElement | HTMLTextAreaElement>(selector)
  if (!field) throw new Error(`no ${selector} in ${sheet().innerHTML}`)
  field.value = words
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}

/** Takes back what the toast offers to take back. */
export async function undo(): Promise<void> {
  if (!toast.value?.undo) throw new Error(`nothing to take back: ${toast.value?.text}`)
  toast.value.undo()
  await flushPromises()
}
