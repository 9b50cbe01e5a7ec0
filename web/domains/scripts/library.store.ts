import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { ManagedScript } from '../../../shared/contract/scriptLibrary.ts'
import { archiveScript, listManagedScripts, orderScripts, restoreScript } from '../../api/scriptLibrary.ts'
import { problemDetail } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'

/** The scripts she may change: the list and the page of one of them look at the same. Memory only. */
export const useLibraryStore = defineStore('scriptLibrary', () => {
  const scripts = shallowRef<ManagedScript[]>()
  const error = shallowRef<unknown>()
  const busy = ref(false)
  let lastOrder: Promise<unknown> = Promise.resolve()

  async function load(): Promise<void> {
    busy.value = true
    error.value = undefined
    try {
      scripts.value = (await listManagedScripts()).scripts
    } catch (cause) {
      error.value = cause
    } finally {
      busy.value = false
    }
  }

  /** As the server has it now; a new one stands at the end. */
  function put(script: ManagedScript): void {
    const known = scripts.value ?? []
    const isKnown = known.some(({ scriptId }) => scriptId === script.scriptId)
    scripts.value = isKnown
      ? known.map(one => (one.scriptId === script.scriptId ? script : one))
      : [...known, script]
  }

  async function restore({ scriptId, title }: ManagedScript): Promise<void> {
    try {
      put(await restoreScript(scriptId))
    } catch (cause) {
      showToast(`${problemDetail(cause)}，「${title}」还停用着`)
    }
  }

  /** @returns whether it is out of use now */
  async function archive(script: ManagedScript): Promise<boolean> {
    try {
      await archiveScript(script.scriptId)
    } catch (cause) {
      showToast(`${problemDetail(cause)}，没有停用`)
      return false
    }
    put({ ...script, state: 'archived' })
    showToast(`已停用「${script.title}」`, () => void restore(script))
    return true
  }

  /** Two that stand beside each other on the screen change places, at once; taps in a row reach the server in their order. */
  async function swap(one: ManagedScript, other: ManagedScript): Promise<void> {
    const before = scripts.value
    scripts.value = before?.map(each =>
      each.scriptId === one.scriptId ? other : each.scriptId === other.scriptId ? one : each,
    )
    const isFirst = (before ?? []).indexOf(one) < (before ?? []).indexOf(other)
    const ids = isFirst ? [other.scriptId, one.scriptId] : [one.scriptId, other.scriptId]
    const turn = lastOrder.then(() => orderScripts(ids))
    lastOrder = turn.catch(() => undefined)
    try {
      await turn
    } catch (cause) {
      showToast(`${problemDetail(cause)}，顺序没有改`)
      await load()
    }
  }

  const find = (scriptId: string) => scripts.value?.find(script => script.scriptId === scriptId)

  return { scripts, error, busy, load, put, find, archive, restore, swap }
})
