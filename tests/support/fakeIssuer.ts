import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { CouponIssuer, IssuerState } from '../../server/domains/coupons/issuer.ts'

const State = z.enum(['issued', 'redeemed', 'revoked', 'unknown'])

/** What the next calls meet: `lost`: it has its effect, and nobody hears of it. */
export type IssuerMood = 'well' | 'lost' | 'refusing'

export interface FakeIssuer {
  issuer: CouponIssuer
  /** as the other system keeps them */
  states: Map<string, IssuerState>
  /** effects it has had, by verb; a repeated verb has none */
  effects: { issue: number; redeem: number; revoke: number }
  behave(mood: IssuerMood): void
  close(): Promise<void>
}

/** Another system that issues coupons, over HTTP, with all it knows in memory. */
export async function startFakeIssuer(): Promise<FakeIssuer> {
  const states = new Map<string, IssuerState>()
  const effects = { issue: 0, redeem: 0, revoke: 0 }
  let mood: IssuerMood = 'well'

  const become = (couponId: string, verb: keyof typeof effects, from: IssuerState, to: IssuerState) => {
    if ((states.get(couponId) ?? 'unknown') !== from) return
    states.set(couponId, to)
    effects[verb] += 1
  }
  const answer = (response: ServerResponse, couponId: string) => {
    if (mood === 'lost') return response.destroy()
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ state: states.get(couponId) ?? 'unknown' }))
  }
  const server = createServer((request, response) => {
    const [, couponId = '', verb = ''] = (request.url ?? '').split('/')
    if (mood === 'refusing') {
      response.statusCode = 503
      return response.end()
    }
    if (verb === 'issue') become(couponId, 'issue', 'unknown', 'issued')
    if (verb === 'redeem') become(couponId, 'redeem', 'issued', 'redeemed')
    if (verb === 'revoke') become(couponId, 'revoke', 'issued', 'revoked')
    return answer(response, couponId)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const ask = async (couponId: string, verb: string): Promise<IssuerState> => {
    const response = await fetch(`${base}/${couponId}/${verb}`, { method: 'POST' })
    if (!response.ok) throw new Error(`the issuer answers ${response.status}`)
    return z.object({ state: State }).parse(await response.json()).state
  }
  return {
    issuer: {
      issue: async ({ couponId }) => void (await ask(couponId, 'issue')),
      redeem: couponId => ask(couponId, 'redeem'),
      revoke: couponId => ask(couponId, 'revoke'),
      find: couponId => ask(couponId, 'find'),
    },
    states,
    effects,
    behave: next => (mood = next),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
