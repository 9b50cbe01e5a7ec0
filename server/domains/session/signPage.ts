import { createHash, randomBytes } from 'node:crypto'
import type { JssdkSignature } from '../../../shared/contract/session.ts'

/**
 * The signature of one page for `config` or `agentConfig` [D96909]: sha1 over a fixed order, nothing encoded, `noncestr`
 * in lower case here although the JS field is `nonceStr`.
 * @param url the page's address with its query, without `#…`
 * @param timestamp seconds
 */
export function jssdkSignature(ticket: string, nonceStr: string, timestamp: number, url: string): string {
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url}`
  return createHash('sha1').update(text).digest('hex')
}

export function signPage(ticket: string, url: string, now: Date): JssdkSignature {
  const timestamp = Math.floor(now.getTime() / 1000)
  const nonceStr = randomBytes(12).toString('hex')
  return { timestamp, nonceStr, signature: jssdkSignature(ticket, nonceStr, timestamp, url) }
}
