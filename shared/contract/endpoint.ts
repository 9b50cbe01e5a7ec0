import type { z } from 'zod'
import type { ProblemCode } from './problem.ts'

/**
 * One HTTP operation, said once: the server mounts it, the OpenAPI document lists it, the web client calls it.
 * `path` is below `/api`, in OpenAPI form (`/customers/{externalUserId}/card`).
 */
export interface Endpoint<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  id: string
  method: 'get' | 'post' | 'patch' | 'put' | 'delete'
  path: string
  summary: string
  params?: Params
  query?: Query
  body?: Body
  /** The body is a file and no JSON: its media types, and how large it may be. It may not have a `body` beside it. */
  upload?: { types: readonly string[]; maxBytes: number }
  /** Absent means 204, no body; unless a file is answered. */
  answer?: Answer
  /** The answer is a file and no JSON: its media types. */
  download?: readonly string[]
  status: 200 | 201 | 202 | 204
  /** `Idempotency-Key`: required where a repeat would cost money or a message, accepted elsewhere. */
  idempotency?: 'required' | 'accepted'
  /** The edit carries the version it saw in `If-Match`. */
  versioned?: boolean
  /** How often one member may is counted, over all servers: signatures 60 an hour, exports 3 a day. */
  limited?: 'jsapi' | 'export'
  /** A weak validator is answered and `If-None-Match` honoured. */
  etag?: boolean
  /** Problems this operation can answer beside the ones every operation has. */
  problems?: readonly ProblemCode[]
}

export const endpoint = <
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(
  definition: Endpoint<Params, Query, Body, Answer>,
): Endpoint<Params, Query, Body, Answer> => definition
