import { computed } from 'vue'
import type { Script } from '../../../shared/contract/scripts.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { metBy, needsOf } from '../../../shared/rules/scriptNeeds.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { isForOnePerson } from './occasionWords.ts'
import { shortTitle } from './partWords.ts'
import { useScriptFilling } from './useScriptFilling.ts'
import { useScriptsStore } from './scripts.store.ts'

export interface QuickReply {
  script: Script
  facts: KnownFacts
  word: string
  /** what is missing; then it cannot be sent */
  hole: string | undefined
}

/** 快捷回复: the scripts she has pinned, in their places, filled for whoever is in view. */
export function useQuickReplies() {
  const store = useScriptsStore()
  const current = useCurrentCustomerStore()
  const { factsOf } = useScriptFilling()

  const replies = computed(() =>
    (store.scripts ?? [])
      // In a group: what is said to one person does not go there.
      .filter(one => one.pinnedSlot !== null && !(current.chatId && isForOnePerson(one.occasion)))
      .sort((a, b) => (a.pinnedSlot ?? 0) - (b.pinnedSlot ?? 0))
      .map((script): QuickReply => {
        const facts = factsOf.value(script)
        return {
          script,
          facts,
          word: shortTitle(script.title),
          hole: metBy(needsOf(script.parts), facts).holes[0],
        }
      }),
  )
  return { replies, load: store.load }
}
