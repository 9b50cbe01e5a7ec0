/** A process of its own that does the day's work as the server does; told the day, it answers how long it took and its memory. */
import { readFileSync, writeFileSync } from 'node:fs'
import pino from 'pino'
import type { Clock } from '../server/clock.ts'
import { openDb } from '../server/db/db.ts'
import { createCustomersService } from '../server/domains/customers/customers.service.ts'
import { createRemindersService } from '../server/domains/reminders/reminders.service.ts'
import { noLimits } from '../server/limits/limits.ts'
import { createSealing } from '../server/sealing.ts'
import type { CivilDay } from '../shared/rules/civilDay.ts'
import type { DailyRun } from './reminders.ts'

const timeZone = 'Asia/Shanghai'
const { DATABASE_URL = '' } = process.env
let today: CivilDay = '2026-01-01'
const clock: Clock = { now: () => new Date(`${today}T00:00:05+08:00`), today: () => today }

/** Where the time goes: from the sending of a statement to the sending of the next. */
let steps = new Map<string, number>()
let last: { text: string; at: number } | undefined
function note(text: string | undefined): void {
  const at = performance.now()
  if (last) steps.set(last.text, (steps.get(last.text) ?? 0) + at - last.at)
  last = text === undefined ? undefined : { text: text.replaceAll(/\s+/g, ' ').trim().slice(0, 60), at }
}

const db = openDb(DATABASE_URL, { log: pino({ level: 'silent' }), onStatement: note })
const sealing = createSealing('bench-only-0123456789abcdef0123456789abcdef')
const customers = createCustomersService({ db, clock, sealing, limits: noLimits, timeZone })
const reminders = createRemindersService({ db, clock, customers, timeZone })

process.on('message', async (message: { day: CivilDay } | 'end') => {
  if (message === 'end') {
    await db.close()
    process.disconnect()
    return
  }
  today = message.day
  steps = new Map()
  forgetPeak()
  const before = residentMiB('VmRSS')
  const started = performance.now()
  await reminders.runDaily()
  const seconds = (performance.now() - started) / 1000
  note(undefined)
  const answer: DailyRun = {
    seconds,
    memory: { before, after: residentMiB('VmRSS'), peak: residentMiB('VmHWM') },
    steps: [...steps]
      .map(([text, ms]): [string, number] => [text, ms / 1000])
      .toSorted((one, other) => other[1] - one[1]),
  }
  process.send?.(answer)
})
process.send?.('ready')

/** By the kernel's account; NaN where there is no /proc. */
function residentMiB(what: 'VmRSS' | 'VmHWM'): number {
  try {
    const kilobytes = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    return Math.round(Number(kilobytes) / 1024)
  } catch {
    return Number.NaN
  }
}

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // No /proc here, or not ours to write: the peak is that of the whole life then.
  }
}
