import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { contentTypeOf, isWorthPacking, pack, PACKINGS, type Packing } from './packing.ts'

const PACKED = /\.(br|gz)$/

export interface WebFile {
  contentType: string
  etag: string
  /** its name carries a hash of its content */
  isImmutable: boolean
  /** fonts come in hundreds of slices of which a day uses a handful: they stay on the disk, unread until then */
  bytes: Buffer | (() => Promise<Buffer>)
  /** packed at the build, or when somebody first asks; kept from then on */
  packed?: (packing: Packing) => Promise<Buffer>
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
 * Reads the build from a folder, with what was packed beside its files. `index.html` is the document's template and is not served as a
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
    .filter(path => path !== 'index.html' && !path.startsWith('.') && !PACKED.test(path))
  const files = paths.map(path => [`/${path}`, toWebFile(path, join(folder, path))] as const)
  return { document, files: new Map(files) }
}

function toWebFile(path: string, file: string): WebFile {
  const contentType = contentTypeOf(path)
  const isImmutable = /^assets\/.+-[\w-]{8,}\.\w+$/.test(path)
  if (isImmutable && contentType.startsWith('font/'))
    return { contentType, etag: `"${basename(path)}"`, isImmutable, bytes: () => readFile(file) }
  // Hundreds of small ones, before anybody is served: by way of the thread pool each costs twice as much.
  const bytes = readFileSync(file)
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  const found: WebFile = { contentType, etag, isImmutable, bytes }
  if (!isWorthPacking(path, bytes.length)) return found
  const kept = new Map<Packing, Promise<Buffer>>()
  const packed = (packing: Packing): Promise<Buffer> => {
    const known = kept.get(packing)
    if (known) return known
    const made = readFile(file + PACKINGS[packing]).catch(() => pack(bytes, packing))
    kept.set(packing, made)
    return made
  }
  return { ...found, packed }
}
