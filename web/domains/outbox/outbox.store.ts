import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import type { Unsent, UnsentItem } from '../../../shared/contract/outbox.ts'
import { ApiError, isPassing } from '../../api/apiError.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { dismissUnsent, listUnsent, retryUnsent } from '../../api/outbox.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast, UNDO_MS } from '../../ui/undoToast.ts'

/** Between two retries of many: the server takes ten requests a second. */
const RETRY_PAUSE_MS = 120

const isGone = (error: unknown) => error instanceof ApiError && error.problem.status === 404

/**
 * What did not reach WeCom. Shared by 今日, 管理 and the page itself; a row that was read (`知道了`) leaves at once and is
 * told to the server when it can no longer be taken back, wherever the guide has gone meanwhile.
 */
export const useOutboxStore = defineStore('outbox', () => {
  const found = shallowRef<Unsent>()
  const error = shallowRef<unknown>()
  const isBusy = ref(false)
  /** Read, and no longer shown; still at the server for some seconds. */
  const leaving = shallowReactive(new Set<string>())
  const retrying = shallowReactive(new Set<string>())
  /** How far retrying all is. */
  const progress = ref<{ done: number; total: number }>()
  let latest = 0

  const items = computed(() => found.value?.items.filter(item => !leaving.has(item.outboxId)) ?? [])

  async function look(): Promise<void> {
    const turn = ++latest
    isBusy.value = true
    error.value = undefined
    try {
      const answer = await listUnsent()
      if (turn === latest) found.value = answer
    } catch (cause) {
      if (turn === latest) error.value = cause
    } finally {
      if (turn === latest) isBusy.value = false
    }
  }

  /** Throws what stands in the way of all others too. */
  async function retryOne({ outboxId }: UnsentItem): Promise<string | undefined> {
    retrying.add(outboxId)
    try {
      await retryUnsent(outboxId, newIdempotencyKey())
      return undefined
    } catch (cause) {
      if (isGone(cause)) return undefined // somebody else has dealt with it
      if (isPassing(cause)) throw cause
      return problemTitle(cause)
    } finally {
      retrying.delete(outboxId)
    }
  }

  async function retry(item: UnsentItem): Promise<void> {
    if (retrying.has(item.outboxId) || progress.value) return
    const trouble = await retryOne(item).catch(problemTitle)
    showToast(trouble ? `${trouble}，这一项没有重试` : '又排上了，会自己同步')
    await look()
  }

  async function retryAll(): Promise<void> {
    if (progress.value) return
    const all = items.value
    progress.value = { done: 0, total: all.length }
    const troubles: string[] = []
    try {
      for (const [index, item] of all.entries()) {
        if (index > 0) await new Promise(resolve => setTimeout(resolve, RETRY_PAUSE_MS))
        const trouble = await retryOne(item)
        if (trouble) troubles.push(trouble)
        progress.value = { done: index + 1, total: all.length }
      }
      showToast(troubles[0] ? `${troubles[0]}，${troubles.length} 项没有重试` : '都又排上了，会自己同步')
    } catch (cause) {
      showToast(`${problemTitle(cause)}，还有 ${all.length - progress.value.done} 项没有重试`)
    } finally {
      progress.value = undefined
    }
    await look()
  }

  async function tellRead({ outboxId }: UnsentItem): Promise<void> {
    try {
      await dismissUnsent(outboxId)
    } catch (cause) {
      if (isGone(cause)) return
      leaving.delete(outboxId)
      showToast(`${problemTitle(cause)}，这一项还在`)
    }
    await look()
  }

  function dismiss(item: UnsentItem): void {
    leaving.add(item.outboxId)
    const timer = setTimeout(() => void tellRead(item), UNDO_MS)
    showToast(`不再同步「${item.what}」`, () => {
      clearTimeout(timer)
      leaving.delete(item.outboxId)
    })
  }

  return {
    items,
    /** How many there are, also beyond the hundred that are listed. */
    total: computed(() => Math.max(0, (found.value?.total ?? 0) - leaving.size)),
    /** On their way by themselves. */
    waiting: computed(() => found.value?.waiting ?? 0),
    oldestSeconds: computed(() => found.value?.oldestSeconds ?? null),
    isKnown: computed(() => found.value !== undefined),
    error,
    isBusy,
    progress,
    isRetrying: (item: UnsentItem) => retrying.has(item.outboxId),
    look,
    retry,
    retryAll,
    dismiss,
  }
})
