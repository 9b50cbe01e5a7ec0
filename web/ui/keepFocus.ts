/**
 * Gives the focus a place again once what was done is drawn, where the button that had it was switched off meanwhile or is gone:
 * back to `held` if that still stands there, otherwise to what took its place. Whoever has gone on elsewhere stays there.
 */
export function keepFocus(held: Element | null, otherwise: Element | null | undefined): void {
  const here = document.activeElement
  if (here !== null && here !== document.body) return
  const next = held?.isConnected ? held : otherwise
  if (next instanceof HTMLElement) next.focus({ preventScroll: true })
}
