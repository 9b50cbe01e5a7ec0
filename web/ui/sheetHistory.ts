/** A slow phone takes its time to step back in its history; one that never says so is not waited for any longer. */
const BACK_PATIENCE_MS = 2000

let done: Promise<void> | undefined

/** Takes back the step of a sheet that closes. The browser does so a moment later. */
export function stepBack(): void {
  const stepped = new Promise<void>(resolve => {
    const timer = setTimeout(finish, BACK_PATIENCE_MS)
    function finish() {
      clearTimeout(timer)
      removeEventListener('popstate', finish)
      resolve()
    }
    addEventListener('popstate', finish)
  })
  done = stepped
  void stepped.then(() => {
    if (done === stepped) done = undefined
  })
  history.back()
}

/** Resolves when no step back is under way; at once when there is none. */
export const isBackDone = (): Promise<void> | undefined => done
