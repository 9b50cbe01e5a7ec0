import type { Answer, SignedIn } from '../../tests/support/signIn.ts'

/** P22: nobody waits longer for an answer. */
export const ANSWER_WITHIN_MS = 5_000
/** What the way there takes on a machine that is busy with everything at once. */
const ON_THE_WAY_MS = 1_000
const PATIENCE_MS = 60_000
const AGAIN_AFTER_MS = 100

export type Ending = Answer | 'nobody' | 'silence'

/** One request; nobody there and no answer in time are endings too. */
export async function tryOnce(
  who: SignedIn,
  method: string,
  path: string,
  body?: object,
  { key, headers }: { key?: string; headers?: Record<string, string> } = {},
): Promise<Ending> {
  try {
    const deadlineMs = ANSWER_WITHIN_MS + ON_THE_WAY_MS
    return await who.ask(method, path, body, { deadlineMs, ...(key && { key }), ...(headers && { headers }) })
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'silence' : 'nobody'
  }
}

export const codeOf = ({ body }: Answer): string =>
  typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : ''

export const inWords = (ending: Ending) =>
  typeof ending === 'string' ? ending : `${ending.status} ${codeOf(ending)}`

/** What a client may meet while a server or the database is away, and tries again: also the proxy's own 502. */
export const isForNow = (ending: Ending): boolean =>
  ending === 'nobody' ||
  (typeof ending === 'object' &&
    (ending.status === 502 || (ending.status === 503 && ending.headers.has('Retry-After'))))

export const isInFlight = (ending: Ending): boolean =>
  typeof ending === 'object' && codeOf(ending) === 'idempotency_in_flight'

export const wait = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

/**
 * An intention, as the app sends it: again with its key until somebody has said yes or no.
 * @param heard every ending on the way
 * @throws Error when nobody has for a minute
 */
export async function insist(
  who: SignedIn,
  method: string,
  path: string,
  body: object,
  key: string,
  heard: (ending: Ending) => void = () => undefined,
): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const ending = await tryOnce(who, method, path, body, { key })
    heard(ending)
    if (typeof ending === 'object' && !isForNow(ending) && !isInFlight(ending) && ending.status < 500)
      return ending
    if (Date.now() > deadline) throw new Error(`${method} ${path}: ${inWords(ending)}`)
    await wait(AGAIN_AFTER_MS)
  }
}
