import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pagePolicy } from '../server/http/securityHeaders.ts'

const root = join(import.meta.dirname, '..')
const sources = (room: string) =>
  (readdirSync(join(root, room), { recursive: true }) as string[])
    .filter(file => /\.(ts|vue|css|html)$/.test(file) && !file.startsWith('dist'))
    .map(file => `${room}/${file.replaceAll('\\', '/')}`)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
const naming = (room: string, pattern: RegExp) =>
  sources(room).filter(file => pattern.test(withoutComments(textOf(file))))

/** Node's ways out of a process, and the web's. */
const WAYS_OUT =
  /from 'node:(https?|http2|net|tls|dgram)'|\bfrom '(undici|axios|got|node-fetch|ws)'|[^.\w]fetch\(\s*[`'"\w]|new (WebSocket|EventSource|XMLHttpRequest)|sendBeacon/
/** Names of hosts in the code that are no names of formats. */
const HOSTS = /https?:\/\/(?!www\.w3\.org\/|schemas\.openxmlformats\.org\/)[a-z0-9-]+(\.[a-z0-9-]+)+/i

describe('P30 personal data goes to no host but the WeCom API', () => {
  it('the server has one way out, the client of WeCom; one more asks its own address', () => {
    // Two read addresses, and one is a script of the customer's page, which asks that page again.
    const toOthers = naming('server', WAYS_OUT).filter(
      file => !/clientAddress|wecom\/errors|couponPageWatch/.test(file),
    )
    expect(toOthers.sort()).toEqual([
      // Looks for a free port on this machine.
      'server/db/embeddedCluster.ts',
      'server/domains/health/ownAddress.ts',
      // A type of node:net, for the port it listens on.
      'server/main.ts',
      'server/wecom/transport.ts',
    ])
  })

  it('knows no host but WeCom’s', () => {
    const named = sources('server').flatMap(file =>
      [...withoutComments(textOf(file)).matchAll(new RegExp(HOSTS, 'gi'))].map(([host]) => `${file} ${host}`),
    )
    expect([...new Set(named)].sort()).toEqual([
      'server/config.ts https://open.weixin.qq.com',
      'server/config.ts https://qyapi.weixin.qq.com',
    ])
  })

  it('the page asks its own server only, by name and by policy', () => {
    expect(naming('web', HOSTS)).toEqual([])
    expect(naming('web', /new (WebSocket|EventSource)|sendBeacon/)).toEqual([])
    const policy = pagePolicy('n')
    expect(policy).toContain("connect-src 'self'")
    expect(policy).toContain("form-action 'self'")
    expect(policy).toContain("default-src 'none'")
  })

  // As docs/privacy.md says: pictures are the one thing that comes from hosts nobody knows beforehand, and scripts never do.
  it('brings pictures from any https host, scripts only by nonce or from here, and nothing else from anywhere', () => {
    const directives = Object.fromEntries(
      pagePolicy('n')
        .split('; ')
        .map(each => each.split(' '))
        .map(([name = '', ...sources]) => [name, sources]),
    )
    expect(directives['img-src']).toEqual(["'self'", 'https:', 'data:', 'blob:'])
    expect(directives['script-src']).toEqual(["'self'", "'nonce-n'"])
    const leadingOut = Object.entries(directives)
      .filter(([, sources]) => sources.some(source => !/^('.*'|data:|blob:)$/.test(source)))
      .map(([name]) => name)
    expect(leadingOut).toEqual(['img-src'])
  })
})
