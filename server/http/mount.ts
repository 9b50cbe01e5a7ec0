import { createHash } from 'node:crypto'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { z } from 'zod'
import type { Endpoint } from '../../shared/contract/endpoint.ts'
import type { StaffActor } from '../actor.ts'
import type { Intent } from '../db/once.ts'
import { Invalid, Refusal, Unauthenticated } from '../errors.ts'
import type { Limits } from '../limits/limits.ts'
import { storableText } from '../storableText.ts'
import { describe } from './openApi.ts'
import type { AppEnv } from './env.ts'
import { mayBePacked, respondWithJson, varyByEncoding } from './packedJson.ts'
import { parseStrictJson } from './strictJson.ts'

type OutputOf<S, Absent> = [S] extends [z.ZodType] ? z.output<S> : Absent
type Parts<E> = E extends Endpoint<infer P, infer Q, infer B, infer A> ? { p: P; q: Q; b: B; a: A } : never

export interface UploadedFile {
  /** as the client named it, one of the operation's; what the bytes really are is the service's to find out */
  type: string
  bytes: Uint8Array
}

/** What a handler gets: everything parsed once, at the door. */
export interface Call<E extends Endpoint> {
  params: OutputOf<Parts<E>['p'], undefined>
  query: OutputOf<Parts<E>['q'], undefined>
  body: OutputOf<Parts<E>['b'], undefined>
  /** What was uploaded, on operations that take a file; empty on all others. */
  file: UploadedFile
  /** The `Idempotency-Key` with what was asked, when the caller sent one. */
  intent: Intent | undefined
  /** `If-Match`, on versioned operations. */
  version: number
}
export type Answer<E extends Endpoint> = E['status'] extends 204 ? void : z.input<NonNullable<Parts<E>['a']>>

/** A file as an answer. */
export interface AnsweredFile {
  type: string
  bytes: Uint8Array
  /** with a name it is put aside by the browser, without one it is shown */
  name?: string
  /** never another content under the same address */
  isLasting?: boolean
}

/** A handler for a known member of staff. */
export type Handler<E extends Endpoint> = (actor: StaffActor, call: Call<E>) => Promise<Answer<E>>
/** A handler that looks at the session itself, so that it can do so in its one statement. */
export type SessionHandler<E extends Endpoint> = (
  sessionHash: Buffer | undefined,
  call: Call<E>,
) => Promise<Answer<E>>

export interface Door {
  app: OpenAPIHono<AppEnv>
  /** session → actor, or throws Unauthenticated; one statement */
  authenticate: (sessionHash: Buffer | undefined) => Promise<StaffActor>
  /** hears of everything that a member was refused for want of a role or of scope; never throws */
  noteRefusal: (refused: {
    sessionHash: Buffer | undefined
    code: string
    operation: string
  }) => Promise<void>
  limits: Pick<Limits, 'admit' | 'assertFewMisses' | 'noteMiss'>
}

/** Mounts one operation below `/api`, for people with a session; who has none hears nothing about what was wrong otherwise. */
export function mount<E extends Endpoint>(door: Door, endpoint: E, handler: Handler<E>): void {
  mountWith(door, endpoint, c => door.authenticate(c.get('sessionHash')), admitted(door, endpoint, handler))
}

/** As `mount`, for operations that answer a file. */
export function mountFile<E extends Endpoint>(
  door: Door,
  endpoint: E,
  handler: (actor: StaffActor, call: Call<E>) => Promise<AnsweredFile>,
): void {
  mountWith(door, endpoint, c => door.authenticate(c.get('sessionHash')), admitted(door, endpoint, handler))
}

/** Counts what may be done so often only: after it is known who asks and what, before anything is done. */
function admitted<C, R>(
  { limits }: Door,
  { limited }: Endpoint,
  handler: (actor: StaffActor, call: C) => Promise<R>,
): (actor: StaffActor, call: C) => Promise<R> {
  if (limited === undefined) return handler
  return async (actor, call) => {
    await limits.admit(limited, String(actor.staffId))
    return handler(actor, call)
  }
}

