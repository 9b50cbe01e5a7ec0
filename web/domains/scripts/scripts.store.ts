import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { PINNED_SLOTS, type Script } from '../../../shared/contract/scripts.ts'
import { loadScripts } from '../../api/scripts.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { prepareScriptSearch } from './scriptSearch.ts'

/** The catalogue of scripts: the same for every customer, so it outlives a screen, and lies on the device for the next page. */
export const useScriptsStore = defineStore('scripts', () => {
  const scripts = shallowRef<Script[]>()
  /** My last ones, newest first. */
  const recentIds = shallowRef<readonly string[]>([])
  const error = shallowRef<unknown>()
  const busy = ref(false)
  let tag: string | undefined

  async function load(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    try {
      tag = await loadScripts(found => {
        scripts.value = found.scripts
        recentIds.value = found.recentIds
        prepareScriptSearch(found.scripts)
      }, tag)
    } catch (cause) {
      error.value = cause
    } finally {
      busy.value = false
    }
  }

  /** Shown at once; put back when the server does not take it. Taps in a row reach it in their order. */
  let lastMark: Promise<unknown> = Promise.resolve()
  async function mark(change: (script: Script) => Script, write: () => Promise<unknown>): Promise<void> {
    const before = scripts.value
    scripts.value = before?.map(change)
    const turn = lastMark.then(write)
    lastMark = turn.catch(() => undefined)
    try {
      await turn
    } catch (cause) {
      scripts.value = before
      showToast(`${problemTitle(cause)}，没有记下`)
    }
  }

  async function setFavourite(scriptId: string, isFavourite: boolean): Promise<void> {
    await mark(
      script => (script.scriptId === scriptId ? { ...script, isFavourite } : script),
      async () => (await import('../../api/scriptLibrary.ts')).markFavourite(scriptId, isFavourite),
    )
  }

  /** Gives it a place among the quick replies, or takes it out; what stood there makes room. */
  async function pin(scriptId: string, slot: number | null): Promise<void> {
    const slotOf = (script: Script): number | null => {
      if (script.scriptId === scriptId) return slot
      return script.pinnedSlot === slot ? null : script.pinnedSlot
    }
    const ids = Array.from(
      { length: PINNED_SLOTS },
      (_, index) => scripts.value?.find(script => slotOf(script) === index + 1)?.scriptId ?? null,
    )
    await mark(
      script => (slotOf(script) === script.pinnedSlot ? script : { ...script, pinnedSlot: slotOf(script) }),
      async () => (await import('../../api/scriptLibrary.ts')).pinScripts(ids),
    )
  }

  /** It has just left: it is the newest of the last ones. */
  function noteSent(scriptId: string): void {
    recentIds.value = [scriptId, ...recentIds.value.filter(id => id !== scriptId)].slice(0, 10)
  }

  return { scripts, recentIds, error, busy, load, setFavourite, pin, noteSent }
})
