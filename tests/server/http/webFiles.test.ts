import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packFolder } from '../../../scripts/packedBuild.ts'
import { acceptedEncoding } from '../../../server/http/encoding.ts'
import type { AppEnv } from '../../../server/http/env.ts'
import { staticFiles } from '../../../server/http/staticFiles.ts'
import { loadWebFiles, WebNotBuilt } from '../../../server/http/webFiles.ts'

const SCRIPT = `console.log('${'林婉清 '.repeat(200)}')`
const FONT = Buffer.from([0x77, 0x4f, 0x46, 0x32, 0, 255])
let folder: string
let app: Hono<AppEnv>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-web-'))
  await mkdir(join(folder, 'assets'))
  await mkdir(join(folder, '.vite'))
  await writeFile(join(folder, 'index.html'), '<html></html>')
  await writeFile(join(folder, 'assets/entry-Ab12_-cd.js'), SCRIPT)
  await writeFile(join(folder, 'assets/kai-104-Ab12_-cd.woff2'), FONT)
  await writeFile(join(folder, 'WW_verify_abc.txt'), 'abc')
  await writeFile(join(folder, '.vite/manifest.json'), '{}')
  app = new Hono<AppEnv>().route('/', staticFiles(await loadWebFiles(folder)))
})
afterAll(() => rm(folder, { recursive: true }))

const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers })
const SCRIPT_PATH = '/assets/entry-Ab12_-cd.js'

describe('built files', () => {
  it.each([
    ['br, gzip', 'br', (bytes: Buffer) => brotliDecompressSync(bytes)],
    ['gzip', 'gzip', (bytes: Buffer) => gunzipSync(bytes)],
    ['identity', null, (bytes: Buffer) => bytes],
  ] as const)('are packed as the client takes them (%s)', async (accepted, encoding, unpack) => {
    const answer = await get(SCRIPT_PATH, { 'Accept-Encoding': accepted })
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(answer.headers.get('vary')).toBe('Accept-Encoding')
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(unpack(bytes).toString()).toBe(SCRIPT)
    if (encoding) expect(bytes.length).toBeLessThan(SCRIPT.length / 5)
  })

  it('P25 are not packed by a server that starts: what the build packed is sent, and is no file of its own', async () => {
    const packed = await mkdtemp(join(tmpdir(), 'guidebar-packed-'))
    try {
      await writeFile(join(packed, 'index.html'), '<html></html>')
      await writeFile(join(packed, 'a.js'), SCRIPT)
      await writeFile(join(packed, 'small.js'), '1')
      await packFolder(packed)
      expect((await readdir(packed)).sort()).toEqual(['a.js', 'a.js.br', 'a.js.gz', 'index.html', 'small.js'])
      // Told from what a server would make itself.
      await writeFile(
        join(packed, 'a.js.br'),
        brotliCompressSync(SCRIPT, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
      )
      const built = await readFile(join(packed, 'a.js.br'))
      const site = new Hono<AppEnv>().route('/', staticFiles(await loadWebFiles(packed)))
      const answer = await site.request('/a.js', { headers: { 'Accept-Encoding': 'br' } })
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(built)
      expect((await site.request('/a.js.br')).status).toBe(404)
    } finally {
      await rm(packed, { recursive: true })
    }
  })

  it('never change under a hashed name, are asked about under any other', async () => {
    expect((await get(SCRIPT_PATH)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await get('/WW_verify_abc.txt')).headers.get('cache-control')).toBe('public, no-cache')
  })

  it('fonts are read when they are asked for, and never packed twice', async () => {
    const answer = await get('/assets/kai-104-Ab12_-cd.woff2', { 'Accept-Encoding': 'br, gzip' })
    expect(answer.headers.get('content-type')).toBe('font/woff2')
    expect(answer.headers.get('content-encoding')).toBe(null)
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(FONT)
  })

  it('are not sent again to who has them', async () => {
    const etag = (await get(SCRIPT_PATH)).headers.get('etag') ?? ''
    expect((await get(SCRIPT_PATH, { 'If-None-Match': etag })).status).toBe(304)
    expect((await get(SCRIPT_PATH, { 'If-None-Match': '"other"' })).status).toBe(200)
  })

  it.each(['/index.html', '/.vite/manifest.json', '/assets/', '/assets/../index.html', '/nothing'])(
    '%s is none of them',
    async path => {
      expect((await get(path)).status).toBe(404)
    },
  )

  it('say what to do when there are none', async () => {
    await expect(loadWebFiles(join(folder, 'assets'))).rejects.toThrow(WebNotBuilt)
    await expect(loadWebFiles(join(folder, 'assets'))).rejects.toThrow('npm run build')
  })
})

describe('the encoding', () => {
  it.each([
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['BR', 'br'],
    ['deflate', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('for %s is %s', (header, expected) => expect(acceptedEncoding(header)).toBe(expected))
})
