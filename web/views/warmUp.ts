import { bringParts } from '../ui/lazyPart.ts'
import { nextTask } from '../ui/nextTask.ts'
import { whenIdle } from '../ui/whenIdle.ts'

let isWarm = false

/**
 * When the first screen stands and nothing else is to do, fetches what the first tap may need, so that it opens at once, and
 * without a network too. Once per page, and again when the network comes back.
 */
export function warmUp(): void {
  if (isWarm) return
  isWarm = true
  whenIdle(() => void fetchAll())
  addEventListener('online', () => whenIdle(() => void fetchAll()))
}

/** One by one, each in a task of its own: to evaluate them takes a phone long, and a tap must not wait for all of them. */
const firstNeeded = [
  () => import('../api/schemas.ts'),
  () => import('../api/http.ts'),
  () => import('../api/tags.ts'),
  () => import('../api/sends.ts'),
  () => import('../domains/sends/deliver.ts'),
  () => import('../domains/drafts/pendingWrites.ts'),
]

async function fetchAll(): Promise<void> {
  for (const bring of firstNeeded) {
    // What does not come now comes with the tap.
    await bring().catch(() => undefined)
    await nextTask()
  }
  await bringParts()
}
