import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from './row.ts'

const BOOK = 'bench/results/latest.json'
const LOOK_MS = 2_000

/** A row as it is kept: when and where it was taken, and what else the machine did just before. */
export interface KeptRow extends Row {
  at: string
  machine: string
  /** cores that were busy with something else; null where the kernel does not tell */
  othersBusy: number | null
}

const machine = `${cpus()[0]?.model.trim() ?? '?'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`

/** What was measured, over all runs: the latest of each row. */
export function readBook(): KeptRow[] {
  try {
    const { rows } = JSON.parse(readFileSync(BOOK, 'utf8')) as { rows: Partial<KeptRow>[] }
    return rows.filter((row): row is KeptRow => row.machine !== undefined)
  } catch {
    // Nothing has been measured here yet.
    return []
  }
}

/** In the place of what was kept of rows of these names. */
export function keep(rows: Row[], othersBusy: number | null): KeptRow[] {
  const at = new Date().toISOString()
  const kept = rows.map((row): KeptRow => ({ ...row, at, machine, othersBusy }))
  const names = new Set(rows.map(({ name }) => name))
  const all = [...readBook().filter(({ name }) => !names.has(name)), ...kept]
  mkdirSync('bench/results', { recursive: true })
  writeFileSync(BOOK, JSON.stringify({ rows: all }, null, 2))
  return kept
}

/** Cores in use while nothing of ours runs, looked at for two seconds. */
export async function busyCores(): Promise<number | null> {
  const before = ticks()
  await sleep(LOOK_MS)
  const after = ticks()
  if (!before || !after) return null
  return Number((((after.busy - before.busy) / (after.all - before.all)) * cpus().length).toFixed(1))
}

function ticks(): { busy: number; all: number } | undefined {
  try {
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = (
      readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
    )
      .split(/\s+/)
      .slice(1, 9)
      .map(Number)
    const busy = user + nice + system + rest.reduce((sum, each) => sum + each, 0)
    return { busy, all: busy + idle + wait }
  } catch {
    return undefined
  }
}
