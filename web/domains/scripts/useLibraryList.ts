import { computed, type Ref } from 'vue'
import type { ManagedScript } from '../../../shared/contract/scriptLibrary.ts'
import { matchKey } from '../../../shared/rules/searchKey.ts'
import { scopeWords, stateWords } from './libraryWords.ts'
import { useLibraryStore } from './library.store.ts'

const scopes = ['company', 'store', 'personal'] as const
const states = ['notYet', 'over', 'archived'] as const

/** The library as it is looked through: by words, by whose it is, by whether it is used now. */
export function useLibraryList(words: Ref<string>, filter: Ref<string | undefined>, isOnlyMine: boolean) {
  const store = useLibraryStore()
  /** What she may change comes first. */
  const all = computed(() => {
    const scripts = (store.scripts ?? []).filter(({ mine }) => mine || !isOnlyMine)
    return [...scripts.filter(({ mayChange }) => mayChange), ...scripts.filter(({ mayChange }) => !mayChange)]
  })
  const found = computed(() =>
    words.value === ''
      ? all.value
      : all.value.filter(script => matchKey(words.value, { text: script.title, ...script }) !== undefined),
  )
  /** What is out of use stands only where it is asked for. */
  const fits = (script: ManagedScript, name: string | undefined) => {
    if (name === undefined) return script.state !== 'archived'
    return script.state === name || (script.scope === name && script.state !== 'archived')
  }
  const count = (name: string) => found.value.filter(script => fits(script, name)).length
  const chips = computed(() =>
    [
      ...(isOnlyMine ? [] : scopes.map(name => ({ name, word: scopeWords[name], count: count(name) }))),
      ...states.map(name => ({ name, word: stateWords[name], count: count(name) })),
    ].filter(chip => chip.count > 0),
  )
  const shownFilter = computed(() =>
    chips.value.some(({ name }) => name === filter.value) ? filter.value : undefined,
  )
  return {
    store,
    chips,
    shownFilter,
    total: computed(() => found.value.filter(script => fits(script, undefined)).length),
    rows: computed(() => found.value.filter(script => fits(script, shownFilter.value))),
    foundIn: (script: ManagedScript) => matchKey(words.value, { text: script.title, ...script }) ?? [],
  }
}
