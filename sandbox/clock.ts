import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'

/** Unix milliseconds. */
export type Clock = () => number

interface Reading {
  modifiedAt: number
  instant: number
  isRunning: boolean
}

function parseClock(text: string): { instant: number; isRunning: boolean } | undefined {
  const isRunning = /\+running\s*$/.test(text)
  const instant = Date.parse(text.replace(/\+running\s*$/, '').trim())
  return Number.isNaN(instant) ? undefined : { instant, isRunning }
}

/**
 * The sandbox's clock: the real one, or the one told by a file holding an ISO 8601 instant, optionally followed by
 * `+running` (then it advances from the moment the file was written). The file is read again whenever it changes.
 * A file that is unreadable for a moment (being rewritten) leaves the last good reading in force.
 * @throws Error when the file holds no instant at the start.
 */
export function createSandboxClock(file?: string): Clock {
  if (!file) return () => Date.now()
  let reading: Reading | undefined

  const read = (): Reading | undefined => {
    const modifiedAt = statSync(file).mtimeMs
    if (reading?.modifiedAt === modifiedAt) return reading
    const parsed = parseClock(readFileSync(file, 'utf8'))
    return parsed && { modifiedAt, ...parsed }
  }
  reading = read()
  if (!reading) throw new Error(`CLOCK_FILE ${file} holds no ISO 8601 instant`)

  return () => {
    let now = reading
    try {
      now = read() ?? reading
    } catch {
      // Gone or half-written: whoever moves the clock will be done in a moment, until then the last reading counts.
    }
    reading = now
    if (!now) return Date.now()
    return now.isRunning ? now.instant + Math.max(0, Date.now() - now.modifiedAt) : now.instant
  }
}

/**
 * Sets the clock of everybody who follows the file. The file is written aside and moved into place, so that nobody reads
 * half of it.
 * @param instant unix milliseconds
 */
export function writeClock(file: string, instant: number, isRunning: boolean): void {
  const aside = `${file}.${process.pid}.part`
  writeFileSync(aside, `${new Date(instant).toISOString()}${isRunning ? '+running' : ''}\n`)
  renameSync(aside, file)
}

/** Whether the time the file tells goes on by itself. */
export function isClockRunning(file: string): boolean {
  return parseClock(readFileSync(file, 'utf8'))?.isRunning ?? true
}
