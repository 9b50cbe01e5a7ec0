import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { WatchedScript } from '../../../shared/contract/scriptResults.ts'
import { listWatchedScripts } from '../../api/stats.ts'

/** Scripts she may change that do not do well. Not known is shown as none: nothing waits for it. */
export const useScriptWatchStore = defineStore('scriptWatch', () => {
  const scripts = shallowRef<readonly WatchedScript[]>([])
  /** Asked, whatever was answered. */
  const isKnown = ref(false)
  const byId = computed(() => new Map(scripts.value.map(script => [script.scriptId, script])))

  async function look(): Promise<void> {
    try {
      scripts.value = (await listWatchedScripts()).scripts
    } catch {
      // A hint, and the page it leads to says when something is wrong.
    } finally {
      isKnown.value = true
    }
  }

  return { scripts, isKnown, look, find: (scriptId: string) => byId.value.get(scriptId) }
})
