import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

/** Above this the best compression takes longer than a start may. */
const BEST_COMPRESSION_BYTES = 400_000
const TOO_SMALL_TO_COMPRESS = 256

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
const COMPRESSIBLE = /^(text\/|application\/json|image\/svg)/

export interface WebFile {
  contentType: string
  etag: string
  /** its name carries a hash of its content */
  isImmutable: boolean
  /** fonts come in hundreds of slices of which a day uses a handful: they stay on the disk */
  bytes: Buffer | (() => Promise<Buffer>)
  brotli?: Buffer
  gzip?: Buffer
}

/** The built sidebar, in memory but for its fonts. */
export interface WebFiles {
  /** the document with `__CSP_NONCE__` and `<!--boot-->` still in it */
  document: string
  /** by path, `/assets/entry-1a2b3c4d.js` */
  files: ReadonlyMap<string, WebFile>
}

export class WebNotBuilt extends Error {
  constructor(folder: string) {
    super(`${folder} 里还没有构建好的网页。请先运行 npm run build，再启动。`)
    this.name = 'WebNotBuilt'
  }
}

/**
 * Reads the build from a folder and compresses it once. `index.html` is the document's template and is not served as a
 * file; neither is Vite's own folder.
 * @throws WebNotBuilt when there is no `index.html`
 */
export async function loadWebFiles(folder: string): Promise<WebFiles> {
  const document = await readFile(join(folder, 'index.html'), 'utf8').catch(
    (cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT' ? new WebNotBuilt(folder) : cause
    },
  )
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(path => path !== 'index.html' && !path.startsWith('.'))
  const files = await Promise.all(
    paths.map(async path => [`/${path}`, await toWebFile(path, join(folder, path))] as const),
  )
  return { document, files: new Map(files) }
}

async function toWebFile(path: string, file: string): Promise<WebFile> {
  const bytes = await readFile(file)
  const contentType = contentTypes[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
  const found: WebFile = {
    contentType,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    isImmutable: /^assets\/.+-[\w-]{8,}\.\w+$/.test(path),
    bytes: contentType.startsWith('font/') ? () => readFile(file) : bytes,
  }
  if (!COMPRESSIBLE.test(contentType) || bytes.length < TOO_SMALL_TO_COMPRESS) return found
  const quality = bytes.length > BEST_COMPRESSION_BYTES ? 9 : constants.BROTLI_MAX_QUALITY
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  const [brotli, zipped] = await Promise.all([
    compressBrotli(bytes, { params }),
    compressGzip(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ])
  return { ...found, brotli, gzip: zipped }
}
