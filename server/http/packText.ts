import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { acceptedEncoding } from './encoding.ts'

/** Quick: pages are packed anew for every opening, and they are small. */
const BROTLI_QUALITY = 5

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

export interface PackedText {
  body: Uint8Array<ArrayBuffer>
  /** for `Content-Encoding`; undefined when the client takes none */
  encoding: 'br' | 'gzip' | undefined
}

/** A text as the client takes it. @param accepts its `Accept-Encoding` */
export async function packText(text: string, accepts: string | undefined): Promise<PackedText> {
  const encoding = acceptedEncoding(accepts)
  const bytes = Buffer.from(text)
  if (encoding === 'gzip') return { body: new Uint8Array(await compressGzip(bytes)), encoding }
  if (encoding === undefined) return { body: new Uint8Array(bytes), encoding }
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return { body: new Uint8Array(await compressBrotli(bytes, { params })), encoding }
}
