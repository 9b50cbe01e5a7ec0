import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Fault, World } from '../world/types.ts'
import { credentialEndpoints } from './credentials.ts'
import { customerEndpoints } from './customers.ts'
import type { Answer, Call, Endpoint, Endpoints } from './endpoint.ts'
import { groupEndpoints } from './groups.ts'
import { mediaEndpoints } from './media.ts'
import { messageEndpoints } from './messages.ts'
import { organisationEndpoints } from './organisation.ts'
import { createRates } from './rates.ts'
import type { Rates } from './rates.ts'
import { ApiRefusal, refuse, wordsOf } from './refusal.ts'
import { tagEndpoints } from './tags.ts'
import { createWireBody, parseWireBody, WrongJson } from './wireBody.ts'
import type { WireBody } from './wireBody.ts'
import { createWrites } from './writes.ts'

/** What node-server puts beside a request; absent when a test calls the routes directly. */
interface NodeBindings {
  incoming?: { socket: { remoteAddress?: string; destroy(): void } }
}

interface Outcome {
  errcode: number
  errmsg: string
  answer: Answer
}

/**
 * WeCom's open API under `/cgi-bin`. Everything is answered with HTTP 200 and an errcode, as WeCom does; calls are
 * recorded in the world, and a fault set there comes before the truth.
 * @param options.elapsedMs clock of the rate limits, milliseconds
 */
export function openApiRoutes(world: World, options: { elapsedMs?: () => number } = {}): Hono {
  const rates = createRates(world.limits, options.elapsedMs ?? (() => performance.now()))
  world.onEvent(event => {
    if (event.kind === 'reset') rates.forget()
  })
  const write = createWrites(world)
  const endpoints: Endpoints = {
    ...credentialEndpoints(rates),
    ...organisationEndpoints,
    ...customerEndpoints(write),
    ...tagEndpoints(write),
    ...groupEndpoints,
    ...mediaEndpoints,
    ...messageEndpoints(rates, world),
  }

  return new Hono<{ Bindings: NodeBindings }>().all('*', async context => {
    const api = context.req.path.replace(/^\/cgi-bin(?=\/)/, '').slice(1)
    const started = world.now()
    const input = await readInput(context, endpoints[api])
    const fault = world.takeFault(api)
    if (fault?.delayMs) await sleep(fault.delayMs)
    const outcome =
      fault && isDecided(fault) ? outcomeOf(fault) : await answer(context, api, endpoints[api], input)
    world.recordCall({
      at: started,
      api,
      method: context.req.method,
      errcode: outcome.errcode,
      request: input.log,
    })
    if (fault?.break) return broken(context, fault.break)
    const ip = addressOf(context)
    return context.json({
      errcode: outcome.errcode,
      errmsg: fullWords(world, outcome, ip),
      ...outcome.answer,
    })
  }) as unknown as Hono

  async function answer(
    context: ApiContext,
    api: string,
    endpoint: Endpoint | undefined,
    input: Input,
  ): Promise<Outcome> {
    try {
      // WeCom's answer to a path it does not have is on no page of ours: 40066 is UNVERIFIED.
      if (!endpoint) refuse(40066)
      if (endpoint.method !== context.req.method) refuse(endpoint.method === 'GET' ? 43001 : 43002)
      if (endpoint.needsToken) checkToken(world, context.req.query('access_token'))
      count(rates, api, endpoint, context)
      if (input.refusal) throw input.refusal
      const result = await endpoint.run({ ...callOf(context, input), world })
      const warning = input.body.isWrong() ? '. Warning: wrong json format. ' : ''
      return { errcode: 0, errmsg: endpoint.isUpload ? '' : `ok${warning}`, answer: result }
    } catch (cause) {
      if (!(cause instanceof ApiRefusal)) throw cause
      if (endpoint?.counts === 'whenRefused' && !rates.allowsCall(api)) {
        return { errcode: 45009, errmsg: wordsOf(45009), answer: {} }
      }
      const warning = input.body.isWrong() || input.isWrong ? '. Warning: wrong json format. ' : ''
      return { errcode: cause.errcode, errmsg: `${cause.message}${warning}`, answer: cause.empty }
    }
  }
}

