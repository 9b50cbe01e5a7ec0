import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const rows = page.split('\n').filter(line => /^\| \d+\.\d+\.\d+/.test(line))

/** How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, but for WebRTC: `section: numbers`. */
const SECTIONS = `1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1 3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5 3.7:1-2
4.1:1-3 4.2:1 4.3:1-2 4.4:1-4 5.1:1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4 7.1:1-3
7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2 8.2:1-3 8.3:1 8.4:1 9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11
10.5:1-5 10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1 11.6:1 12.1:1-3 12.2:1-2 12.3:1-4 13.1:1 13.2:1-5 13.3:1-2
13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1 16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3`

const numbersOf = (section: string, range: string) => {
  const [first = 1, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, place) => `${section}.${first + place}`)
}
const expected = SECTIONS.split(/\s+/).flatMap(entry => {
  const [section = '', range = ''] = entry.split(':')
  return numbersOf(section, range)
})
/** `6.2.1–6.2.12` are all of them. */
const named = rows.flatMap(row =>
  (row.split('|')[1] ?? '')
    .trim()
    .split(' ')
    .flatMap(each => {
      const [first = '', last] = each.split('–')
      const section = first.split('.').slice(0, 2).join('.')
      return last === undefined ? [first] : numbersOf(section, `${first.split('.')[2]}-${last.split('.')[2]}`)
    }),
)

describe('docs/security.md', () => {
  it('speaks of every requirement of levels 1 and 2, once', () => {
    expect([...named].sort()).toEqual([...expected].sort())
  })

  it('names only files that are there, and a test for whatever it says is done', () => {
    for (const [, file = ''] of page.matchAll(/`((?:tests|server|web|shared)\/[\w./-]+)`/g))
      expect([file, existsSync(join(root, file))]).toEqual([file, true])
    const unproven = rows.filter(row => row.split('|')[2]?.trim() === '✓' && !row.includes('`tests/'))
    // What is a page, or what Node and the browser do by themselves.
    expect(unproven.map(row => row.split('|')[1]?.trim())).toEqual([
      '3.7.1',
      '4.2.1',
      '5.1.1',
      '8.1.1 8.1.2',
      '11.1.1 11.1.2',
    ])
  })

  it('has an entry among the gaps for whatever it says is not done', () => {
    const missing = rows
      .filter(row => row.split('|')[2]?.trim() === '✗')
      .flatMap(row => (row.split('|')[1] ?? '').trim().split(' '))
    const gaps = page.slice(page.indexOf('## 9.'))
    for (const requirement of missing)
      expect([requirement, gaps.includes(requirement)]).toEqual([requirement, true])
  })
})
