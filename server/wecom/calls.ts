import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { z } from 'zod'
import { wecomApis, type WecomApi } from './apis.ts'
import type { Brakes } from './brakes.ts'
import { readUntrustedIp, WecomError } from './errors.ts'
import type { Transport } from './transport.ts'
import type { WecomCall, WecomCount } from './types.ts'

/** Tries of one call in a row, the first included; what still fails then is the queue's. */
const QUICK_TRIES = 3
const QUICK_WAIT_MS = 200
/** A person may be waiting: what has taken this long is not begun again. */
const QUICK_WITHIN_MS = 5_000
/** WeCom does not understand what we sent: a mistake of ours. */
const BAD_CALL = [40033, 40035, 40058, 40063]

export interface CallOptions {
  query?: Record<string, string>
  body?: object
}

/** Calls as they are made, whoever makes them: brakes, quick tries, counting, reading of answers. */
export function createCalls(deps: {
  transport: Transport
  brakes: Brakes
  log: Pick<Logger, 'warn' | 'error'>
  /** hears of every exchange how it ended */
  onCall?: (call: WecomCall) => void
}) {
  const { transport, brakes, log, onCall } = deps
  const counts = new Map<string, WecomCount>()

  function count(api: WecomApi, errcode: number | null): void {
    const key = `${api} ${errcode}`
    const counted = counts.get(key)
    if (counted) counted.count++
    else counts.set(key, { api, errcode, count: 1 })
  }

  /** One exchange, counted. */
  async function exchange<T>(api: WecomApi, schema: z.ZodType<T>, options: CallOptions): Promise<T> {
    const startedAt = performance.now()
    const ended = (outcome: WecomCall['outcome']) =>
      onCall?.({ api, outcome, seconds: (performance.now() - startedAt) / 1000 })
    try {
      const answer = readAnswer(api, schema, await transport.exchange(api, options.query ?? {}, options.body))
      count(api, 0)
      ended(0)
      return answer
    } catch (error) {
      if (error instanceof WecomError) {
        count(api, error.errcode)
        ended(error.errcode ?? error.trouble ?? 'unreadable')
      }
      throw error
    }
  }

  function tell({ api, errcode, ip, retry }: WecomError, { body }: CallOptions): void {
    if (retry === 'stop' || retry === 'breaker') log.error({ api, errcode, ip }, 'WeCom refuses our calls')
    if (errcode !== null && BAD_CALL.includes(errcode))
      // Names only: values may be people.
      log.error({ api, errcode, fields: Object.keys(body ?? {}) }, 'WeCom does not understand our call')
  }

  return {
    /**
     * One call, parsed; quick failures are tried again where that does no harm.
     * @throws WecomError
     */
    async ask<T>(api: WecomApi, schema: z.ZodType<T>, options: CallOptions): Promise<T> {
      const startedAt = performance.now()
      let pass = await brakes.enter(api)
      for (let attempt = 1; ; attempt++) {
        try {
          const answer = await exchange(api, schema, options)
          await brakes.passed(pass)
          return answer
        } catch (error) {
          if (!(error instanceof WecomError)) throw error
          tell(error, options)
          await brakes.note(error)
          if (error.retry === 'refreshToken' || error.retry === 'final') await brakes.passed(pass)
          const isLate = performance.now() - startedAt >= QUICK_WITHIN_MS
          if (error.retry !== 'quick' || attempt >= QUICK_TRIES || isLate || !mayRepeat(api, error))
            throw error
          await wait(QUICK_WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random()))
          // The one that asks goes on asking; others look whether the way has been closed meanwhile.
          if (pass.probes.length === 0) pass = await brakes.enter(api)
        }
      }
    },
    stats: (): WecomCount[] => [...counts.values()].map(counted => ({ ...counted })),
  }
}

/** What fails quickly may be tried again at once, unless the first try may have done it already. */
const mayRepeat = (api: WecomApi, error: WecomError): boolean =>
  wecomApis[api] === 'always' || (wecomApis[api] === 'answered' && !error.mayHaveActed)

/** errcode first: failing answers need not have the shape of successful ones. */
function readAnswer<T>(api: WecomApi, schema: z.ZodType<T>, answer: unknown): T {
  if (typeof answer !== 'object' || answer === null) throw new WecomError(api, { trouble: 'unreadable' })
  const errcode = 'errcode' in answer ? answer.errcode : 0
  if (typeof errcode !== 'number') throw new WecomError(api, { trouble: 'unreadable', reason: 'errcode' })
  if (errcode !== 0) {
    const errmsg = 'errmsg' in answer ? answer.errmsg : undefined
    throw new WecomError(api, { errcode, ip: readUntrustedIp(errcode, errmsg) })
  }
  const parsed = schema.safeParse(answer)
  // Names of the fields only: values may be secrets or people.
  if (!parsed.success) {
    const fields = parsed.error.issues.map(issue => issue.path.join('.')).join(', ')
    throw new WecomError(api, { trouble: 'unreadable', reason: `unexpected ${fields}` })
  }
  return parsed.data
}
