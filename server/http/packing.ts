import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/** Above this the best compression takes seconds. */
const BEST_COMPRESSION_BYTES = 400_000
const TOO_SMALL_TO_COMPRESS = 256
const COMPRESSIBLE = /^(text\/|application\/json|image\/svg)/

/** How a file of the build may be packed, and what is put behind its name then. */
export const PACKINGS = { br: '.br', gzip: '.gz' } as const
export type Packing = keyof typeof PACKINGS

const contentTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  webp: 'image/webp',
  woff2: 'font/woff2',
}

export const contentTypeOf = (path: string): string =>
  contentTypes[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream'

export const isWorthPacking = (path: string, bytes: number): boolean =>
  bytes >= TOO_SMALL_TO_COMPRESS && COMPRESSIBLE.test(contentTypeOf(path))

/** As small as it gets; up to some tenths of a second of a whole processor. */
export function pack(bytes: Buffer, packing: Packing): Promise<Buffer> {
  if (packing === 'gzip') return compressGzip(bytes, { level: constants.Z_BEST_COMPRESSION })
  return compressBrotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]:
        bytes.length > BEST_COMPRESSION_BYTES ? 9 : constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
}
