import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'

const KILL_AFTER_MS = 16_000

/** Processes that live and die together: when one ends by itself, or this one is told to end, all do. */
export function createChildren() {
  const running = new Map<string, ChildProcess>()
  let ending: Promise<void> | undefined

  const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

  async function end(child: ChildProcess): Promise<void> {
    if (!isAlive(child)) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
    await ended
    clearTimeout(timer)
  }

  /** The last started first. */
  function endAll(): Promise<void> {
    ending ??= (async () => {
      for (const child of [...running.values()].reverse()) await end(child)
    })()
    return ending
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void endAll().then(() => process.exit(0)))
  }

  return {
    endAll,
    isEnding: () => ending !== undefined,
    start(name: string, args: string[], env: Record<string, string>): void {
      const child = spawn(process.execPath, args, {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      running.set(name, child)
      child.once('exit', code => {
        // Replaced by another one of its name, or on the way down anyway.
        if (running.get(name) !== child || ending) return
        console.error(`${name} 停下了${code === null ? '' : `（${code}）`}`)
        void endAll().then(() => process.exit(1))
      })
    },
    /** Ends one and forgets it, so that another can take its name. */
    async stop(name: string): Promise<void> {
      const child = running.get(name)
      running.delete(name)
      if (child) await end(child)
    },
  }
}

/** Looks every 100 ms until an address answers 2xx. @throws Error after the given time */
export async function untilAnswers(url: string, what: string, timeoutMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await wait(100)) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
  }
  throw new Error(`${what}没有起来（等了 ${timeoutMs / 1000} 秒）`)
}
