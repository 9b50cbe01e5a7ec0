import autocannon from 'autocannon'
import pino from 'pino'
import { openDb } from '../server/db/db.ts'
import { cardStatement } from '../server/domains/customers/card.repository.ts'
import { digest } from '../server/sealing.ts'
import { civilDayOf } from '../shared/rules/civilDay.ts'
import type { BenchProduct } from './product.ts'

export const CONNECTIONS = 32
export const LOAD_SECONDS = 6

/** Requests a second; every answer must be a 200. */
export async function load(url: string, requests: autocannon.Request[], cookie?: string): Promise<number> {
  const result = await autocannon({
    url,
    requests,
    connections: CONNECTIONS,
    duration: LOAD_SECONDS,
    ...(cookie ? { headers: { cookie } } : {}),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} errors`)
  return result.requests.average
}

export interface Statement {
  text: string
  /** position of the customer's id among the parameters */
  valuesFor(externalUserId: string): unknown[]
}

/** The product's own card statement, compiled as the server compiles it. */
export async function statementOfCard(product: BenchProduct, externalUserId: string): Promise<Statement> {
  const compiler = openDb(product.databaseUrl, { log: pino({ level: 'silent' }), poolSize: 1 })
  const sessionHash = digest(decodeURIComponent(product.cookie.slice(product.cookie.indexOf('=') + 1)))
  const compile = (id: string) => {
    const now = new Date()
    const timeZone = 'Asia/Shanghai'
    const today = civilDayOf(now.getTime(), timeZone)
    return cardStatement({ sessionHash, externalUserId: id, now, today, timeZone }).compile(compiler)
  }
  const probe = await product.query<{ followId: unknown }>(compile(externalUserId).sql, [
    ...compile(externalUserId).parameters,
  ])
  if (probe.length !== 1 || probe[0]?.followId === null) throw new Error('the card statement found nothing')
  return { text: compile(externalUserId).sql, valuesFor: id => [...compile(id).parameters] }
}
