import { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import { vi } from 'vitest'
import type { ProblemCode } from '../../shared/contract/problem.ts'
import type { Script } from '../../shared/contract/scripts.ts'
import { problems } from '../../shared/contract/problem.ts'
import { catalogueAnswer } from './catalogue.ts'

export interface FakeRequest {
  method: string
  path: string
  query: unknown
  body: unknown
  idempotencyKey: string | undefined
  version: string | undefined
  ifNoneMatch: string | undefined
}
export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}
type Handler = (request: FakeRequest) => Answer | Promise<Answer>

/** A test gives the scripts whole and in their order; the server answers them in pieces. */
function asAnswered({ method, path }: FakeRequest, answer: Answer): Answer {
  const given = answer.body as { scripts?: unknown; recentIds?: string[] } | undefined
  return method === 'get' && path === '/scripts' && Array.isArray(given?.scripts)
    ? { ...answer, body: catalogueAnswer(given.scripts as Script[], given.recentIds) }
    : answer
}

/** A server of the web tests: answers by method and path; `requests` are kept in order. */
export function createFakeApi() {
  const requests: FakeRequest[] = []
  const handlers: { method: string; pattern: RegExp; handle: Handler }[] = []

  async function answer(request: FakeRequest): Promise<Answer> {
    requests.push(request)
    // The latest handler speaks first, so that a test can override.
    const found = [...handlers]
      .reverse()
      .find(one => one.method === request.method && one.pattern.test(request.path))
    return found ? asAnswered(request, await found.handle(request)) : problem('not_found')
  }

  return {
    requests,
    on(method: string, pattern: RegExp, handle: Handler) {
      handlers.push({ method, pattern, handle })
    },
    sentTo: (method: string, pattern: RegExp) =>
      requests.filter(request => request.method === method && pattern.test(request.path)),
    /** Answers both ways in which the web asks: `fetch` of the first screen and axios. */
    async install() {
      vi.stubGlobal('fetch', async (input: string) => {
        const url = new URL(input, 'http://guidebar.test')
        const { status, body, headers } = await answer({
          method: 'get',
          path: url.pathname.replace(/^\/api/, ''),
          query: Object.fromEntries(url.searchParams),
          body: undefined,
          idempotencyKey: undefined,
          version: undefined,
          ifNoneMatch: undefined,
        })
        return new Response(JSON.stringify(body ?? null), { status, headers })
      })
      const { http } = await import('../../web/api/client.ts')
      http.defaults.adapter = async (config: InternalAxiosRequestConfig) => {
        const header = (name: string) => {
          const value: unknown = config.headers.get(name)
          return typeof value === 'string' ? value : undefined
        }
        const { status, body, headers } = await answer({
          method: config.method ?? 'get',
          path: config.url ?? '',
          query: config.params as unknown,
          body: typeof config.data === 'string' ? (JSON.parse(config.data) as unknown) : undefined,
          idempotencyKey: header('idempotency-key'),
          version: header('if-match'),
          ifNoneMatch: header('if-none-match'),
        })
        if (status === 0) throw new AxiosError('Network Error', 'ERR_NETWORK')
        return { status, data: body, statusText: '', headers: headers ?? {}, config }
      }
    },
  }
}
export type FakeApi = ReturnType<typeof createFakeApi>

/** An answer that refuses. */
export const problem = (code: ProblemCode): Answer => ({
  status: problems[code].status,
  body: {
    type: `urn:guidebar:problem:${code}`,
    title: problems[code].title,
    status: problems[code].status,
    code,
    requestId: 'req-1',
  },
})
export const ok = (body: unknown, status = 200): Answer => ({ status, body })
/** No answer at all. */
export const noNetwork = (): Answer => ({ status: 0 })

/** A promise that the test settles. */
export function later<T>() {
  let settle: (value: T) => void = () => undefined
  const promise = new Promise<T>(resolve => (settle = resolve))
  return { promise, settle }
}
