import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto'

/**
 * Keys derived from SESSION_SECRET, one per purpose: sealing what lies in the database (tokens, mobiles) or travels with a
 * client (cursors), keyed hashes for searching.
 */
export interface Sealing {
  /** AES-256-GCM: 12 bytes nonce ‖ 16 bytes tag ‖ ciphertext. */
  seal(text: string): Buffer
  /** @throws when altered or sealed under another secret. */
  open(sealed: Buffer): string
  /** 16 bytes, for equality search only. */
  keyedHash(text: string): Buffer
  /** 32 bytes for one holder outside, e.g. the device of one member; tells nothing of the others, nor of the secret. */
  keyFor(label: string): Buffer
}

/** A shorter one, which would be easier to guess, is refused. */
const TAG_BYTES = 16

export function createSealing(secret: string): Sealing {
  const key = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'guidebar', purpose, 32))
  const sealKey = createSecretKey(key('seal'))
  const hashKey = createSecretKey(key('hash'))
  return {
    seal(text) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', sealKey, sealed.subarray(0, 12), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAuthTag(sealed.subarray(12, 12 + TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(12 + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      )
    },
    keyedHash: text => createHmac('sha256', hashKey).update(text).digest().subarray(0, 16),
    keyFor: label => key(`for ${label}`),
  }
}

/** sha256, for looking up what only its owner may hold in the clear (session tokens, login states). */
export const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** `bytes` random bytes as base64url. */
export const randomToken = (bytes: number): string => randomBytes(bytes).toString('base64url')
