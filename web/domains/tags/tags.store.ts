import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { TagGroup } from '../../../shared/contract/tags.ts'

/** The catalogue of tags: the same for every customer, so it outlives a screen, and lies on the device for the next
 * page. Loaded when the picker opens, or idle. */
export const useTagsStore = defineStore('tags', () => {
  const groups = shallowRef<TagGroup[]>()
  const error = shallowRef<unknown>()
  const busy = ref(false)
  let tag: string | undefined

  async function load(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    try {
      const { loadTagGroups } = await import('../../api/tags.ts')
      tag = await loadTagGroups(found => (groups.value = found.groups), tag)
    } catch (cause) {
      error.value = cause
    } finally {
      busy.value = false
    }
  }

  const groupById = computed(() => new Map((groups.value ?? []).map(group => [group.groupId, group])))
  return {
    groups,
    error,
    busy,
    load,
    /** False as long as the catalogue is not there; the server replaces anyway. */
    isSingleChoice: (groupId: string) => groupById.value.get(groupId)?.choice === 'single',
  }
})
