import type { World } from '../world/types.ts'
import type { WireBody } from './wireBody.ts'

export interface Call {
  world: World
  query(name: string): string | undefined
  /** empty for GET and for uploads */
  body: WireBody
  /** the uploaded part named `media`, when the request is multipart */
  form(): Promise<FormData>
  /** address the request came from */
  ip: string
  /** origin of the sandbox as this caller sees it, for urls in answers */
  origin: string
  /** errcode a fault has set for this one item of the call (a member, customer or chat); 0 = none */
  itemFault(id: string): number
}

/** What an endpoint answers beside errcode and errmsg. */
export type Answer = Record<string, unknown>

export interface Endpoint {
  method: 'GET' | 'POST'
  /** every endpoint but gettoken */
  needsToken: boolean
  /** how its calls count: as all do; tickets by the hour; not at all; only when refused [FREQ] */
  counts: 'minute' | 'ticket' | 'never' | 'whenRefused'
  isUpload: boolean
  run(call: Call): Answer | Promise<Answer>
}

export type Endpoints = Record<string, Endpoint>

const usual = { needsToken: true, counts: 'minute', isUpload: false } as const

export const get = (run: Endpoint['run'], more: Partial<Endpoint> = {}): Endpoint => ({
  ...usual,
  method: 'GET',
  run,
  ...more,
})

export const post = (run: Endpoint['run'], more: Partial<Endpoint> = {}): Endpoint => ({
  ...usual,
  method: 'POST',
  run,
  ...more,
})
