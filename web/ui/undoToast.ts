import { readonly, shallowRef } from 'vue'

/** How long a change can be taken back. */
export const UNDO_MS = 5_000

interface Toast {
  id: number
  text: string
  undo?: () => void
  /** A sheet has opened over it. */
  isBelow?: boolean
}

const current = shallowRef<Toast>()
let timer: ReturnType<typeof setTimeout>
let count = 0

/** Shows what was done for 5 s, with `撤销` when it can be undone. A newer one takes its place. */
export function showToast(text: string, undo?: () => void): void {
  clearTimeout(timer)
  current.value = { id: ++count, text, undo }
  timer = setTimeout(hideToast, UNDO_MS)
}

export function hideToast(): void {
  clearTimeout(timer)
  current.value = undefined
}

/** Whoever has come to it with the keyboard may take her time. */
export const holdToast = () => clearTimeout(timer)
export function letToastGo(): void {
  holdToast()
  timer = setTimeout(hideToast, UNDO_MS)
}

/** What comes up over the page must not be covered by what was said before; what can be undone still can be once that is gone. */
export function lowerToast(): void {
  if (current.value) current.value = { ...current.value, isBelow: true }
}

export const toast = readonly(current)
