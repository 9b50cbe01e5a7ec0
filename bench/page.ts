import { readFileSync, writeFileSync } from 'node:fs'
import { readBook, type KeptRow } from './book.ts'
import { verdictOf, type Verdict } from './row.ts'

const PAGE = 'docs/benchmarks.md'
const [FROM, TO] = ['<!-- figures: npm run bench -- --page -->', '<!-- /figures -->']
/** More of the machine than this was somebody else's: the figure is marked. */
const QUIET_CORES = 0.2

/** Every row of the budget and what limits it by design, in the order of the table. */
const limits: Record<string, string> = {
  F1: 'framework and SDK',
  F2: 'the document with its style, the SDK and what asks for the card; the card; the framework',
  F3: 'one answer carries the first screen',
  F4: 'a round trip for the document, one for the card, the client’s answers in between; the framework, coming beside it, shares line and processor',
  F5: 'a round trip for the document, one for the card; in between the SDK is evaluated and the client asked, which the floor page does not do',
  F6: 'the client’s answer, then the card’s round trip; the first screen is made anew for each customer, so that nothing of one stays with another',
  F7: 'document and entry, the framework, what is around the view, the view: each a task of its own in which all runs, and is compiled, for the first time; their first style and layout; then contracts, file by file',
  F8: 'search in memory, then the rows in view',
  F9: 'fifty cards are remembered, no more',
  S1: 'the card’s own statement, of which two thirds are putting its five hundred plan nodes up and down; beside it sockets, JSON and the driver share the cores with PostgreSQL',
  S2: 'one event loop: whatever else it does for a moment, everybody waits for',
  S3: 'counted on the wire to the database',
  S4: 'depth of the indexes; pages of the table that are in no cache',
  S5: 'commits to disk',
  S6: 'one event loop is busy with HTTP, signature, decryption, two XML documents and a seal of each; bare HTTP alone costs more than the append',
  S7: 'index writes',
  S8: 'JSON, pinyin keys and seals on one thread, then each page’s timeline, keys and locks in the database: 20 s of processor against 4 s of rows loaded in bulk',
  M1: 'contracts, calendar and pinyin dictionary held in memory',
  M2: 'contracts and queue come to life before the first answer; the floor has neither',
  M3: 'five lines of timeline, and the indexes lists and search need',
  C1: 'the customer’s coupon page, beside the budget',
  C2: 'the customer’s coupon page, beside the budget',
  RESULTS: 'figures of a big corp, beside the budget',
}

const words: Record<Verdict, string> = { moonshot: '**moonshot**', good: '**yes**', missed: 'no' }
const metOf = (row: KeptRow): string => {
  const verdict = verdictOf(row)
  return verdict ? words[verdict] : '–'
}

/** Puts what was measured into the page; figures are never typed by hand. */
export function writePage(): void {
  const text = readFileSync(PAGE, 'utf8')
  const [from, to] = [text.indexOf(FROM), text.indexOf(TO)]
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for figures`)
  writeFileSync(PAGE, `${text.slice(0, from)}${FROM}\n\n${table(readBook())}\n\n${text.slice(to)}`)
}

function table(all: KeptRow[]): string {
  const lines = Object.entries(limits).flatMap(([name, limit]) => {
    const rows = all.filter(row => row.name === name)
    if (rows.length === 0) return [cells([name, 'not measured yet', '', '', '', '', '', limit])]
    return rows.map(row =>
      cells([
        `${row.name}${isQuiet(row) ? '' : ' ⚠'}`,
        row.what,
        row.measured,
        row.reference,
        row.ratio === undefined ? '' : String(row.ratio),
        `${row.good} · ${row.moonshot}`,
        metOf(row),
        limit,
      ]),
    )
  })
  const machines = [...new Set(all.map(({ machine }) => machine))].map(machine => {
    const days = all.filter(row => row.machine === machine).map(({ at }) => at.slice(0, 10))
    return `${machine} (${[...new Set(days)].toSorted().join(', ')})`
  })
  const loaded = all.filter(row => !isQuiet(row))
  return [
    cells(['Row', 'What', 'Measured', 'Reference', 'Ratio', 'Good · moonshot', 'Met?', 'What limits it']),
    cells(Array<string>(8).fill('---')),
    ...lines,
    '',
    `Machine: ${machines.join('; ') || 'none yet'}.`,
    ...(loaded.length > 0
      ? [
          '',
          `⚠ taken beside other load (${Math.min(...loaded.map(busy))}–${Math.max(...loaded.map(busy))} cores busy with something else just before): ${[...new Set(loaded.map(({ name }) => name))].join(', ')}. To be taken again on a quiet machine.`,
        ]
      : []),
  ].join('\n')
}

const busy = ({ othersBusy }: KeptRow) => othersBusy ?? 0
const isQuiet = (row: KeptRow) => busy(row) <= QUIET_CORES
const cells = (texts: string[]) => `| ${texts.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`