type ApiContext = Context<{ Bindings: NodeBindings }>

/** The request, read once. */
interface Input {
  body: WireBody
  /** set when the body cannot be used at all */
  refusal?: ApiRefusal
  isWrong: boolean
  form: Promise<FormData> | undefined
  /** for the call log: query and body without tokens and secrets */
  log: unknown
}

const secretNames = ['access_token', 'corpsecret', 'code']

async function readInput(context: ApiContext, endpoint: Endpoint | undefined): Promise<Input> {
  const query = Object.fromEntries(
    Object.entries(context.req.query()).filter(([name]) => !secretNames.includes(name)),
  )
  const nothing = { body: createWireBody({}), isWrong: false, form: undefined }
  if (context.req.method !== 'POST') return { ...nothing, log: query }
  if (endpoint?.isUpload) {
    const form = context.req.raw.formData()
    form.catch(() => undefined) // an upload that is no form is refused when the endpoint looks at it
    return { ...nothing, form, log: query }
  }
  const text = await context.req.text()
  try {
    const body = parseWireBody(text)
    return { ...nothing, body, log: { ...query, ...body.raw() } }
  } catch (cause) {
    if (cause instanceof ApiRefusal) return { ...nothing, refusal: cause, log: query }
    if (!(cause instanceof WrongJson)) throw cause
    return { ...nothing, refusal: new ApiRefusal(40058, wordsOf(40058)), isWrong: true, log: query }
  }
}

const callOf = (context: ApiContext, input: Input): Omit<Call, 'world'> => ({
  query: name => context.req.query(name),
  body: input.body,
  form: async () => {
    try {
      return (await input.form) ?? new FormData()
    } catch {
      return refuse(44001) // no multipart body: there is no media in it
    }
  },
  ip: addressOf(context),
  origin: new URL(context.req.url).origin,
})

const addressOf = (context: ApiContext) => context.env?.incoming?.socket.remoteAddress ?? '127.0.0.1'

function checkToken(world: World, token: string | undefined) {
  if (!token) refuse(41001)
  const state = world.checkToken(token)
  if (state === 'unknown') refuse(40014)
  if (state === 'expired') refuse(42001)
}

function count(rates: Rates, api: string, endpoint: Endpoint, context: ApiContext) {
  if (context.req.query('debug') === '1' && !rates.allowsDebug(api)) refuse(45009)
  if (endpoint.counts === 'minute' && !rates.allowsCall(api)) refuse(45009)
  if (endpoint.counts === 'ticket' && !rates.allowsTicket(api)) refuse(45009)
}

/** A fault that only delays leaves the truth to be told. */
const isDecided = (fault: Fault) => fault.errcode !== undefined || fault.break !== undefined

const outcomeOf = (fault: Fault): Outcome => ({
  errcode: fault.errcode ?? -1,
  errmsg: fault.errmsg ?? (fault.errcode === 0 ? 'ok' : wordsOf(fault.errcode ?? -1)),
  answer: {},
})

/** WeCom's long form of a refusal, whose words carry a hint, the caller's address and a link [SEC 2021]. */
function fullWords(world: World, { errcode, errmsg }: Outcome, ip: string): string {
  if (errcode === 0) return errmsg
  const hint = `${Math.floor(world.now() / 1000)}_${errcode % 97}_${randomBytes(16).toString('hex')}`
  const link = `https://open.work.weixin.qq.com/devtool/query?e=${errcode}`
  return `${errmsg}, hint: [${hint}], from ip: ${ip}, more info at ${link}`
}

/** The network between us and WeCom misbehaves. */
function broken(context: ApiContext, kind: NonNullable<Fault['break']>): Response {
  if (kind === 'http500') return new Response('Internal Server Error', { status: 500 })
  if (kind === 'html') {
    const page = '<!doctype html><title>502 Bad Gateway</title><center><h1>502 Bad Gateway</h1></center>'
    return new Response(page, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  }
  const socket = context.env?.incoming?.socket
  if (socket) {
    socket.destroy()
    return RESPONSE_ALREADY_SENT
  }
  const severed = new ReadableStream({
    start: stream => stream.error(new Error('connection cut by a fault')),
  })
  return new Response(severed, { headers: { 'content-type': 'application/json' } })
}
