/** Resolves in a task of its own: what was tapped or came meanwhile goes first. */
export const nextTask = (): Promise<void> =>
  new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })

const UNSEEN_MS = 50

/** Resolves when what has been drawn by now is on the screen; in a page that nobody sees, a moment later. */
export const nextPaint = (): Promise<void> =>
  Promise.race([
    new Promise<void>(resolve => requestAnimationFrame(() => resolve())).then(nextTask),
    new Promise<void>(resolve => setTimeout(resolve, UNSEEN_MS)),
  ])
