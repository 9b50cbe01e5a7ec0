import { computed, ref } from 'vue'
import type { Script, ScriptPart } from '../../../shared/contract/scripts.ts'
import {
  fill,
  isScriptVariable,
  isTooLong,
  variablesOf,
  type KnownFacts,
} from '../../../shared/rules/fillScript.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useDraft } from '../drafts/useDraft.ts'
import { editedFor, editKind } from './scriptEditKind.ts'

const BRACE = /[{}]/

/** The words of a part as they would go out; what is not known stands as `{…}`, to be written by hand. */
function wordsOf(part: ScriptPart, facts: KnownFacts): string {
  if (part.kind !== 'text') return ''
  return fill(part.text, facts)
    .pieces.map(piece => (piece.kind === 'hole' ? `{${piece.name}}` : piece.text))
    .join('')
}

/** Whether braces stand there that no fact has brought: what was written into a hole, and not over it. */
function isBraced(part: ScriptPart, written: string, facts: KnownFacts): boolean {
  if (part.kind !== 'text') return false
  const { pieces, text } = fill(part.text, facts)
  if (written === text) return false
  const own = pieces.reduce(
    (words, piece) =>
      piece.kind === 'value' && BRACE.test(piece.text) ? words.replaceAll(piece.text, '') : words,
    written,
  )
  return BRACE.test(own)
}

/** The words of one script, changed for this one time; the script itself stays as it is. */
export function useScriptEdit(
  script: () => Script,
  facts: () => KnownFacts,
  isOpen: () => boolean,
  /** The words speak of a child's day (P28). */
  isOfChild: () => boolean,
) {
  const current = useCurrentCustomerStore()
  const original = computed(() => script().parts.map(part => wordsOf(part, facts())))
  const texts = ref<string[]>([...original.value])
  const isChanged = computed(() => texts.value.some((text, index) => text !== original.value[index]))
  const restore = () => void (texts.value = [...original.value])

  const kept = useDraft<string[]>(
    editKind(script().scriptId),
    () => (isOpen() ? editedFor(current) : undefined),
    {
      read: () => (isChanged.value ? [...texts.value] : undefined),
      restore: before => {
        if (before.length === original.value.length) texts.value = [...before]
      },
      clear: restore,
      isPageOnly: isOfChild,
    },
  )

  const isText = (index: number) => script().parts[index]?.kind === 'text'
  /** Why it cannot go out like this; empty when it can. */
  const trouble = computed(() => {
    const words = texts.value.filter((_, index) => isText(index))
    if (words.some(text => text.trim() === '')) return '有一条是空的'
    if (words.some(isTooLong)) return '一条最多 600 字'
    const open = [...new Set(words.flatMap(variablesOf).filter(isScriptVariable))]
    if (open.length > 0) return `把${open.map(name => `{${name}}`).join('、')}换成要说的话`
    return script().parts.some((part, index) => isBraced(part, texts.value[index] ?? '', facts()))
      ? '把 { } 去掉，写成要说的话'
      : ''
  })

  return {
    texts,
    isChanged,
    restore,
    trouble,
    kept,
    parts: (): ScriptPart[] =>
      script().parts.map((part, index) =>
        part.kind === 'text' ? { kind: 'text', text: texts.value[index]?.trim() ?? '' } : part,
      ),
  }
}
