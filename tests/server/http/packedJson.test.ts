import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ScriptCatalogue } from '../../../shared/contract/scripts.ts'
import { WORTH_PACKING } from '../../../server/http/packedJson.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../support/createTestApp.ts'

const SCRIPTS = 60
let test: TestApp
let guide: SignedIn
let customer: { externalUserId: string }
beforeAll(async () => {
  test = await createTestApp()
  const actor = await test.make.staff(test.corp)
  guide = await test.signIn(actor)
  customer = await test.make.followed(test.corp, actor)
  for (let number = 0; number < SCRIPTS; number++)
    await test.make.script(test.corp, {
      title: `话术 ${number}`,
      sort: number,
      text: `第 ${number} 条：${'您慢慢看，'.repeat(20)}`,
    })
  await test.make.tagGroup(test.corp, {
    name: '喜好',
    tags: Array.from({ length: 400 }, (_, n) => `喜好 ${n}`),
  })
})
afterAll(() => test.close())

const get = (path: string, accepted: string, headers: Record<string, string> = {}, method = 'GET') =>
  guide.fetch(path, { method, headers: { 'Accept-Encoding': accepted, ...headers } })
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

describe('a big answer', () => {
  it.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['identity', null, (bytes: Buffer) => bytes],
    ['br;q=0, gzip;q=0', null, (bytes: Buffer) => bytes],
  ] as const)('is packed as the client takes it (%s)', async (accepted, encoding, unpack) => {
    const answer = await get('/api/scripts', accepted)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(answer.headers.get('vary')).toBe('Accept-Encoding')
    const wire = await bytesOf(answer)
    const text = unpack(wire).toString()
    const { scripts } = ScriptCatalogue.parse(JSON.parse(text))
    expect(scripts.changed).toHaveLength(SCRIPTS)
    expect(Buffer.byteLength(text)).toBeGreaterThan(WORTH_PACKING)
    if (encoding) expect(wire.length).toBeLessThan(Buffer.byteLength(text) / 3)
  })

  it('has one tag however it is packed, and is not sent again to who has it', async () => {
    const plain = await get('/api/tag-groups', 'identity')
    const packed = await get('/api/tag-groups', 'br')
    expect(packed.headers.get('content-encoding')).toBe('br')
    const tag = packed.headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\/"/)
    expect(plain.headers.get('etag')).toBe(tag)
    expect(brotliDecompressSync(await bytesOf(packed))).toEqual(await bytesOf(plain))
    for (const accepted of ['identity', 'br']) {
      const again = await get('/api/tag-groups', accepted, { 'If-None-Match': tag })
      expect(again.status).toBe(304)
      expect(again.headers.get('content-encoding')).toBe(null)
      expect(again.headers.get('vary')).toBe('Accept-Encoding')
      expect(await bytesOf(again)).toHaveLength(0)
    }
  })

  it('HEAD says of it what GET says, without it', async () => {
    const saying = (answer: Response) =>
      ['content-type', 'content-encoding', 'vary', 'etag', 'cache-control'].map(name =>
        answer.headers.get(name),
      )
    for (const path of ['/api/scripts', '/api/tag-groups']) {
      const head = await get(path, 'br', {}, 'HEAD')
      expect(head.status).toBe(200)
      expect(saying(head)).toEqual(saying(await get(path, 'br')))
      expect(await bytesOf(head)).toHaveLength(0)
    }
  })
})

describe('a small answer', () => {
  it.each(['/api/session', '/api/customers/:her/card'])('%s leaves as it is', async path => {
    const answer = await get(path.replace(':her', customer.externalUserId), 'br, gzip')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-encoding')).toBe(null)
    expect(answer.headers.get('vary')).toBe(null)
    expect((await bytesOf(answer)).length).toBeLessThan(WORTH_PACKING)
  })

  it('also the signature of a page, the only one that repeats what was asked, at its longest', async () => {
    const url = `https://guidebar.example.com/sidebar/?${'a'.repeat(2000)}`
    const answer = await get(`/api/jssdk/signature?url=${encodeURIComponent(url)}`, 'br')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-encoding')).toBe(null)
    expect(await answer.text()).toContain(url)
  })

  it('a refusal is no packed one', async () => {
    const answer = await get('/api/customers/wmNobody/card', 'br')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-encoding')).toBe(null)
  })
})
