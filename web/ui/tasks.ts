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

/** Nobody looks at a page that is hidden, and it has no frames. */
const LONGEST_FRAME_MS = 100

/** Resolves when what was just drawn is on the screen. */
export const whenPainted = (): Promise<void> =>
  Promise.race([
    new Promise<void>(resolve => requestAnimationFrame(() => resolve())).then(nextTask),
    new Promise<void>(resolve => setTimeout(resolve, LONGEST_FRAME_MS)),
  ])
