import { ref, shallowRef, watch } from 'vue'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useDraftsStore } from '../drafts/drafts.store.ts'
import { editedFor, editKind } from './scriptEditKind.ts'
import type { useScriptSend } from './useScriptSend.ts'

interface Opened {
  script: Script
  facts: KnownFacts
  isOfChild: boolean
}

/** One script looked at part by part, changed for this one time and sent; and which of them have changed words that wait. */
export function useEditedWords(
  sending: Pick<ReturnType<typeof useScriptSend>, 'send'>,
  /** What a script is to restraint, where that is known. */
  natureOf: (script: Script) => { nature?: ReasonClass } = () => ({}),
) {
  const current = useCurrentCustomerStore()
  const drafts = useDraftsStore()
  const opened = shallowRef<Opened>()
  const isOpen = ref(false)
  watch(
    () => editedFor(current),
    id => void (id && drafts.load(id)),
    { immediate: true },
  )

  return {
    opened,
    isOpen,
    open(row: Opened): void {
      opened.value = row
      isOpen.value = true
    },
    async sendEdited(parts: ScriptPart[]): Promise<void> {
      const id = editedFor(current)
      const row = opened.value
      isOpen.value = false
      if (!row) return
      const { script, facts } = row
      if (!(await sending.send(script, facts, { edited: parts, ...natureOf(script) }))) return
      if (id) await drafts.drop(id, editKind(script.scriptId))
    },
    /** Words written for this chat that have not left: on the device, or only here. A tap that shows no words must not send others. */
    isEdited: ({ scriptId }: Script): boolean =>
      drafts.draftOf(editedFor(current), editKind(scriptId)) !== undefined &&
      !(isOpen.value && opened.value?.script.scriptId === scriptId),
  }
}