/** As `mountFile`, for files that are for one session only. */
export function mountFileForSession<E extends Endpoint>(
  door: Door,
  endpoint: E,
  handler: (sessionHash: Buffer | undefined, call: Call<E>) => Promise<AnsweredFile>,
): void {
  const known = async (c: Context<AppEnv>) => {
    await door.authenticate(c.get('sessionHash'))
    return c.get('sessionHash')
  }
  mountWith(door, endpoint, known, handler)
}

/** As `mount`, for operations that resolve the session within their own statement. */
export function mountForSession<E extends Endpoint>(
  door: Door,
  endpoint: E,
  handler: SessionHandler<E>,
): void {
  const present = (c: Context<AppEnv>) => {
    const sessionHash = c.get('sessionHash')
    if (!sessionHash) throw new Unauthenticated()
    return sessionHash
  }
  const known = async (c: Context<AppEnv>) => void (await door.authenticate(c.get('sessionHash')))
  mountWith(door, endpoint, present, handler, known)
}

/** What is asked for without a right to it: a role that is missing, or an object out of scope, which is answered as absent. */
const DENIALS: ReadonlySet<string> = new Set(['forbidden', 'not_found'])

/** Operations that tell by their answer whether a customer is there: whoever tries ids at them is slowed down (P2). */
function namesCustomer({ params, query, body }: Endpoint): boolean {
  const fields = [params, query, body].flatMap(schema =>
    schema && 'shape' in schema ? Object.keys(schema.shape as object) : [],
  )
  return fields.some(field => ['externalUserId', 'externalUserIds', 'customer'].includes(field))
}

function mountWith<E extends Endpoint, Caller>(
  door: Door,
  endpoint: E,
  identify: (c: Context<AppEnv>) => Caller | Promise<Caller>,
  handler: (caller: Caller, call: Call<E>) => Promise<Answer<E> | AnsweredFile>,
  /** throws for strangers; asked before the caller hears what is wrong with her request */
  beforeRefusal: (c: Context<AppEnv>) => Promise<void> = async () => {},
): void {
  describe(door.app, endpoint)
  const path = `/api${endpoint.path.replace(/\{(\w+)\}/g, ':$1')}`
  const isByCustomer = namesCustomer(endpoint)
  door.app.on(endpoint.method.toUpperCase(), path, async c => {
    const caller = await identify(c)
    const who = c.get('sessionHash')?.toString('base64url') ?? ''
    if (isByCustomer) door.limits.assertFewMisses('unknownId', who)
    const noteRefusal = async (error: unknown): Promise<never> => {
      if (error instanceof Refusal && DENIALS.has(error.code))
        await door.noteRefusal({
          sessionHash: c.get('sessionHash'),
          code: error.code,
          operation: endpoint.id,
        })
      if (isByCustomer && error instanceof Refusal && error.code === 'not_found')
        await door.limits.noteMiss('unknownId', who)
      throw error
    }
    const call = (await readCall(c, endpoint)
      .catch(async (error: unknown) => {
        await beforeRefusal(c)
        throw error
      })
      .catch(noteRefusal)) as Call<E>
    c.header('Cache-Control', 'no-store')
    // Also on a remembered refusal, which leaves as an exception.
    const markReplay = () => {
      if (call.intent?.isReplay) c.header('Idempotency-Replayed', 'true')
    }
    const answer = await handler(caller, call).finally(markReplay).catch(noteRefusal)
    if (endpoint.download) return respondWithFile(c, answer as AnsweredFile)
    if (endpoint.status === 204) return c.body(null, 204)
    const text = JSON.stringify(answer)
    return endpoint.etag ? respondWithTag(c, text) : respondWithJson(c, text, endpoint.status)
  })
}

async function readCall(c: Context<AppEnv>, endpoint: Endpoint): Promise<Call<Endpoint>> {
  const params = parse(endpoint.params, c.req.param(), 'path') as Call<Endpoint>['params']
  assertKnownOnce(c.req.queries(), endpoint.query)
  const query = parse(endpoint.query, storableValues(c.req.query()), 'query') as Call<Endpoint>['query']
  const file = endpoint.upload ? await readFile(c, endpoint.upload) : noFile
  const isJson = !endpoint.upload && (endpoint.body || endpoint.idempotency)
  const text = isJson ? await readJsonText(c, endpoint) : ''
  const sent = endpoint.body ? parseStrictJson(text) : undefined
  const body = parse(endpoint.body, sent, 'body')
  // As the client sent it: what a later version of the contract adds by default does not make it another request.
  const asked = endpoint.upload
    ? {
        params: c.req.param(),
        query: c.req.query(),
        file: createHash('sha256').update(file.bytes).digest('hex'),
      }
    : { params: c.req.param(), body: sent }
  return {
    params,
    query,
    body,
    file,
    intent: readIntent(c, endpoint, asked),
    version: endpoint.versioned ? readVersion(c) : 0,
  }
}

