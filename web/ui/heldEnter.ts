/** For `@keydown.capture` around what a press changes: an Enter held down must not press what has come in its place. */
export function dropHeldEnter(event: KeyboardEvent): void {
  if (event.repeat && event.key === 'Enter') event.preventDefault()
}
