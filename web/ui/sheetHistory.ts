/** A slow phone takes its time to step back in its history; one that never says so is not waited for any longer. */
const BACK_PATIENCE_MS = 2000

interface Step {
  done: Promise<void>
  begin: () => void
  finish: () => void
}
/** Steps back that sheets have asked for, the oldest first: only that one is the browser's to do, the others wait. */
const underWay: Step[] = []
/** Open sheets with a step of their own, the topmost last. */
const closers: (() => void)[] = []
let isListening = false
let goBack = () => history.back()

/** @param way steps back by one; of a router that is not to take it for a change of its page */
export function stepBackBy(way: () => void): void {
  goBack = way
}

/** Not so where the guide went back over several steps at once. */
const isOnStep = () => (history.state as { sheet?: boolean } | null)?.sheet === true

/** The guide went back, unless it was a sheet that had closed otherwise. */
function stepped(): void {
  const asked = underWay[0]
  if (asked) asked.finish()
  else closers.pop()?.()
}

/**
 * Adds a step to the history, so that back closes the sheet. A sheet may have just given way to this one: its step back comes first.
 * @param close called when the guide goes back
 * @param isWanted asked when the time has come: the sheet may have closed meanwhile
 */
export async function stepForward(close: () => void, isWanted: () => boolean): Promise<void> {
  while (underWay[0]) await underWay[0].done
  if (!isWanted()) return
  if (!isListening) addEventListener('popstate', stepped)
  isListening = true
  history.pushState({ ...(history.state as object | null), sheet: true }, '')
  closers.push(close)
}

/** Takes back the step of a sheet that closes; nothing when it has none. The browser does so a moment later. */
export function stepBack(close: () => void): void {
  const place = closers.indexOf(close)
  if (place < 0) return
  closers.splice(place, 1)
  let resolve = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  const done = new Promise<void>(resolved => (resolve = resolved))
  const step = { done, begin, finish }
  function begin() {
    if (!isOnStep()) return finish()
    timer = setTimeout(finish, BACK_PATIENCE_MS)
    goBack()
  }
  function finish() {
    clearTimeout(timer)
    underWay.splice(underWay.indexOf(step), 1)
    resolve()
    underWay[0]?.begin()
  }
  underWay.push(step)
  if (underWay[0] === step) begin()
}

/**
 * Closes the sheets and waits until their steps are taken back. Before the page changes: a step back that came after it would
 * lead to the page before again.
 */
export async function closeSheets(): Promise<void> {
  for (;;) {
    for (const close of [...closers].reverse()) {
      stepBack(close)
      close()
    }
    const [step] = underWay
    if (!step) return
    await step.done
  }
}
