import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BUNDLE, BUNDLE_SOURCES, digestOf, serverEntry, type BundleSources } from '../../server/bundle.js'

const SOURCES = 'server/main.ts'
const files = ['package-lock.json', 'server/main.ts', 'shared/rules/price.ts']

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guidebar-bundle-'))
  for (const file of [...files, BUNDLE]) write(file, `the words of ${file}`)
  const sources: BundleSources = { files, digest: digestOf(files, file => readFileSync(join(root, file))) }
  write(BUNDLE_SOURCES, JSON.stringify(sources))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(join(root, dirname(file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

describe('what a start runs', () => {
  it('is the bundle while its sources are what it was made of, whenever they were written', () => {
    expect(serverEntry(root)).toBe(BUNDLE)
    for (const file of files) utimesSync(join(root, file), 2e9, 2e9)
    expect(serverEntry(root)).toBe(BUNDLE)
  })

  it.each(files)('is the sources when %s is another one, however old it says it is', file => {
    write(file, `other words, ${file}`)
    utimesSync(join(root, file), 1e9, 1e9)
    expect(serverEntry(root)).toBe(SOURCES)
  })

  it('is the sources when one of them has gone', () => {
    rmSync(join(root, 'shared/rules/price.ts'))
    expect(serverEntry(root)).toBe(SOURCES)
  })

  it.each([
    ['nothing was built', () => rmSync(join(root, dirname(BUNDLE)), { recursive: true })],
    ['a build has not come to its end', () => rmSync(join(root, BUNDLE_SOURCES))],
    ['what was built is broken off', () => write(BUNDLE_SOURCES, '{"files":["serv')],
  ])('is the sources when %s', (_, happens) => {
    happens()
    expect(serverEntry(root)).toBe(SOURCES)
  })
})
