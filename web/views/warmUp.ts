import { bringParts } from '../ui/lazyPart.ts'
import { whenIdle } from '../ui/whenIdle.ts'

let isWarm = false

/**
 * When the first screen stands and nothing else is to do, fetches what the first tap may need, so that it opens at once, and
 * without a network too. Once per page, and again when the network comes back.
 */
export function warmUp(): void {
  if (isWarm) return
  isWarm = true
  whenIdle(fetchAll)
  addEventListener('online', () => whenIdle(fetchAll))
}

function fetchAll(): void {
  // What does not come now comes with the tap.
  const works = [
    import('../api/tags.ts'),
    import('../api/sends.ts'),
    import('../domains/sends/deliver.ts'),
    import('../domains/drafts/pendingWrites.ts'),
  ]
  void Promise.allSettled(works).then(() => bringParts())
}
