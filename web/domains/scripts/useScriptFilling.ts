import { computed } from 'vue'
import type { Script } from '../../../shared/contract/scripts.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { scriptFacts } from '../../../shared/rules/scriptFacts.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useSessionStore } from '../session/session.store.ts'
import { momentsByOccasion } from './suggestFacts.ts'

/** What scripts are filled with for whoever is in view. */
export function useScriptFilling() {
  const current = useCurrentCustomerStore()
  const session = useSessionStore()

  /** What each occasion would speak of; worked out once per customer, not once per script. */
  const moments = computed(() => momentsByOccasion(current.card))
  const plain = computed(() => scriptFacts(session.session, current.card))
  const facts = computed(
    () =>
      new Map(
        [...moments.value].map(([occasion, { date }]) => [
          occasion,
          date ? scriptFacts(session.session, current.card, date) : plain.value,
        ]),
      ),
  )
  /** Another function for another customer: a search begins anew with it. */
  const factsOf = computed(() => {
    const [ofDates, others] = [facts.value, plain.value]
    return (script: Script): KnownFacts => ofDates.get(script.occasion) ?? others
  })

  return {
    moments,
    factsOf,
    /** Its words speak of a child's day. */
    isOfChild: ({ occasion }: Script): boolean =>
      occasion === 'birthdayChild' || moments.value.get(occasion)?.date?.person?.isMinor === true,
  }
}
