import { computed, shallowRef, watch, type Ref } from 'vue'
import type { Card } from '../../../shared/contract/customers.ts'
import type { Script } from '../../../shared/contract/scripts.ts'
import type { KnownFacts } from '../../../shared/rules/fillScript.ts'
import { markKey, type MatchRange } from '../../../shared/rules/searchKey.ts'
import { suggestScripts } from '../../../shared/rules/suggestScript.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useSessionStore } from '../session/session.store.ts'
import { todayFirst, withNothingDue } from './listOrder.ts'
import { folders, isForOnePerson } from './occasionWords.ts'
import { scriptSearch } from './scriptSearch.ts'
import { useScriptsStore } from './scripts.store.ts'
import { candidateOf, suggestFactsOf } from './suggestFacts.ts'
import { useScriptFilling } from './useScriptFilling.ts'

const FAVOURITES = '收藏'
const RECENT = '最近'

export interface ScriptListRow {
  script: Script
  facts: KnownFacts
  /** its words speak of a child's day */
  isOfChild: boolean
  found: readonly MatchRange[]
  /** why it is the first; empty for the others */
  why: string
}

/**
 * The scripts found by the words and the folder. Nothing looked for: what suits this customer best comes first
 * (`shared/rules/suggestScript.ts`), and with no reason to write to her what was used last; else the best hits first, in that order. What one row shows is made when the row comes into view.
 */
export function useScriptList(words: Ref<string>, folder: Ref<string | undefined>) {
  const store = useScriptsStore()
  const current = useCurrentCustomerStore()
  const session = useSessionStore()

  const { moments, factsOf, isOfChild } = useScriptFilling()

  /** What she had lately, as it was when her card came: rows keep their places while one of them is sent. */
  const sent = shallowRef<Card['recentScripts']>([])
  const usedLast = shallowRef<readonly string[]>([])
  watch(
    [() => current.card?.customer.externalUserId, () => store.scripts !== undefined],
    () => {
      sent.value = current.card?.recentScripts ?? []
      usedLast.value = store.recentIds
    },
    { immediate: true },
  )
  const suggested = computed(() => {
    const { card } = current
    const known = suggestFactsOf(card, moments.value, session.today, session.corp.timeZone, sent.value)
    const all = suggestScripts(
      (store.scripts ?? []).map(script => candidateOf(script, factsOf.value(script))),
      known,
    )
    if (card) return all.some(({ isDue }) => isDue) ? all : withNothingDue(all, usedLast.value)
    // In a group, what needs one customer comes last.
    const isReady = ({ candidate }: (typeof all)[number]) => candidate.holes.length === 0
    return [...all.filter(isReady), ...all.filter(one => !isReady(one))]
  })
  const ordered = computed<readonly Script[]>(() => suggested.value.map(({ candidate }) => candidate.script))
  /** Why the first one stands there; nothing to say while she looks for something else. */
  const why = computed(() => {
    const [first] = suggested.value
    if (!first?.isDue || !current.card || words.value || shownFolder.value) return undefined
    return first.candidate.holes.length === 0
      ? { scriptId: first.candidate.scriptId, words: first.why }
      : undefined
  })
  /** She has no reason to hear from us today. */
  const isNothingDue = computed(
    () =>
      current.card !== undefined &&
      current.card.reminders.length === 0 &&
      !words.value &&
      !shownFolder.value &&
      suggested.value.length > 0 &&
      suggested.value.every(({ isDue }) => !isDue),
  )

  const offToday = computed(
    () =>
      new Set(
        suggested.value.flatMap(({ candidate, score }) =>
          score.offDay === undefined ? [] : [candidate.script],
        ),
      ),
  )
  const found = computed(() => {
    const { items, ranks } = scriptSearch.find(ordered.value, words.value, factsOf.value)
    return todayFirst(items, ranks, script => offToday.value.has(script))
  })
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

  /** In a group: what is said to one person does not go there. */
  const isKeptBack = ({ occasion }: Script) => current.chatId !== undefined && isForOnePerson(occasion)

  return {
    rows: computed(() => rows.value.filter(script => !isKeptBack(script))),
    /** In a group, what belongs into one customer's chat. */
    ofOnePerson: computed(() => rows.value.filter(isKeptBack)),
    /** What a row shows beside the script itself. */
    rowOf: (script: Script): ScriptListRow => ({
      script,
      facts: factsOf.value(script),
      isOfChild: isOfChild(script),
      found: markKey(words.value, { text: script.title, ...script }),
      why: why.value?.scriptId === script.scriptId ? why.value.words : '',
    }),
    /** The ways to look at less: what is kept or was just used, then the folders; only those that hold something. */
    chips: computed(() =>
      [FAVOURITES, RECENT, ...folders.map(({ name }) => name)]
        .map(name => ({ name, word: name, count: counts.value[name] ?? 0 }))
        .filter(({ count }) => count > 0),
    ),
    shownFolder,
    isNothingDue,
    total: computed(() => found.value.length),
    /** Only while there is nothing to show: a catalogue of an hour ago is better than none. */
    error: computed(() => (store.scripts ? undefined : store.error)),
    isWaiting: computed(() => !store.scripts && !store.error),
    load: store.load,
  }
}
