import { encrypt, getSignature } from '@wecom/crypto'
import { cdata } from './eventXml.ts'

/** What both sides wrote into the console's form. */
export interface CallbackKeys {
  token: string
  /** EncodingAESKey, 43 characters */
  aesKey: string
}

export interface Sealing extends CallbackKeys {
  /** receiveid: the corp */
  corpId: string
  /** unix seconds */
  timestamp: number
  nonce: string
  /** 16 bytes; only tests choose them */
  random?: Buffer
}

/** @returns the ciphertext and the query that proves it */
function sealText(text: string, { token, aesKey, corpId, timestamp, nonce, random }: Sealing) {
  const sealed = encrypt(aesKey, text, corpId, random)
  const signature = getSignature(token, timestamp, nonce, sealed)
  return { sealed, query: { msg_signature: signature, timestamp: String(timestamp), nonce } }
}

export function sealEvent(xml: string, agentId: number, sealing: Sealing) {
  const { sealed, query } = sealText(xml, sealing)
  const elements = [
    `<ToUserName>${cdata(sealing.corpId)}</ToUserName>`,
    `<AgentID>${cdata(String(agentId))}</AgentID>`,
    `<Encrypt>${cdata(sealed)}</Encrypt>`,
  ]
  return { body: `<xml>${elements.join('')}</xml>`, query }
}

/** The question asked when somebody saves the receive URL. */
export function sealEcho(text: string, sealing: Sealing) {
  const { sealed, query } = sealText(text, sealing)
  return { ...query, echostr: sealed }
}
