import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, run } from '../tests/support/processes.ts'
import type { Statement } from './cardLoad.ts'

export interface BareProcess {
  url: string
  child: ChildProcess
}

/** Starts the bare server; resolves with the process, which may not answer yet. */
export async function spawnBare(env: Record<string, string>): Promise<BareProcess> {
  const port = await freePort()
  const { child } = run('bench/bareServer.ts', { ...env, PORT: String(port) })
  return { url: `http://127.0.0.1:${port}`, child }
}

/** For the bare server: the card's statement about one customer. */
export const asStatement = (statement: Statement, externalUserId: string): Record<string, string> => ({
  STATEMENT: JSON.stringify({ text: statement.text, values: statement.valuesFor(externalUserId) }),
})

const LOOK_EVERY_MS = 5
const PATIENCE_MS = 120_000

/** Asks until the answer is there, and of the right customer. @throws Error when it does not come, or is about somebody else */
export async function untilAnswer(url: string, externalUserId: string, cookie = ''): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const wrong = await fetch(url, { headers: { cookie } }).then(
      async answer => {
        const text = await answer.text()
        return answer.ok && text.includes(externalUserId)
          ? undefined
          : `${answer.status} ${text.slice(0, 200)}`
      },
      // Nobody listens yet.
      (error: unknown) => String(error instanceof Error ? error.cause : error),
    )
    if (wrong === undefined) return
    if (performance.now() > deadline) throw new Error(`no card of ${externalUserId}: ${wrong}`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Ends it at once: how it would end by itself is not what is measured, and its database is another process. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
