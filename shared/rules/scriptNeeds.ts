import type { ScriptPart } from '../contract/scripts.ts'
import {
  isScriptVariable,
  parse,
  SCRIPT_VARIABLES,
  type KnownFacts,
  type VariableGroup,
} from './fillScript.ts'
import type { Candidate } from './suggestScript.ts'

/** What a message wants to know, each once. */
export interface ScriptNeeds {
  /** stop a send when they are not known */
  required: readonly string[]
  /** of her family and her sizes */
  own: readonly string[]
}

const ownGroups: readonly VariableGroup[] = ['家人', '尺寸']
const isOwn = (name: string) => isScriptVariable(name) && ownGroups.includes(SCRIPT_VARIABLES[name].group)

export function needsOf(parts: readonly ScriptPart[]): ScriptNeeds {
  const pieces = parts
    .flatMap(part => (part.kind === 'text' ? parse(part.text) : []))
    .filter(piece => piece.kind === 'variable')
  return {
    required: [...new Set(pieces.filter(({ fallback }) => fallback === undefined).map(({ name }) => name))],
    own: [...new Set(pieces.map(({ name }) => name).filter(isOwn))],
  }
}

/** What of it is known, and what is not. */
export function metBy({ required, own }: ScriptNeeds, facts: KnownFacts): Pick<Candidate, 'holes' | 'own'> {
  const known: Readonly<Record<string, string | undefined>> = facts
  return {
    holes: required.filter(name => !known[name]?.trim()),
    own: own.filter(name => known[name]?.trim()),
  }
}
