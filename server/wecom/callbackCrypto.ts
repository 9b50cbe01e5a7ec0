import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** PKCS#7 with blocks of 32 bytes, not AES's 16 (wecom/callbacks.md §2). */
const BLOCK = 32
const RANDOM_BYTES = 16
const LENGTH_BYTES = 4
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** A callback that is not WeCom's, or not for us. All of them look alike from outside. */
export class ForeignCallback extends Error {
  /** @param reason for the log of tests; never the content */
  constructor(reason: string) {
    super(reason)
    this.name = 'ForeignCallback'
  }
}

export interface SignedEnvelope {
  signature: string
  timestamp: string
  nonce: string
  /** base64: `Encrypt` of a delivery, `echostr` of a verification */
  encrypted: string
}

/**
 * Signature and encryption of callbacks (wecom/callbacks.md §2).
 * @param aesKey 43 characters; the last carries four bits only, which strict base64 decoders refuse
 * @param receiveId the corp id
 */
export function createCallbackCrypto({
  token,
  aesKey,
  receiveId,
}: {
  token: string
  aesKey: string
  receiveId: string
}) {
  const bytes = Buffer.from(`${aesKey}=`, 'base64')
  if (bytes.length !== 32) throw new Error('WECOM_CALLBACK_AES_KEY is not a key of 32 bytes')
  const key = createSecretKey(bytes)
  const iv = bytes.subarray(0, 16)

  const sign = ({ timestamp, nonce, encrypted }: Omit<SignedEnvelope, 'signature'>): string =>
    createHash('sha1').update([token, timestamp, nonce, encrypted].sort(byBytes).join('')).digest('hex')

  return {
    sign,

    /**
     * What WeCom said.
     * @throws ForeignCallback when the signature is wrong, the text was altered, or it is for another corp
     */
    open(envelope: SignedEnvelope): string {
      const expected = Buffer.from(sign(envelope))
      const given = Buffer.from(envelope.signature)
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new ForeignCallback('signature')
      const plain = decrypt(envelope.encrypted)
      const length = plain.readUInt32BE(RANDOM_BYTES)
      const start = RANDOM_BYTES + LENGTH_BYTES
      if (length > plain.length - start) throw new ForeignCallback('length')
      if (plain.subarray(start + length).toString('utf8') !== receiveId)
        throw new ForeignCallback('receiveid')
      return plain.subarray(start, start + length).toString('utf8')
    },

    /** The opposite of `open`: what the check of our own address sends. */
    seal(text: string, random: Buffer = randomBytes(RANDOM_BYTES)): string {
      const message = Buffer.from(text)
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32BE(message.length)
      const plain = Buffer.concat([random, length, message, Buffer.from(receiveId)])
      const padding = BLOCK - (plain.length % BLOCK)
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      return Buffer.concat([
        cipher.update(Buffer.concat([plain, Buffer.alloc(padding, padding)])),
        cipher.final(),
      ]).toString('base64')
    },
  }

  /** @returns the plaintext without its padding, at least as long as its own head */
  function decrypt(encrypted: string): Buffer {
    if (!BASE64.test(encrypted)) throw new ForeignCallback('base64')
    const sealed = Buffer.from(encrypted, 'base64')
    if (sealed.length === 0 || sealed.length % BLOCK !== 0) throw new ForeignCallback('blocks')
    const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(sealed), decipher.final()])
    const padding = padded.at(-1) ?? 0
    const isPadded =
      padding >= 1 && padding <= BLOCK && padded.subarray(-padding).every(byte => byte === padding)
    if (!isPadded) throw new ForeignCallback('padding')
    const plain = padded.subarray(0, padded.length - padding)
    if (plain.length < RANDOM_BYTES + LENGTH_BYTES) throw new ForeignCallback('too short')
    return plain
  }
}
export type CallbackCrypto = ReturnType<typeof createCallbackCrypto>

const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))
