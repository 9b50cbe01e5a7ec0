import type { AxiosRequestConfig, AxiosResponse } from 'axios'
import type { z } from 'zod'
import type { Endpoint } from '../../shared/contract/endpoint.ts'
import { errorOf, Unreachable, UnexpectedAnswer } from './apiError.ts'
import { http } from './http.ts'
import { rested, wantsRest } from './rest.ts'
import './schemas.ts'

export { ApiError, Unreachable, UnexpectedAnswer } from './apiError.ts'
export { http } from './http.ts'
export { newIdempotencyKey } from './idempotencyKey.ts'

// What an endpoint leaves out is inferred as the loosest schema there is; that counts as absent here.
type ParamsOf<E> = E extends { params?: infer P extends z.ZodType }
  ? string extends keyof z.input<P>
    ? unknown
    : { params: z.input<P> }
  : unknown
type QueryOf<E> = E extends { query?: infer Q extends z.ZodType }
  ? string extends keyof z.input<Q>
    ? unknown
    : { query?: z.input<Q> }
  : unknown
type BodyOf<E> = E extends { body?: infer B extends z.ZodType }
  ? unknown extends z.input<B>
    ? unknown
    : { body: z.input<B> }
  : unknown
type AnswerOf<E> = E extends { answer?: infer A extends z.ZodType }
  ? unknown extends z.output<A>
    ? undefined
    : z.output<A>
  : undefined

/** What a call hands in; `params`, `query` and `body` are checked against the endpoint by the compiler. */
export type CallInput<E> = ParamsOf<E> &
  QueryOf<E> &
  BodyOf<E> & {
    /** One per intention, see `newIdempotencyKey`. */
    idempotencyKey?: string
    /** The version the edit saw, for `versioned` endpoints. */
    version?: number
    /** The file, for endpoints that take one. */
    file?: { bytes: Blob; type: string; onProgress?: (share: number) => void }
  }

interface LooseInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  idempotencyKey?: string
  version?: number
  file?: { bytes: Blob; type: string; onProgress?: (share: number) => void }
}

/** @throws Unreachable without an answer */
async function ask<T>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const once = async () => {
    await rested()
    return http.request<T>(config).catch((cause: unknown) => {
      throw new Unreachable({ cause })
    })
  }
  const answer = await once()
  return wantsRest(answer.status, answer.headers['retry-after']) ? once() : answer
}

/** A file goes out slowly, and reading it takes the server a while. */
const UPLOAD_TIMEOUT_MS = 60_000

/** A file as an answer, as it came. @throws as `call` */
export async function callFile<E extends Endpoint>(operation: E, input: CallInput<E>): Promise<Blob> {
  const given: LooseInput = input
  const answer = await ask<Blob>({
    method: operation.method,
    url: pathOf(operation.path, given.params),
    params: given.query,
    headers: { accept: '*/*' },
    responseType: 'blob',
    timeout: UPLOAD_TIMEOUT_MS,
  })
  if (answer.status >= 200 && answer.status <= 299) return answer.data
  throw errorOf(answer.status, parsedProblem(await answer.data.text()))
}

function parsedProblem(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A gateway's page: `errorOf` says what the status alone can say.
    return undefined
  }
}

const pathOf = (template: string, params: Record<string, unknown> = {}) =>
  template.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params[name])))

function headersOf({ idempotencyKey, version, file }: LooseInput): Record<string, string> {
  return {
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    ...(file === undefined ? {} : { 'content-type': file.type }),
  }
}

/**
 * Calls one operation of the contract and parses its answer.
 * @throws ApiError when the server refuses, Unreachable without an answer, UnexpectedAnswer when it breaks the contract.
 */
export async function call<E extends Endpoint>(operation: E, input: CallInput<E>): Promise<AnswerOf<E>> {
  const given: LooseInput = input
  const answer = await ask<unknown>({
    method: operation.method,
    url: pathOf(operation.path, given.params),
    params: given.query,
    data: given.file ? given.file.bytes : given.body,
    headers: headersOf(given),
    ...(given.file && {
      timeout: UPLOAD_TIMEOUT_MS,
      onUploadProgress: ({ progress }) => given.file?.onProgress?.(progress ?? 0),
    }),
  })
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer.status, answer.data)
  if (!operation.answer) return undefined as AnswerOf<E>
  const parsed = operation.answer.safeParse(answer.data)
  if (!parsed.success)
    throw new UnexpectedAnswer(`answer of ${operation.id}`, answer.status, { cause: parsed.error })
  return parsed.data as AnswerOf<E>
}
