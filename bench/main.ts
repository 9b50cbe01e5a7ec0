/**
 * `npm run bench [names…]`: the budget, each row against its reference in the same interleaved run.
 * Prints a table and writes bench/results/latest.json. Figures are ratios: absolute times drift on shared machines.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { requireNode } from '../scripts/requireNode.ts'
import { measureCallbacks } from './callbacks.ts'
import { measureCard } from './card.ts'
import { measureCardCalls } from './cardCalls.ts'
import { measureCoupons } from './coupons.ts'
import { measureCouponPage } from './couponPage.ts'
import { measureImport } from './import.ts'
import { measureFootprint } from './footprint.ts'
import { measurePages } from './pages.ts'
import { measureReminders } from './reminders.ts'
import { measureResults } from './results.ts'
import type { Row } from './row.ts'
import { measureSearch } from './search.ts'
import { measureSmoothness } from './smoothness.ts'
import { measureStartup } from './startup.ts'
import { measureSwitches } from './switches.ts'

requireNode()
const suites: { names: string[]; run: (wanted: Set<string>) => Promise<Row[]> }[] = [
  { names: ['F1', 'F2', 'F3', 'F4', 'F5'], run: measurePages },
  { names: ['F6', 'F9'], run: measureSwitches },
  { names: ['F7'], run: measureSmoothness },
  { names: ['C1', 'C2'], run: measureCouponPage },
  { names: ['F8'], run: measureSearch },
  { names: ['S1'], run: measureCard },
  { names: ['S3'], run: measureCardCalls },
  { names: ['S5'], run: measureCoupons },
  { names: ['S6'], run: measureCallbacks },
  { names: ['S7'], run: measureReminders },
  { names: ['S8'], run: measureImport },
  { names: ['M1'], run: measureFootprint },
  { names: ['M2'], run: measureStartup },
  { names: ['RESULTS'], run: measureResults },
]
const known = suites.flatMap(suite => suite.names)
const asked = process.argv.slice(2).map(name => name.toUpperCase())
const unknown = asked.filter(name => !known.includes(name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(' ')} — there are ${known.join(' ')}`)
  process.exit(1)
}
const wanted = new Set(asked.length > 0 ? asked : known)

const rows: Row[] = []
for (const suite of suites) {
  if (suite.names.some(name => wanted.has(name))) rows.push(...(await suite.run(wanted)))
}
const shown = rows.filter(row => wanted.has(row.name))
console.table(
  Object.fromEntries(
    shown.map((row, index) => [
      shown.some((other, place) => other.name === row.name && place !== index)
        ? `${row.name} ${index + 1}`
        : row.name,
      {
        what: row.what,
        measured: row.measured,
        reference: row.reference,
        ratio: row.ratio ?? '',
        good: row.good,
        moonshot: row.moonshot,
      },
    ]),
  ),
)
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
}
await mkdir('bench/results', { recursive: true })
await writeFile(
  'bench/results/latest.json',
  JSON.stringify({ at: new Date().toISOString(), machine, rows: shown }, null, 2),
)
console.log(
  `\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node} → bench/results/latest.json`,
)