function parse(schema: z.ZodType | undefined, input: unknown, where: 'path' | 'query' | 'body'): unknown {
  if (!schema) return undefined
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  // An id that cannot exist is an id that does not exist.
  if (where === 'path') throw new Refusal('not_found')
  throw new Invalid(
    parsed.error.issues.map(issue => ({
      path:
        issue.path.map(String).join('.') + (issue.code === 'unrecognized_keys' ? issue.keys.join(',') : ''),
      code: issue.code,
      message: issue.code === 'unrecognized_keys' ? `不认识的字段 ${issue.keys.join('、')}` : issue.message,
    })),
  )
}

/** @throws Invalid for what the operation does not know, and for what is said twice (P3) */
function assertKnownOnce(given: Record<string, string[]>, schema: z.ZodObject | undefined): void {
  const wrong = Object.entries(given).flatMap(([path, values]) => {
    if (!schema || !Object.hasOwn(schema.shape, path))
      return [{ path, code: 'unrecognized_keys', message: '不认识的查询项' }]
    return values.length > 1 ? [{ path, code: 'repeated', message: '同一项写了两次' }] : []
  })
  if (wrong.length > 0) throw new Invalid(wrong)
}

async function readJsonText(c: Context<AppEnv>, endpoint: Endpoint): Promise<string> {
  const text = await c.req.text()
  if (text === '' && !endpoint.body) return text
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/json\b/i.test(type)) throw new Refusal('unsupported_media_type')
  return text
}

const noFile: UploadedFile = { type: '', bytes: new Uint8Array() }

async function readFile(c: Context<AppEnv>, upload: NonNullable<Endpoint['upload']>): Promise<UploadedFile> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!upload.types.includes(type)) throw new Refusal('unsupported_media_type')
  return { type, bytes: new Uint8Array(await c.req.arrayBuffer()) }
}

const storableValues = (query: Record<string, string>) =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, storableText(value)]))

function readVersion(c: Context<AppEnv>): number {
  const header = c.req.header('if-match')
  if (header === undefined) throw new Refusal('version_required')
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header.trim())?.[1]
  if (version === undefined) throw new Refusal('version_conflict')
  return Number(version)
}

function readIntent(c: Context<AppEnv>, endpoint: Endpoint, asked: unknown): Intent | undefined {
  if (!endpoint.idempotency) return undefined
  const key = c.req.header('idempotency-key')
  if (key === undefined) {
    if (endpoint.idempotency === 'required') throw new Refusal('idempotency_key_required')
    return undefined
  }
  if (!/^[A-Za-z0-9_-]{16,128}$/.test(key)) throw new Refusal('idempotency_key_invalid')
  const fingerprint = createHash('sha256').update(canonical(asked)).digest()
  return { operation: endpoint.id, key, fingerprint, isReplay: false }
}

/** JSON with sorted keys, so that the same request in another order is the same request. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function respondWithFile(c: Context<AppEnv>, { type, bytes, name, isLasting }: AnsweredFile): Response {
  c.header('Content-Type', type)
  if (name !== undefined)
    c.header('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
  c.header('Cache-Control', isLasting ? 'private, max-age=86400, immutable' : 'no-store')
  return c.body(new Uint8Array(bytes), 200)
}

function respondWithTag(c: Context<AppEnv>, text: string): Response | Promise<Response> {
  const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  c.header('ETag', tag)
  c.header('Cache-Control', 'private, no-cache')
  if (c.req.header('if-none-match') !== tag) return respondWithJson(c, text, 200)
  if (mayBePacked(text)) varyByEncoding(c)
  return c.body(null, 304)
}
