const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }

/**
 * On the keydown of a `tablist` or a `radiogroup`: the arrows, Home and End go from one to the next, round and round. Enter
 * and space choose, as on every button: what a tab shows may have to be fetched first, what a choice changes is saved at once.
 */
export function goByArrows(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const list = event.currentTarget as HTMLElement
  const stops = [...list.querySelectorAll<HTMLElement>('[role=tab], [role=radio]')]
  const here = stops.indexOf(event.target as HTMLElement)
  const to = placeOf(event.key, here, stops.length)
  if (here < 0 || to === undefined) return
  event.preventDefault()
  stops[to]?.focus()
}

function placeOf(key: string, here: number, count: number): number | undefined {
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const step = STEPS[key]
  return step === undefined ? undefined : (here + step + count) % count
}
