import { readFileSync } from 'node:fs'
import type { ServerProcess } from '../../tests/support/twoServers.ts'
import type { Verdicts } from './verdicts.ts'

const SAMPLE_MS = 1_000
/** What a collector of garbage leaves lying between two of its rounds. */
const SLACK_MIB = 24
const SLACK_SHARE = 0.15

const MEASURABLE = process.platform === 'linux'

/** By the kernel's account; undefined for a process that is gone. */
function residentMiB(pid: number): number | undefined {
  try {
    const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return found ? Number(found[1]) / 1024 : undefined
  } catch {
    return undefined
  }
}

export interface MemoryWatch {
  /** What was read so far counts as warming up. */
  warmedUp(): void
  stop(verdicts: Verdicts): void
}

/** Reads every second what each server holds. */
export function watchMemory(servers: readonly ServerProcess[]): MemoryWatch {
  const samples = servers.map(() => [] as number[])
  const timer = setInterval(() => {
    servers.forEach((server, place) => {
      const now = residentMiB(server.pid())
      if (now !== undefined) samples[place]?.push(now)
    })
  }, SAMPLE_MS)
  return {
    warmedUp: () => samples.forEach(each => each.splice(0)),
    stop(verdicts) {
      clearInterval(timer)
      if (!MEASURABLE) return
      samples.forEach((each, place) => {
        const third = Math.floor(each.length / 3)
        if (third < 3) return
        const [early, late] = [median(each.slice(0, third)), median(each.slice(-third))]
        const perMinute = ((late - early) / ((each.length - third) * SAMPLE_MS)) * 60_000
        verdicts.note(
          '内存',
          late <= early * (1 + SLACK_SHARE) + SLACK_MIB,
          `第 ${place + 1} 台内存 ${Math.round(early)} → ${Math.round(late)} MiB，${each.length} 秒里每分钟 ${perMinute.toFixed(1)} MiB`,
        )
      })
    },
  }
}

const median = (numbers: number[]) =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN
