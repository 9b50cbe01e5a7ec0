import { readFileSync, statSync } from 'node:fs'
import type { Logger } from 'pino'
import { civilDayOf, type CivilDay } from '../shared/rules/civilDay.ts'

/** The one source of time: nobody else asks the host, nor the database. */
export interface Clock {
  now(): Date
  /** the civil day it is now in an IANA time zone */
  today(timeZone: string): CivilDay
}

const LOOK_AGAIN_MS = 200
const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

const clockOf = (nowMillis: () => number): Clock => ({
  now: () => new Date(nowMillis()),
  today: timeZone => civilDayOf(nowMillis(), timeZone),
})

export const systemClock = (): Clock => clockOf(Date.now)

interface Reading {
  instant: number
  isRunning: boolean
  /** when the file was written; a running clock counts from there */
  writtenAt: number
}

/**
 * The host's clock, or the one told by a file (`CLOCK_FILE`): an ISO 8601 instant with its offset, optionally followed by
 * `+running`. A changed file counts within 200 ms; one that cannot be read leaves the last good time in force.
 * @throws Error when the file tells no time at the start.
 */
export function createClock(file?: string, log: Pick<Logger, 'warn'> = console): Clock {
  if (!file) return systemClock()
  let version = versionOf(file)
  let reading = read(file)
  let lookedAt = performance.now()

  const look = () => {
    if (performance.now() - lookedAt < LOOK_AGAIN_MS) return
    lookedAt = performance.now()
    const found = versionOf(file)
    if (found === version) return
    version = found
    try {
      reading = read(file)
    } catch (error) {
      log.warn(`${error instanceof Error ? error.message : String(error)}；沿用原来的时间`)
    }
  }
  return clockOf(() => {
    look()
    const { instant, isRunning, writtenAt } = reading
    return isRunning ? instant + Math.max(0, Date.now() - writtenAt) : instant
  })
}

/** Changes with every write; undefined while the file is away. */
const versionOf = (file: string): bigint | undefined =>
  statSync(file, { bigint: true, throwIfNoEntry: false })?.mtimeNs

function read(file: string): Reading {
  try {
    const text = readFileSync(file, 'utf8').trim()
    const iso = text.replace(/\s*\+running$/, '')
    const instant = ISO_INSTANT.test(iso) ? Date.parse(iso) : Number.NaN
    if (Number.isNaN(instant)) throw new Error('要写成 2026-11-21T10:20:00+08:00，后面可加 +running')
    return { instant, isRunning: iso !== text, writtenAt: statSync(file).mtimeMs }
  } catch (cause) {
    throw new Error(
      `CLOCK_FILE ${file} 读不出时间：${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
