const FOCUSABLE =
  'button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), a[href], summary, [tabindex="0"]'

/**
 * Keeps the focus inside an element: on its first field or itself now, round and round by Tab, and back in when a button that
 * had it went away. The function it returns ends it and gives the focus back to where it came from.
 */
export function trapFocus(container: HTMLElement): () => void {
  const before = document.activeElement
  const inside = () =>
    [...container.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(element => element.offsetParent !== null)

  function turn(event: KeyboardEvent) {
    if (event.key !== 'Tab') return
    const here = document.activeElement
    const isLost = here === null || here === document.body
    // Of two, the upper one has it.
    if (!isLost && !container.contains(here)) return
    const stops = inside()
    const first = stops[0]
    const last = stops[stops.length - 1]
    if (!first || !last) return
    if (event.shiftKey && (isLost || here === first || here === container)) {
      event.preventDefault()
      last.focus()
    } else if (!event.shiftKey && (isLost || here === last)) {
      event.preventDefault()
      first.focus()
    }
  }
  document.addEventListener('keydown', turn)
  container.focus({ preventScroll: true })
  return () => {
    document.removeEventListener('keydown', turn)
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  }
}
