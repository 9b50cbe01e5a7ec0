import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { PINNED_SLOTS, type Script } from '../../../shared/contract/scripts.ts'
import { loadScripts } from '../../api/scripts.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { shortTitle } from './partWords.ts'
import { prepareScriptSearch } from './scriptSearch.ts'

type Pins = readonly (string | null)[]

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
  async function mark(change: (script: Script) => Script, write: () => Promise<unknown>): Promise<boolean> {
    const before = scripts.value
    scripts.value = before?.map(change)
    const turn = lastMark.then(write)
    lastMark = turn.catch(() => undefined)
    try {
      await turn
      return true
    } catch (cause) {
      scripts.value = before
      showToast(`${problemTitle(cause)}，没有记下`)
      return false
    }
  }

  async function setFavourite(scriptId: string, isFavourite: boolean): Promise<void> {
    await mark(
      script => (script.scriptId === scriptId ? { ...script, isFavourite } : script),
      async () => (await import('../../api/scriptLibrary.ts')).markFavourite(scriptId, isFavourite),
    )
  }

  /** Whose places the quick replies are, first to last. */
  const pins = (): Pins =>
    Array.from(
      { length: PINNED_SLOTS },
      (_, index) => scripts.value?.find(({ pinnedSlot }) => pinnedSlot === index + 1)?.scriptId ?? null,
    )
  function arrange(ids: Pins): Promise<boolean> {
    const slotOf = ({ scriptId }: Script) => (ids.includes(scriptId) ? ids.indexOf(scriptId) + 1 : null)
    return mark(
      script => (slotOf(script) === script.pinnedSlot ? script : { ...script, pinnedSlot: slotOf(script) }),
      async () => (await import('../../api/scriptLibrary.ts')).pinScripts([...ids]),
    )
  }

  /** Gives it a place among the quick replies, or takes it out; what stood there makes room, is named, and can be put back. */
  async function pin(scriptId: string, slot: number | null): Promise<void> {
    const before = pins()
    const wordOf = (id: string | null | undefined) =>
      `「${shortTitle(scripts.value?.find(one => one.scriptId === id)?.title ?? '')}」`
    const replaced = slot === null ? null : before[slot - 1]
    const isSaved = await arrange(
      before.map((id, index) => (index + 1 === slot ? scriptId : id === scriptId ? null : id)),
    )
    if (!isSaved) return
    const words =
      slot === null
        ? `快捷回复里去掉了${wordOf(scriptId)}`
        : `快捷回复第 ${slot} 个是${wordOf(scriptId)}${replaced ? `，换下了${wordOf(replaced)}` : ''}`
    showToast(words, () => void arrange(before))
  }

  /** Into the first free place; where there is none, into the last. */
  function pinSomewhere(scriptId: string): Promise<void> {
    const free = pins().indexOf(null)
    return pin(scriptId, free === -1 ? PINNED_SLOTS : free + 1)
  }

  /** It has just left: it is the newest of the last ones. */
  function noteSent(scriptId: string): void {
    recentIds.value = [scriptId, ...recentIds.value.filter(id => id !== scriptId)].slice(0, 10)
  }

  return { scripts, recentIds, error, busy, load, setFavourite, pin, pinSomewhere, noteSent }
})
