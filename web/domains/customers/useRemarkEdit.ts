import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { changeRemark } from '../../api/customers.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemDetail } from '../../ui/problemTitle.ts'
import { writeOrKeep } from '../drafts/pendingWrites.ts'
import { useFieldDrafts } from '../drafts/useFieldDrafts.ts'
import { useCurrentCustomerStore } from './currentCustomer.store.ts'
import type { FieldEdit } from './useProfileEdit.ts'

const REMARK = 'remark'

/** When to look whether WeCom has taken it, counted from when it was seen on its way, in milliseconds. */
const SYNC_LOOKS_MS = [2_000, 6_000, 15_000, 40_000] as const

/**
 * The name under which the guide sees the customer in WeCom. New words show at once and are `isUnsynced` until WeCom has them;
 * what cannot be saved is put back, `trouble` says why, and the words wait in `kept`.
 */
export function useRemarkEdit() {
  const current = useCurrentCustomerStore()
  const follow = computed(() => current.card?.follow)
  const pending = shallowRef<{ words: string | null }>()
  const drafts = useFieldDrafts(
    name => name,
    () => current.externalUserId,
  )
  const trouble = ref('')

  watch(
    () => current.externalUserId,
    () => {
      pending.value = undefined
      trouble.value = ''
    },
  )

  async function save({ about, seen, words }: FieldEdit): Promise<void> {
    if (about?.kind !== 'customer') return
    const { externalUserId } = about
    if (externalUserId !== current.externalUserId) return drafts.keep(externalUserId, REMARK, words)
    trouble.value = ''
    const mine = { words }
    pending.value = mine
    const keep = (why = '') => {
      drafts.keep(externalUserId, REMARK, words)
      if (current.externalUserId !== externalUserId) return
      trouble.value = why && `${why}，没有改动。你写的还在，点开再存`
    }
    try {
      // Leaving the field may be the very effect of another chat: what was typed about one never reaches another.
      if (!(await current.confirmStillHere(about))) return keep()
      if ((follow.value?.remark ?? null) !== seen) return keep('刚在别处改过')
      const key = newIdempotencyKey()
      const saved = await writeOrKeep(
        {
          customerId: externalUserId,
          key,
          act: { kind: 'remark', words: words ?? '' },
          draft: { kind: REMARK, value: words ?? '' },
        },
        () => changeRemark(externalUserId, words ?? '', key),
      )
      drafts.drop(externalUserId, REMARK)
      current.showRemark(externalUserId, saved === 'kept' ? { remark: words, sync: 'pending' } : saved)
      current.noteChange()
    } catch (error) {
      keep(problemDetail(error))
    } finally {
      if (pending.value === mine) pending.value = undefined
    }
  }

  const isUnsynced = computed(() => pending.value === undefined && follow.value?.remarkSync === 'pending')
  let timers: ReturnType<typeof setTimeout>[] = []
  const stopLooking = () => {
    timers.forEach(clearTimeout)
    timers = []
  }
  watch(
    () => isUnsynced.value && current.externalUserId,
    id => {
      stopLooking()
      if (id)
        timers = SYNC_LOOKS_MS.map(pause => setTimeout(() => isUnsynced.value && void current.retry(), pause))
    },
    { immediate: true },
  )
  onScopeDispose(stopLooking)

  return {
    save,
    trouble,
    /** What was typed and not saved. */
    kept: computed(() => drafts.get(REMARK)),
    typed(edit: FieldEdit): void {
      if (edit.about?.kind === 'customer') drafts.typed(edit.about.externalUserId, REMARK, edit)
    },
    discard(): void {
      if (current.externalUserId) drafts.drop(current.externalUserId, REMARK)
    },
    isSaving: computed(() => pending.value !== undefined),
    isUnsynced,
    value: computed(() => (pending.value ? pending.value.words : (follow.value?.remark ?? null))),
  }
}
