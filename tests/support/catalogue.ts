import { catalogueOf } from '../../server/domains/scripts/catalogue.ts'
import type { Script, ScriptCatalogue } from '../../shared/contract/scripts.ts'

/** What the server answers a page that keeps nothing yet, in this order. */
export const catalogueAnswer = (
  scripts: readonly Script[],
  recentIds: readonly string[] = [],
): ScriptCatalogue =>
  catalogueOf(
    { scripts: scripts.map((script, sort) => ({ ...script, sort })), recentIds: [...recentIds] },
    {},
  )

/** A whole answer as scripts again, in the order of the library. */
export function wholeCatalogue({ scripts, marks, recentIds }: ScriptCatalogue) {
  const none = { uses: 0, worked: null, isFavourite: false, pinnedSlot: null }
  const found = scripts.changed.map((words): Script => {
    const own = marks.changed.find(({ scriptId }) => scriptId === words.scriptId)
    return { ...words, ...none, ...own } as Script
  })
  return { scripts: found.sort((a, b) => a.sort - b.sort || (a.title < b.title ? -1 : 1)), recentIds }
}
