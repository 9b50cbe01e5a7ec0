import { computed, onMounted, shallowReactive } from 'vue'
import type { WaitingCustomer } from '../../../shared/contract/staff.ts'
import { listLeavers, listWaiting, transferCustomers } from '../../api/staff.ts'
import { useEvery } from '../../ui/useEvery.ts'
import { useForm } from '../../ui/useForm.ts'
import { useLoad } from '../../ui/useLoad.ts'
import { usePages } from '../../ui/usePages.ts'
import { transferLook } from './staffWords.ts'

/** So many customers go in one assignment, WeCom's limit too. */
export const MAX_CHOSEN = 100
/** Pause between two looks while WeCom has not answered an assignment yet. */
const LOOK_MS = 3_000

/** The customers of somebody who has left: choose some, hand them over, see what becomes of it. */
export function useHandover(fromUserId: string) {
  const leavers = useLoad(listLeavers)
  const pages = usePages(cursor => listWaiting(fromUserId, { cursor, limit: MAX_CHOSEN }))
  const chosen = shallowReactive(new Set<string>())
  const form = useForm((toUserId: string, idempotencyKey) =>
    transferCustomers({ fromUserId, toUserId, externalUserIds: [...chosen] }, idempotencyKey),
  )

  onMounted(() => {
    void leavers.run()
    void pages.restart()
  })

  const isFree = ({ transfer }: WaitingCustomer) => transfer === null || !transferLook(transfer).isOpen
  const free = computed(() => pages.items.value.filter(isFree))
  const isAllChosen = computed(
    () => chosen.size > 0 && chosen.size >= Math.min(MAX_CHOSEN, free.value.length),
  )

  /** False when it would be one too many. */
  function toggle({ externalUserId }: WaitingCustomer): boolean {
    form.edited()
    if (chosen.delete(externalUserId)) return true
    if (chosen.size >= MAX_CHOSEN) return false
    chosen.add(externalUserId)
    return true
  }
  function toggleAll(): void {
    form.edited()
    const isClearing = isAllChosen.value
    chosen.clear()
    if (!isClearing) for (const one of free.value.slice(0, MAX_CHOSEN)) chosen.add(one.externalUserId)
  }

  /** How all that are shown stand now; rows keep their places. */
  async function refresh(): Promise<void> {
    if (pages.busy.value) return
    const shown = pages.items.value
    const fresh = new Map<string, WaitingCustomer>()
    let cursor: string | null = null
    do {
      const page = await listWaiting(fromUserId, { cursor: cursor ?? undefined, limit: MAX_CHOSEN })
      for (const one of page.items) fresh.set(one.externalUserId, one)
      cursor = page.nextCursor
    } while (cursor !== null && fresh.size < shown.length)
    // More was fetched meanwhile: the next look is for all of it.
    if (pages.items.value !== shown) return
    pages.items.value =
      cursor === null && !pages.hasMore.value
        ? [...fresh.values()]
        : shown.map(one => fresh.get(one.externalUserId) ?? one)
    for (const one of fresh.values()) if (!isFree(one)) chosen.delete(one.externalUserId)
  }
  useEvery(LOOK_MS, () => pages.items.value.some(({ transfer }) => transfer?.state === 'waiting'), refresh)

  /** How many were accepted; undefined when it did not work, then `form.error` says why. */
  async function give(toUserId: string): Promise<number | undefined> {
    const saved = await form.submit(toUserId)
    if (!saved) return undefined
    chosen.clear()
    await Promise.allSettled([refresh(), leavers.run()])
    return saved.accepted
  }

  return {
    leaver: computed(() => leavers.data.value?.leavers.find(one => one.userId === fromUserId)),
    pages,
    chosen,
    isFree,
    free,
    isAllChosen,
    toggle,
    toggleAll,
    refresh,
    give,
    form,
  }
}
