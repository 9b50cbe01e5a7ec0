import autocannon from 'autocannon'
import pino from 'pino'
import { openDb } from '../server/db/db.ts'
import { cardStatement } from '../server/domains/customers/card.repository.ts'
import { digest } from '../server/sealing.ts'
import { civilDayOf } from '../shared/rules/civilDay.ts'
import type { Viewer } from './bigProduct.ts'
import type { BenchProduct } from './product.ts'

export const CONNECTIONS = 32
export const LOAD_SECONDS = 6

/** Requests a second; every answer must be a 200. Many requests are dealt out among the connections. */
export async function load(url: string, requests: autocannon.Request[]): Promise<number> {
  const share = Math.max(1, Math.floor(requests.length / CONNECTIONS))
  let lane = 0
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: LOAD_SECONDS,
    setupClient: client => {
      const from = (lane++ * share) % requests.length
      client.setRequests(requests.slice(from, from + share))
    },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `not 2xx ${result.non2xx}, errors ${result.errors}: ${JSON.stringify(result.statusCodeStats)}`,
    )
  return result.requests.average
}

export interface Statement {
  text: string
  /** the parameters for one customer, looked at by the owner of a session */
  valuesFor(externalUserId: string, cookie?: string): unknown[]
}

/** The product's own card statement, compiled as the server compiles it. */
export async function statementOfCard(product: BenchProduct, externalUserId: string): Promise<Statement> {
  const compiler = openDb(product.databaseUrl, { log: pino({ level: 'silent' }), poolSize: 1 })
  const timeZone = 'Asia/Shanghai'
  const compile = (id: string, cookie: string) => {
    const now = new Date()
    const today = civilDayOf(now.getTime(), timeZone)
    const sessionHash = digest(decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)))
    return cardStatement({ sessionHash, externalUserId: id, now, today, timeZone }).compile(compiler)
  }
  const { sql, parameters } = compile(externalUserId, product.cookie)
  const probe = await product.query<{ followId: unknown }>(sql, [...parameters])
  if (probe.length !== 1 || probe[0]?.followId === null) throw new Error('the card statement found nothing')
  return { text: sql, valuesFor: (id, cookie = product.cookie) => [...compile(id, cookie).parameters] }
}

/** One opening of a card: of which customer, by whom. */
export interface Opening {
  externalUserId: string
  cookie: string
}

/** Everything the viewers may open, their turns taken one after the other. */
export function openingsOf(viewers: Viewer[]): Opening[] {
  const most = Math.max(...viewers.map(({ customers }) => customers.length))
  return Array.from({ length: most }, (_, nth) =>
    viewers.flatMap(({ cookie, customers }) => {
      const customer = customers[nth]
      return customer ? [{ externalUserId: customer.externalUserId, cookie }] : []
    }),
  ).flat()
}
export const cardRequest = ({ externalUserId, cookie }: Opening) => ({
  method: 'GET' as const,
  path: `/api/customers/${externalUserId}/card`,
  headers: { cookie },
})
