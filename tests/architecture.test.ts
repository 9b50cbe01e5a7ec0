import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const rooms = ['shared', 'server', 'web', 'sandbox']

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap(name => {
    const path = `${folder}/${name}`
    if (name === 'dist' || name === 'node_modules') return []
    if (statSync(join(root, path)).isDirectory()) return sourcesBelow(path)
    return /\.(ts|vue|js)$/.test(name) ? [path] : []
  })
}

/** What a file imports: our own files as paths from the root, packages as their names. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const code = file.endsWith('.vue')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(m => m[1]).join('\n')
    : text
  const found = [...code.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)['"]([^'"\n]+)['"]/g)].map(
    m => m[1] ?? '',
  )
  return found.map(name => (name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name))
}

const arrows = rooms.flatMap(sourcesBelow).flatMap(from => importsOf(from).map(to => ({ from, to })))
const between = (from: RegExp, to: RegExp) =>
  arrows
    .filter(arrow => from.test(arrow.from) && to.test(arrow.to))
    .map(arrow => `${arrow.from} → ${arrow.to}`)
const isOurs = /^(shared|server|web|sandbox|tests|scripts|bench)\//
const domainOf = (path: string, side: string) => new RegExp(`^${side}/domains/([^/]+)/`).exec(path)?.[1]

describe('arrows point down', () => {
  it('sees the imports of every room', () => {
    for (const room of rooms) expect(arrows.some(arrow => arrow.from.startsWith(`${room}/`))).toBe(true)
  })

  it('shared leans on nothing of ours, and only on zod and the calendar', () => {
    expect(between(/^shared\//, /^(server|web|sandbox|tests|scripts|bench)\//)).toEqual([])
    const packages = arrows.filter(a => a.from.startsWith('shared/') && !isOurs.test(a.to))
    expect([...new Set(packages.map(a => a.to))].filter(name => !['zod', 'tyme4ts'].includes(name))).toEqual(
      [],
    )
    expect(between(/^shared\/contract\//, /^tyme4ts$/)).toEqual([])
  })

  it('server and web never see each other', () => {
    expect(between(/^server\//, /^web\//)).toEqual([])
    expect(between(/^web\//, /^server\//)).toEqual([])
  })

  it('nobody in the product sees the sandbox, tests, scripts or bench', () => {
    expect(between(/^(shared|server|web)\//, /^(sandbox|tests|scripts|bench)\//)).toEqual([])
  })

  it('the product does not even name the sandbox', () => {
    const naming = ['shared', 'server', 'web']
      .flatMap(sourcesBelow)
      .filter(
        file => file !== 'server/config.ts' && /sandbox|沙盒/i.test(readFileSync(join(root, file), 'utf8')),
      )
    expect(naming).toEqual([])
  })

  it('plumbing of the server knows no domain', () => {
    expect(between(/^server\/(wecom|db|http|jobs|files)\//, /^server\/domains\//)).toEqual([])
  })

  it('a domain uses the services of lower shelves only, never a repository of another room', () => {
    const shelves = [
      'audit',
      'session',
      'outbox',
      'media',
      'customers',
      'tags',
      'reminders',
      'people',
      'scripts',
      'groups',
      'restraint',
      'engravings',
      'purchases',
      'sends',
      'coupons',
      'channelCodes',
      'staff',
      'sync',
      'privacy',
      'stats',
      'health',
    ]
    const wrong = arrows.filter(({ from, to }) => {
      const here = domainOf(from, 'server')
      const there = domainOf(to, 'server')
      if (!here || !there || here === there) return false
      return shelves.indexOf(there) >= shelves.indexOf(here) || /\.(repository|routes|jobs)\.ts$/.test(to)
    })
    expect(wrong.map(a => `${a.from} → ${a.to}`)).toEqual([])
  })

  it('SQL stays in repositories and the database room', () => {
    const strays = sourcesBelow('server').filter(
      file =>
        !/\.repository\.ts$|^server\/db\/|^server\/domains\/session\/validSession\.ts$/.test(file) &&
        /\bsql(<[^>]*>)?`/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(strays).toEqual([])
  })

  it('only main acts on import; nothing below http knows a status', () => {
    expect(between(/^server\/domains\/.*\.(service|repository)\.ts$/, /^(hono|@hono\/)/)).toEqual([])
  })

  it('the web api, the ui pieces and the device never import a store or a domain', () => {
    expect(between(/^web\/(api|ui|wecom|device)\//, /^web\/(domains|views)\//)).toEqual([])
    expect(between(/^web\/api\//, /^(vue|pinia|vue-router|vant)/)).toEqual([])
  })

  it('only the bridge names the JS-SDK', () => {
    expect(between(/^web\/(?!wecom\/)/, /^@wecom\/jssdk/)).toEqual([])
  })

  it('a domain of the web does not reach up into views', () => {
    expect(between(/^web\/domains\//, /^web\/(views|main|App)/)).toEqual([])
  })

  it('has no circles', () => {
    const next = new Map<string, string[]>()
    for (const { from, to } of arrows) if (isOurs.test(to)) next.set(from, [...(next.get(from) ?? []), to])
    const state = new Map<string, 'open' | 'closed'>()
    const circles: string[] = []
    const visit = (file: string, path: string[]) => {
      if (state.get(file) === 'closed') return
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
        return
      }
      state.set(file, 'open')
      for (const to of next.get(file) ?? []) visit(to, [...path, file])
      state.set(file, 'closed')
    }
    for (const file of next.keys()) visit(file, [])
    expect(circles).toEqual([])
  })
})
