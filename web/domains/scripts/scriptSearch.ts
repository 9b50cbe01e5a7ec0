import type { Script } from '../../../shared/contract/scripts.ts'
import { createSearch } from '../../../shared/rules/searchIndex.ts'
import { inIdleSlices } from '../../ui/whenIdle.ts'

/** One index for every list of scripts; what is prepared once serves all of them. */
export const scriptSearch = createSearch<Script>(script => ({
  text: script.title,
  pinyin: script.pinyin,
  initials: script.initials,
  body: script.parts.flatMap(part => (part.kind === 'text' ? [part.text] : [])),
}))

const SLICE = 250

/** So that the first key does not have to wait for it. */
export const prepareScriptSearch = (scripts: readonly Script[]): void =>
  inIdleSlices(scripts, SLICE, scriptSearch.prepare)
