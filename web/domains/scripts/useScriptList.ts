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
import { scriptSearch } from './scriptSearch.ts'
import { useScriptsStore } from './scripts.store.ts'

const FAVOURITES = '收藏'
const RECENT = '最近'

export interface ScriptListRow {
  script: Script
  facts: KnownFacts
  found: readonly MatchRange[]
}

/**
 * The scripts found by the words and the folder. Nothing looked for: those that suit a date of this customer come first, the
 * nearest date first; else the best hits first, in that order. What one row shows is made when the row comes into view.
 */
export function useScriptList(words: Ref<string>, folder: Ref<string | undefined>) {
  const store = useScriptsStore()
  const current = useCurrentCustomerStore()
  const session = useSessionStore()

  /** The date each occasion would speak of; worked out once per customer, not once per script. */
  const dates = computed(() => {
    const known = new Map<Script['occasion'], ImportantDate | undefined>()
    for (const { occasion } of store.scripts ?? [])
      if (!known.has(occasion))
        known.set(
          occasion,
          current.card?.dates.find(date => suits(occasion, date)),
        )
    return known
  })
  const facts = computed(
    () =>
      new Map(
        [...dates.value].map(([occasion, date]) => [
          occasion,
          scriptFacts(session.session, current.card, date),
        ]),
      ),
  )
  const factsOf = (script: Script): KnownFacts =>
    facts.value.get(script.occasion) ?? scriptFacts(session.session, current.card)

  /** By the day it speaks of; in a group, what needs one customer comes last. */
  const placeOf = (script: Script): string => {
    if (!current.card && finalParts(script, factsOf(script)) === undefined) return '99'
    return dates.value.get(script.occasion)?.nextOn ?? '9'
  }
  const ordered = computed<readonly Script[]>(() =>
    (store.scripts ?? [])
      .map(script => ({ script, place: placeOf(script) }))
      .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
      .map(({ script }) => script),
  )

  const found = computed(() => scriptSearch.find(ordered.value, words.value).items)
  const recent = computed(() => new Map(store.recentIds.map((scriptId, place) => [scriptId, place])))
  const isRecent = ({ scriptId }: Script) => recent.value.has(scriptId)
  const counts = computed((): Record<string, number> => {
    const byOccasion = new Map<Script['occasion'], number>()
    for (const { occasion } of found.value) byOccasion.set(occasion, (byOccasion.get(occasion) ?? 0) + 1)
    return {
      [FAVOURITES]: found.value.filter(({ isFavourite }) => isFavourite).length,
      [RECENT]: found.value.filter(isRecent).length,
      ...Object.fromEntries(
        folders.map(({ name, occasions }) => [
          name,
          occasions.reduce((sum, occasion) => sum + (byOccasion.get(occasion) ?? 0), 0),
        ]),
      ),
    }
  })
  /** The chosen folder, as long as the search leaves anything in it; a hidden folder must not hide the hits. */
  const shownFolder = computed(() => (folder.value && counts.value[folder.value] ? folder.value : undefined))
  const rows = computed<readonly Script[]>(() => {
    if (shownFolder.value === FAVOURITES) return found.value.filter(({ isFavourite }) => isFavourite)
    if (shownFolder.value === RECENT) {
      const placeOf = ({ scriptId }: Script) => recent.value.get(scriptId) ?? 0
      return found.value.filter(isRecent).sort((a, b) => placeOf(a) - placeOf(b))
    }
    const occasions = folders.find(item => item.name === shownFolder.value)?.occasions
    return occasions ? found.value.filter(script => occasions.includes(script.occasion)) : found.value
  })

  return {
    rows,
    /** Quick replies in their places. */
    pinned: computed(() =>
      (store.scripts ?? [])
        .filter(({ pinnedSlot }) => pinnedSlot !== null)
        .sort((a, b) => (a.pinnedSlot ?? 0) - (b.pinnedSlot ?? 0)),
    ),
    /** What a row shows beside the script itself. */
    rowOf: (script: Script): ScriptListRow => ({
      script,
      facts: factsOf(script),
      found: matchKey(words.value, { text: script.title, ...script }) ?? [],
    }),
    /** The ways to look at less: what is kept or was just used, then the folders; only those that hold something. */
    chips: computed(() =>
      [FAVOURITES, RECENT, ...folders.map(({ name }) => name)]
        .map(name => ({ name, word: name, count: counts.value[name] ?? 0 }))
        .filter(({ count }) => count > 0),
    ),
    shownFolder,
    total: computed(() => found.value.length),
    /** Only while there is nothing to show: a catalogue of an hour ago is better than none. */
    error: computed(() => (store.scripts ? undefined : store.error)),
    isWaiting: computed(() => !store.scripts && !store.error),
    load: store.load,
  }
}
