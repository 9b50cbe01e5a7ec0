import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { BulkExport } from '../../../shared/contract/privacy.ts'
import { listBulkExports } from '../../api/privacy.ts'

/** Lists of many that colleagues have asked for and this admin may let through. Shared by the bar, 管理 and 隐私. */
export const useToDecideStore = defineStore('toDecide', () => {
  const items = shallowRef<readonly BulkExport[]>()
  const error = shallowRef<unknown>()
  let underWay: Promise<void> | undefined

  async function ask(): Promise<void> {
    error.value = undefined
    try {
      items.value = (await listBulkExports()).items
    } catch (cause) {
      error.value = cause
    } finally {
      underWay = undefined
    }
  }

  return {
    /** Undefined until it is known. */
    count: computed(() => items.value?.filter(({ state, isMine }) => state === 'waiting' && !isMine).length),
    isMissing: computed(() => error.value !== undefined && items.value === undefined),
    /** Several places ask at once: one request answers all. */
    look: (): Promise<void> => (underWay ??= ask()),
    /** What its page has read anyway. */
    meet(read: readonly BulkExport[]): void {
      items.value = read
    },
  }
})
