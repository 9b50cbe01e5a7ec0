import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { Script } from '../../../shared/contract/scripts.ts'
import { loadScripts } from '../../api/scripts.ts'

/** The catalogue of scripts: the same for every customer, so it outlives a screen, and lies on the device for the next page. */
export const useScriptsStore = defineStore('scripts', () => {
  const scripts = shallowRef<Script[]>()
  const error = shallowRef<unknown>()
  const busy = ref(false)
  let tag: string | undefined

  async function load(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    try {
      tag = await loadScripts(found => (scripts.value = found.scripts), tag)
    } catch (cause) {
      error.value = cause
    } finally {
      busy.value = false
    }
  }
  return { scripts, error, busy, load }
})
