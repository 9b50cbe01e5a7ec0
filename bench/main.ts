/**
 * `npm run bench [names…]`: the budget, each row against its reference in the same interleaved run.
 * Prints a table and keeps the latest of each row in bench/results/latest.json; `--page` puts what is kept into docs/benchmarks.md
 * (alone, or after the rows named). Figures are ratios: absolute times drift on shared machines.
 */
import { ensureBuilt } from '../scripts/built.ts'
import { requireNode } from '../scripts/requireNode.ts'
import { forgetScaleData } from './bigProduct.ts'
import { busyCores, keep, type KeptRow } from './book.ts'
import { measureCallbacks } from './callbacks.ts'
import { measureCard } from './card.ts'
import { measureCardCalls } from './cardCalls.ts'
import { measureCoupons } from './coupons.ts'
import { measureCouponPage } from './couponPage.ts'
import { measureDisk } from './disk.ts'
import { measureFootprint } from './footprint.ts'
import { measureGrowth } from './growth.ts'
import { measureImport } from './import.ts'
import { writePage } from './page.ts'
import { measurePages } from './pages.ts'
import { measureReminders } from './reminders.ts'
import { measureResults } from './results.ts'
import { verdictOf, type Row } from './row.ts'
import { measureSearch } from './search.ts'
import { measureSmoothness } from './smoothness.ts'
import { measureStartup } from './startup.ts'
import { measureSwitches } from './switches.ts'
import { measureTail } from './tail.ts'

requireNode()
const suites: { names: string[]; run: (wanted: Set<string>) => Promise<Row[]> }[] = [
  { names: ['F1', 'F2', 'F3', 'F4', 'F5'], run: measurePages },
  { names: ['F6', 'F9'], run: measureSwitches },
  { names: ['F7'], run: measureSmoothness },
  { names: ['C1', 'C2'], run: measureCouponPage },
  { names: ['F8'], run: measureSearch },
  { names: ['M3'], run: measureDisk },
  { names: ['S1'], run: measureCard },
  { names: ['S2'], run: measureTail },
  { names: ['S4'], run: measureGrowth },
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
const given = process.argv.slice(2)
const isForPage = given.includes('--page')
const asked = given.filter(word => word !== '--page').map(name => name.toUpperCase())
const unknown = asked.filter(name => !known.includes(name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(' ')} — there are ${known.join(' ')}`)
  process.exit(1)
}
const wanted = new Set(asked.length > 0 || isForPage ? asked : known)

const shown: KeptRow[] = []
try {
  if (wanted.size > 0) ensureBuilt()
  for (const suite of suites) {
    if (!suite.names.some(name => wanted.has(name))) continue
    const othersBusy = await busyCores()
    const rows = (await suite.run(wanted)).filter(({ name }) => wanted.has(name))
    // What is measured is kept even if a later row fails.
    shown.push(...keep(rows, othersBusy))
  }
} finally {
  forgetScaleData()
  if (shown.length > 0) print(shown)
}
if (isForPage) writePage()

function print(rows: KeptRow[]): void {
  const nameOf = ({ name }: KeptRow, index: number) =>
    rows.filter(other => other.name === name).length > 1 ? `${name} ${index + 1}` : name
  const cellsOf = (row: KeptRow) => ({
    what: row.what,
    measured: row.measured,
    reference: row.reference,
    ratio: row.ratio ?? '',
    good: row.good,
    moonshot: row.moonshot,
    met: verdictOf(row) ?? '',
    'others busy': row.othersBusy ?? '',
  })
  console.table(Object.fromEntries(rows.map((row, index) => [nameOf(row, index), cellsOf(row)])))
  console.log(`\n${rows[0]?.machine} → bench/results/latest.json`)
}
