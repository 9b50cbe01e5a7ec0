import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../world/types.ts'
import { refuse } from './refusal.ts'

/**
 * WeCom's concurrency rule for mark_tag and remark: two at once for the same customer, or too many in all, are
 * refused [COMM 2021, EC]. Which of the two codes answers which case is UNVERIFIED.
 */
export function createWrites(world: World) {
  const busy = new Set<string>()
  return async function write<Result>(externalUserId: string, work: () => Result): Promise<Result> {
    const { parallelWrites, writeMs } = world.limits()
    if (busy.has(externalUserId)) refuse(45035)
    if (busy.size >= parallelWrites) refuse(45033)
    busy.add(externalUserId)
    try {
      if (writeMs > 0) await sleep(writeMs)
      return work()
    } finally {
      busy.delete(externalUserId)
    }
  }
}

export type Write = ReturnType<typeof createWrites>
