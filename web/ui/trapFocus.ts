const FOCUSABLE =
  'button:not(:disabled), input:not(:disabled), textarea:not(:disabled), a[href], [tabindex="0"]'

/**
 * Keeps the focus inside an element: on its first field or itself now, round and round by Tab. The function it returns ends it and
 * gives the focus back to where it came from.
 */
export function trapFocus(container: HTMLElement): () => void {
  const before = document.activeElement
  const inside = () =>
    [...container.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(element => element.offsetParent !== null)

  function turn(event: KeyboardEvent) {
    if (event.key !== 'Tab') return
    const stops = inside()
    const first = stops[0]
    const last = stops[stops.length - 1]
    if (!first || !last) return
    const here = document.activeElement
    if (event.shiftKey && (here === first || here === container)) {
      event.preventDefault()
      last.focus()
    } else if (!event.shiftKey && here === last) {
      event.preventDefault()
      first.focus()
    }
  }
  container.addEventListener('keydown', turn)
  container.focus({ preventScroll: true })
  return () => {
    container.removeEventListener('keydown', turn)
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  }
}
