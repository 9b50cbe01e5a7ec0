import { computed, type Ref } from 'vue'
import type { Script } from '../../../shared/contract/scripts.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { matchKey, type MatchRange } from '../../../shared/rules/searchKey.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useSessionStore } from '../session/session.store.ts'
import { folders, suits } from './occasionWords.ts'
import { scriptFacts } from './scriptFacts.ts'
import { finalParts } from './useScriptSend.ts'
import { useScriptsStore } from './scripts.store.ts'

export interface ScriptListRow {
  script: Script
  facts: KnownFacts
  found: readonly MatchRange[]
}

/**
 * The scripts found by the words and the folder, each with the facts of the date it speaks of; those that suit a date
 * of this customer come first, the nearest date first.
 */
export function useScriptList(words: Ref<string>, folder: Ref<string | undefined>) {
  const store = useScriptsStore()
  const current = useCurrentCustomerStore()
  const session = useSessionStore()

  const dateFor = (script: Script): ImportantDate | undefined =>
    current.card?.dates.find(date => suits(script.occasion, date))

  const found = computed(() => {
    const rows: { script: Script; found: readonly MatchRange[] }[] = []
    for (const script of store.scripts ?? []) {
      const ranges = matchKey(words.value, {
        text: script.title,
        pinyin: script.pinyin,
        initials: script.initials,
      })
      if (ranges) rows.push({ script, found: ranges })
    }
    return rows
  })
  const counts = computed(() =>
    Object.fromEntries(
      folders.map(item => [
        item.name,
        found.value.filter(row => item.occasions.includes(row.script.occasion)).length,
      ]),
    ),
  )
  /** The chosen folder, as long as the search leaves anything in it; a hidden folder must not hide the hits. */
  const shownFolder = computed(() => (folder.value && counts.value[folder.value] ? folder.value : undefined))
  /** By the day it speaks of; in a group, what needs one customer comes last. */
  const order = ({ script, facts, date }: ScriptListRow & { date: ImportantDate | undefined }) => {
    if (!current.card && finalParts(script, facts) === undefined) return '99'
    return date?.nextOn ?? '9'
  }
  const rows = computed<ScriptListRow[]>(() => {
    const occasions = folders.find(item => item.name === shownFolder.value)?.occasions
    return found.value
      .filter(row => !occasions || occasions.includes(row.script.occasion))
      .map(row => {
        const date = dateFor(row.script)
        return { ...row, date, facts: scriptFacts(session.session, current.card, date) }
      })
      .sort((a, b) => order(a).localeCompare(order(b)))
  })

  return {
    rows,
    counts,
    shownFolder,
    total: computed(() => found.value.length),
    /** Only while there is nothing to show: a catalogue of an hour ago is better than none. */
    error: computed(() => (store.scripts ? undefined : store.error)),
    isWaiting: computed(() => !store.scripts && !store.error),
    load: store.load,
  }
}
