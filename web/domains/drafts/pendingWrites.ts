import type { CustomerTags } from '../../../shared/contract/tags.ts'
import { ApiError, isPassing } from '../../api/apiError.ts'
import { openVault } from '../../device/vault.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { useDraftsStore } from './drafts.store.ts'
import { usePendingStore } from './pending.store.ts'
import { ChangedElsewhere, performWrite, type WaitingAct } from './performWrite.ts'

/** What is said when something waits on the device. */
export const KEPT_WORDS = '没有网络，已记在手机上，连上就存'

interface WaitingWrite {
  /** Its place in the order they were made, and its name in the vault. */
  turn: string
  key: string
  customerId: string
  act: WaitingAct
  /** What it becomes again when it is refused. */
  draft: { kind: string; value: unknown } | null
}

/** Pauses between attempts while the server cannot be reached, in milliseconds; the last one repeats. */
const PAUSES_MS = [2_000, 5_000, 15_000, 60_000] as const

/** Of this page, by customer: what comes later must not overtake. */
const waiting = new Map<string, number>()
let lastTurn = 0
let isRunning = false
let isAskedAgain = false
let round = 0
let timer: ReturnType<typeof setTimeout> | undefined

function count(writes: readonly WaitingWrite[]): void {
  waiting.clear()
  for (const { customerId } of writes) waiting.set(customerId, (waiting.get(customerId) ?? 0) + 1)
  usePendingStore().writes = writes
}

async function keep(write: Omit<WaitingWrite, 'turn'>): Promise<boolean> {
  const vault = await openVault()
  if (!vault) return false
  // Two in one millisecond, or a clock set back: still one after the other.
  lastTurn = Math.max(Date.now(), lastTurn + 1)
  const turn = String(lastTurn).padStart(15, '0')
  if (!(await vault.put('write', turn, { ...write, turn }))) return false
  waiting.set(write.customerId, (waiting.get(write.customerId) ?? 0) + 1)
  const pending = usePendingStore()
  pending.writes = [...pending.writes, write]
  return true
}

/**
 * Writes now, or, when the server cannot be reached, keeps the write sealed on the device and does it, once, when it can.
 * Behind what waits for the same customer it waits as well. `attempt` and `act` must be the same request under the same key.
 * @throws what `attempt` throws when the server refuses, or when nothing can be kept on this device
 */
export async function writeOrKeep<T>(
  write: Omit<WaitingWrite, 'turn'>,
  attempt: () => Promise<T>,
): Promise<T | 'kept'> {
  if ((waiting.get(write.customerId) ?? 0) > 0 && (await keep(write))) {
    void settleWaiting()
    return 'kept'
  }
  try {
    return await attempt()
  } catch (error) {
    if (!isPassing(error) || !(await keep(write))) throw error
    wait()
    return 'kept'
  }
}

function wait(): void {
  clearTimeout(timer)
  timer = setTimeout(() => void settleWaiting(), PAUSES_MS[Math.min(round++, PAUSES_MS.length - 1)])
}

/** One page at a time, where the browser can tell; elsewhere the keys see to it that everything happens once. */
function alone(act: () => Promise<void>): Promise<void> {
  const { locks } = navigator as { locks?: LockManager | null }
  return locks ? locks.request('guidebar-waiting-writes', act) : act()
}

/** Does what waits, in the order it was made, until it is done or the server cannot be reached. */
export async function settleWaiting(): Promise<void> {
  clearTimeout(timer)
  isAskedAgain = true
  if (isRunning) return
  isRunning = true
  try {
    while (isAskedAgain) {
      isAskedAgain = false
      await alone(settleAll)
    }
  } finally {
    isRunning = false
  }
}

async function settleAll(): Promise<void> {
  const vault = await openVault()
  if (!vault) return
  const pending = usePendingStore()
  let saved = 0
  for (;;) {
    const writes = (await vault.list('write')) as WaitingWrite[]
    count(writes)
    const [next] = writes
    if (!next) break
    const { end, tags } = await settled(next)
    if (end === 'later') return wait()
    if (end === 'saved') saved++
    await vault.remove('write', next.turn)
    pending.settled = { customerId: next.customerId, ...(tags && { tags }) }
  }
  round = 0
  if (saved > 0) pending.saySaved()
}

interface Settled {
  end: 'saved' | 'refused' | 'later'
  /** How her tags stand now, when it was about them. */
  tags?: CustomerTags
}

async function settled({ customerId, act, key, draft }: WaitingWrite): Promise<Settled> {
  try {
    const answer = await performWrite(customerId, act, key)
    return { end: 'saved', ...(act.kind === 'tags' && { tags: answer as CustomerTags }) }
  } catch (error) {
    // Whose session has ended comes back signed in, and goes on.
    if (isPassing(error) || statusOf(error) === 401) return { end: 'later' }
    const drafts = useDraftsStore()
    if (statusOf(error) === 404) await drafts.forget(customerId)
    else if (draft) {
      const reason = error instanceof ChangedElsewhere ? '别人刚改过' : problemTitle(error)
      await drafts.load(customerId)
      // The server knows that it is about a child (P28).
      const isPageOnly = error instanceof ApiError && error.problem.code === 'guardian_consent_required'
      drafts.keep(customerId, draft.kind, {
        value: draft.value,
        reason: `${reason}，没有存上`,
        ...(isPageOnly && { isPageOnly }),
      })
    }
    return { end: 'refused' }
  }
}

const statusOf = (error: unknown) => (error instanceof ApiError ? error.problem.status : undefined)

let hasBegun = false
/** Once per page, when the first screen stands: what an earlier page has left is done, and again whenever the network comes back. */
export function beginSettling(): void {
  if (hasBegun) return
  hasBegun = true
  const again = () => {
    round = 0
    void settleWaiting()
  }
  addEventListener('online', again)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden' && waiting.size > 0) again()
  })
  again()
}
