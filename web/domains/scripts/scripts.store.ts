import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { Script } from '../../../shared/contract/scripts.ts'
import { listScripts } from '../../api/scripts.ts'

/** The catalogue of scripts: the same for every customer, so it outlives a screen. */
export const useScriptsStore = defineStore('scripts', () => {
  const scripts = shallowRef<Script[]>()
  const error = shallowRef<unknown>()
  const busy = ref(false)

  async function load(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    try {
      scripts.value = (await listScripts()).scripts
    } catch (cause) {
      error.value = cause
    } finally {
      busy.value = false
    }
  }
  return { scripts, error, busy, load }
})
