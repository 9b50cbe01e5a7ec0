import { readFileSync } from 'node:fs'

/** By the kernel's account; NaN where there is no /proc. `VmHWM` is the most there ever was. */
export function residentMiB(pid: number | 'self', what: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
  } catch {
    return Number.NaN
  }
}
