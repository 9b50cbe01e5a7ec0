import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const rules = new URL('../../../shared/rules/', import.meta.url)

/** What a module imports when it runs; `import type` leaves nothing behind. */
function importsOf(file: string): string[] {
  const source = readFileSync(new URL(file, rules), 'utf8')
  return [...source.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gm)].map(
    match => match[1] ?? '',
  )
}

function reachesCalendar(file: string): boolean {
  return importsOf(file).some(name => name === 'tyme4ts' || (name.startsWith('./') && reachesCalendar(name)))
}

it('carries the calendar library only into the two modules that are loaded when a date is added', () => {
  const files = readdirSync(fileURLToPath(rules)).filter(name => name.endsWith('.ts'))
  expect(files.filter(reachesCalendar)).toEqual(['lunarCalendar.ts', 'nextOccurrence.ts'])
})
