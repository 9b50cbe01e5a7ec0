import { errorOf, Unreachable, UnexpectedAnswer } from './apiError.ts'
import { rested, wantsRest } from './rest.ts'

/** Longest wait for an answer, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 15_000

/**
 * A GET without axios and zod, for what the first screen needs before they are loaded. The answer is ours and of the same
 * release; it is checked by `shape` as far as drawing it requires.
 * @throws ApiError, Unreachable, UnexpectedAnswer
 */
export async function plainGet<T>(path: string, shape: (body: unknown) => body is T): Promise<T> {
  let { response, text } = await ask(path)
  if (wantsRest(response.status, response.headers.get('retry-after'))) ({ response, text } = await ask(path))
  const body = parsed(text)
  if (!response.ok) throw errorOf(response.status, body)
  if (!shape(body)) throw new UnexpectedAnswer(`unexpected answer of ${path}`, response.status)
  return body
}

async function ask(path: string): Promise<{ response: Response; text: string }> {
  await rested()
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), REQUEST_TIMEOUT_MS)
  try {
    const response = await fetch(`/api${path}`, {
      credentials: 'same-origin',
      headers: { accept: 'application/json' },
      signal: patience.signal,
    })
    return { response, text: await response.text() }
  } catch (cause) {
    throw new Unreachable({ cause })
  } finally {
    clearTimeout(timer)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A gateway's HTML page, for one; whoever looks at the body finds that it is none of ours.
    return undefined
  }
}

/** Whether a body is an object that has all of these. */
export const hasFields = (body: unknown, ...names: string[]): boolean =>
  typeof body === 'object' && body !== null && names.every(name => name in body)
