import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { acceptedEncoding } from './encoding.ts'

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/** Bytes. Below this (the card, a page of a list) packing costs more than it saves. */
export const WORTH_PACKING = 8 * 1024
/** The catalogue of 5,000 scripts takes a fifth of a second, off the thread that answers; a better packing takes thrice that. */
const BROTLI_QUALITY = 4
const GZIP_LEVEL = 3

/**
 * Answers JSON, packed where it is big and the client takes it. A tag has been set before and is a weak one: it speaks of
 * what is said and not of how it is packed.
 *
 * BREACH reads a secret out of the lengths of packed answers that also hold what the attacker writes into the request. No
 * answer of the API holds a secret that lasts (the session is an HttpOnly cookie), none repeats the query but the signature
 * of a page, which stays far below the limit (its URL has 2,048 signs at most), and with SameSite=Lax a foreign page cannot
 * ask in the member's name. An answer that gets both, big, has to be left out here.
 */
export async function respondWithJson(
  c: Context,
  text: string,
  status: ContentfulStatusCode,
): Promise<Response> {
  c.header('Content-Type', 'application/json')
  if (!mayBePacked(text)) return c.body(text, status)
  varyByEncoding(c)
  const encoding = acceptedEncoding(c.req.header('accept-encoding'))
  if (!encoding) return c.body(text, status)
  c.header('Content-Encoding', encoding)
  // Its body is dropped: only what would be said of it counts.
  if (c.req.method === 'HEAD') return c.body('', status)
  return c.body(await packed(text, encoding), status)
}

/** Whether the answer's form depends on what the client takes: its 304 has to say so, too. */
export const mayBePacked = (text: string): boolean => Buffer.byteLength(text) >= WORTH_PACKING

/** Caches on the way keep one for each packing. */
export const varyByEncoding = (c: Context): void => c.header('Vary', 'Accept-Encoding', { append: true })

async function packed(text: string, encoding: 'br' | 'gzip'): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.from(text)
  if (encoding === 'gzip') return new Uint8Array(await compressGzip(bytes, { level: GZIP_LEVEL }))
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return new Uint8Array(await compressBrotli(bytes, { params }))
}
