import { randomInt } from 'node:crypto'

/** How a try ended: the HTTP status, or no whole answer in time, or no connection. */
export type TryOutcome = number | 'timeout' | 'network'

export interface Answered {
  outcome: TryOutcome
  /** as it came, decoded with nothing taken off; empty without an answer */
  text: string
  ms: number
}

export const newNonce = () => String(randomInt(1_000_000_000, 2_000_000_000))

/** Asks the app and waits no longer than told: then the connection is cut. */
export async function ask(
  url: string,
  query: Record<string, string>,
  options: { body?: string; deadlineMs: number; stop?: AbortSignal },
): Promise<Answered> {
  const started = performance.now()
  const address = new URL(url)
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
  const deadline = AbortSignal.timeout(options.deadlineMs)
  const signal = options.stop ? AbortSignal.any([deadline, options.stop]) : deadline
  const ms = () => Math.round(performance.now() - started)
  try {
    const response = await fetch(address, {
      method: options.body === undefined ? 'GET' : 'POST',
      ...(options.body !== undefined && {
        body: options.body,
        headers: { 'content-type': 'text/xml; charset=utf-8' },
      }),
      redirect: 'manual',
      signal,
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { outcome: response.status, text: bytes.toString('utf8'), ms: ms() }
  } catch {
    // Whatever broke, the app learns nothing and the log says which of the two it was.
    return { outcome: deadline.aborted ? 'timeout' : 'network', text: '', ms: ms() }
  }
}
