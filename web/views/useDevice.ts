import { watch } from 'vue'
import { ApiError } from '../api/apiError.ts'
import { useCurrentCustomerStore } from '../domains/customers/currentCustomer.store.ts'
import { useDraftsStore } from '../domains/drafts/drafts.store.ts'
import { usePendingStore } from '../domains/drafts/pending.store.ts'
import { whenIdle } from '../ui/whenIdle.ts'
import { warmUp } from './warmUp.ts'

/** Keeps the page and what lies on the device together: drafts of the customer in view, writes that wait for the network. */
export function useDevice(): void {
  const current = useCurrentCustomerStore()
  const drafts = useDraftsStore()
  const pending = usePendingStore()

  /** The first screen stands, or it is known that there is none. */
  const isSettled = () =>
    current.card !== undefined ||
    current.error !== undefined ||
    (current.place !== 'asking' && current.place !== 'customer')
  watch(
    isSettled,
    is => {
      if (!is) return
      warmUp()
      whenIdle(
        () =>
          void import('../domains/drafts/pendingWrites.ts').then(
            ({ beginSettling }) => beginSettling(),
            // It comes with the first write that needs it.
            () => undefined,
          ),
      )
    },
    { immediate: true },
  )
  watch(
    () => current.card?.customer.externalUserId,
    id => {
      if (id) whenIdle(() => void drafts.load(id))
    },
    { immediate: true },
  )
  watch(
    () => pending.settled,
    settled => {
      if (!settled) return
      if (settled.tags) current.showTags(settled.customerId, settled.tags)
      if (settled.customerId === current.externalUserId) void current.refresh()
    },
    // Each of several, and before what waited leaves the list.
    { flush: 'sync' },
  )
  // Erased, or nobody of ours any more: what was begun about her goes as well.
  watch(
    () => current.error,
    error => {
      if (error instanceof ApiError && error.problem.status === 404 && current.externalUserId)
        void drafts.forget(current.externalUserId)
    },
  )
}
