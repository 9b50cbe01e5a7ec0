import { Hono } from 'hono'
import type { AppEnv } from './env.ts'
import { acceptedEncoding } from './encoding.ts'
import type { WebFile, WebFiles } from './webFiles.ts'

/** The built sidebar's files. Those with a hash in their name never change; the others are asked about each time. */
export const staticFiles = (web: WebFiles) =>
  new Hono<AppEnv>().get('*', async (c, next) => {
    const file = web.files.get(c.req.path)
    if (!file) return next()
    c.header('ETag', file.etag)
    c.header('Cache-Control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'public, no-cache')
    c.header('Vary', 'Accept-Encoding')
    if (c.req.header('if-none-match')?.split(/,\s*/).includes(file.etag)) return c.body(null, 304)
    const encoding = file.packed && acceptedEncoding(c.req.header('accept-encoding'))
    const bytes = encoding && file.packed ? await file.packed(encoding) : await plain(file)
    if (encoding) c.header('Content-Encoding', encoding)
    c.header('Content-Type', file.contentType)
    return c.body(new Uint8Array(bytes))
  })

const plain = ({ bytes }: WebFile): Buffer | Promise<Buffer> =>
  typeof bytes === 'function' ? bytes() : bytes
