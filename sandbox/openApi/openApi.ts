import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { ApiCall, Fault, World } from '../world/types.ts'
import { brokenAnswer } from './brokenAnswer.ts'
import type { NodeBindings } from './brokenAnswer.ts'
import { readInput } from './callInput.ts'
import type { CallInput } from './callInput.ts'
import { contactWayEndpoints } from './contactWays.ts'
import { credentialEndpoints } from './credentials.ts'
import { customerEndpoints } from './customers.ts'
import type { Answer, Call, Endpoint, Endpoints } from './endpoint.ts'
import { groupEndpoints } from './groups.ts'
import { mediaEndpoints } from './media.ts'
import { messageEndpoints } from './messages.ts'
import { checkAddress, networkEndpoints } from './network.ts'
import { organisationEndpoints } from './organisation.ts'
import { createRates } from './rates.ts'
import type { Rates } from './rates.ts'
import { ApiRefusal, refuse, wordsOf } from './refusal.ts'
import { tagEndpoints } from './tags.ts'
import { transferEndpoints } from './transfers.ts'
import { welcomeEndpoints } from './welcome.ts'
import { createWrites } from './writes.ts'

interface Outcome {
  errcode: number
  errmsg: string
  answer: Answer
}

/**
 * WeCom's open API under `/cgi-bin`. Everything is answered with HTTP 200 and an errcode, as WeCom does; calls are
 * recorded in the world, and a fault set there comes before the truth (or, with `afterEffect`, between it and us).
 * @param options.elapsedMs clock of the rate limits, milliseconds
 */
export function openApiRoutes(world: World, options: { elapsedMs?: () => number } = {}): Hono {
  const rates = createRates(world.limits, options.elapsedMs ?? (() => performance.now()), world.now)
  world.onEvent(event => {
    if (event.kind === 'reset' || event.kind === 'limits') rates.forget()
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
    ...networkEndpoints,
    ...transferEndpoints,
    ...contactWayEndpoints,
    ...welcomeEndpoints,
  }

  return new Hono<{ Bindings: NodeBindings }>().all('*', async context => {
    const api = context.req.path.replace(/^\/cgi-bin(?=\/)/, '').slice(1)
    const [at, started] = [world.now(), performance.now()]
    const input = await readInput(context.req, endpoints[api])
    const fault = world.takeFault(api)
    if (fault?.delayMs && !delaysTheAnswer(fault)) await sleep(fault.delayMs)
    const outcome =
      fault && isDecided(fault) ? outcomeOf(fault) : await answer(context, api, endpoints[api], input, fault)
    const ip = addressOf(world, context)
    const lost = fault && troubleOf(fault)
    world.recordCall({
      at,
      api,
      method: context.req.method,
      errcode: outcome.errcode,
      request: input.log,
      ip,
      ms: Math.round(performance.now() - started),
      ...(lost && { fault: lost }),
    })
    if (fault?.afterEffect && fault.delayMs && fault.break !== 'slowBody') await sleep(fault.delayMs)
    const told = fault?.afterEffect && fault.errcode !== undefined ? outcomeOf(fault) : outcome
    const body = { errcode: told.errcode, errmsg: fullWords(world, told, ip), ...told.answer }
    if (fault?.break) return brokenAnswer(context, { ...fault, break: fault.break }, body)
    context.header('date', new Date(world.now() + world.network().clockSkewMs).toUTCString())
    return context.json(body)
  }) as unknown as Hono

  async function answer(
    context: ApiContext,
    api: string,
    endpoint: Endpoint | undefined,
    input: CallInput,
    fault: Fault | undefined,
  ): Promise<Outcome> {
    const ip = addressOf(world, context)
    try {
      // WeCom's answer to a path it does not have is on no page of ours: 40066 is UNVERIFIED.
      if (!endpoint) refuse(40066)
      if (endpoint.method !== context.req.method) refuse(endpoint.method === 'GET' ? 43001 : 43002)
      if (endpoint.needsToken) {
        checkToken(world, context.req.query('access_token'))
        checkAddress(world, ip)
      }
      count(rates, api, endpoint, context, ip)
      if (input.refusal) throw input.refusal
      const result = await endpoint.run({ ...callOf(context, input, ip, fault), world })
      const warning = input.body.isWrong() ? '. Warning: wrong json format. ' : ''
      return { errcode: 0, errmsg: endpoint.isUpload ? '' : `ok${warning}`, answer: result }
    } catch (cause) {
      if (!(cause instanceof ApiRefusal)) throw cause
      if (endpoint?.counts === 'whenRefused' && !rates.allowsCall(api, ip)) {
        return { errcode: 45009, errmsg: wordsOf(45009), answer: {} }
      }
      const warning = input.body.isWrong() || input.isWrong ? '. Warning: wrong json format. ' : ''
      return { errcode: cause.errcode, errmsg: `${cause.message}${warning}`, answer: cause.empty }
    }
  }
}

type ApiContext = Context<{ Bindings: NodeBindings }>

const callOf = (
  context: ApiContext,
  input: CallInput,
  ip: string,
  fault: Fault | undefined,
): Omit<Call, 'world'> => ({
  query: name => context.req.query(name),
  body: input.body,
  form: async () => {
    try {
      return (await input.form) ?? new FormData()
    } catch {
      return refuse(44001) // no multipart body: there is no media in it
    }
  },
  ip,
  origin: new URL(context.req.url).origin,
  itemFault: id => fault?.partial?.[id] ?? fault?.partial?.['*'] ?? 0,
})

/** An IPv4 caller on an IPv6 socket is shown by its IPv4 address, as WeCom's words and lists have it. */
const addressOf = (world: World, context: ApiContext) =>
  world.network().pretendIp ??
  (context.env?.incoming?.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '')

function checkToken(world: World, token: string | undefined) {
  if (!token) refuse(41001)
  const state = world.checkToken(token)
  if (state === 'unknown') refuse(40014)
  if (state === 'expired') refuse(42001)
}

function count(rates: Rates, api: string, endpoint: Endpoint, context: ApiContext, ip: string) {
  if (context.req.query('debug') === '1' && !rates.allowsDebug(api)) refuse(45009)
  if (endpoint.counts === 'minute' && !rates.allowsCall(api, ip)) refuse(45009)
  if (endpoint.counts === 'ticket' && !rates.allowsTicket(api)) refuse(45009)
}

/** Such a fault waits between effect and answer, or in the middle of the answer. */
const delaysTheAnswer = (fault: Fault) => fault.afterEffect === true || fault.break === 'slowBody'

/** A fault that only delays, fails single items or spoils the answer leaves the truth to happen. */
const isDecided = (fault: Fault) =>
  !fault.afterEffect &&
  (fault.errcode !== undefined || (fault.break !== undefined && fault.break !== 'slowBody'))

const troubleOf = (fault: Fault): ApiCall['fault'] =>
  fault.break ?? (fault.afterEffect && fault.delayMs ? 'late' : undefined)

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
