import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/privacy.md'), 'utf8')

/** `table.column` → the class it stands under in docs/privacy.md. */
export function classes(): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of page.split('\n')) {
    const [, table, , ...cells] = line.split('|').map(cell => cell.trim())
    if (!table || !/^`\w+`$/.test(table) || cells.length < 4) continue
    cells.slice(0, 4).forEach((cell, place) => {
      for (const [, column] of cell.matchAll(/`(\w+)`/g)) {
        const name = `${table.replaceAll('`', '')}.${column}`
        if (found.has(name)) throw new Error(`${name} stands there twice`)
        found.set(name, `S${place}`)
      }
    })
  }
  return found
}
