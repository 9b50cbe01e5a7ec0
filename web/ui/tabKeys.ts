const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }

/**
 * On the keydown of a `tablist`: the arrows, Home and End go from tab to tab, round and round. Enter and space choose, as on
 * every button: what a tab shows may have to be fetched first.
 */
export function turnTabs(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const list = event.currentTarget as HTMLElement
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')]
  const here = tabs.indexOf(event.target as HTMLElement)
  const step = STEPS[event.key]
  const to =
    event.key === 'Home'
      ? 0
      : event.key === 'End'
        ? tabs.length - 1
        : here >= 0 && step !== undefined
          ? (here + step + tabs.length) % tabs.length
          : -1
  if (to < 0) return
  event.preventDefault()
  tabs[to]?.focus()
}
