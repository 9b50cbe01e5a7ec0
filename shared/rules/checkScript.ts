import type { ScriptPart } from '../contract/scripts.ts'
import { isScriptVariable, parse, SCRIPT_VARIABLES, unknownVariables } from './fillScript.ts'

export interface ScriptTrouble {
  /** `parts.0.text` */
  path: string
  code: 'unknownVariable' | 'openBrace' | 'variableOutsideText' | 'blank'
  message: string
}

/** How many signs have to be changed, added or dropped to come from one word to the other. */
function distance(from: string, to: string): number {
  const there = [...to]
  let before = there.map((_, index) => index + 1)
  before.unshift(0)
  for (const [row, sign] of [...from].entries()) {
    const next = [row + 1]
    for (const [column, other] of there.entries()) {
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (before[column + 1] ?? 0) + 1,
          (before[column] ?? 0) + (sign === other ? 0 : 1),
        ),
      )
    }
    before = next
  }
  return before[there.length] ?? 0
}

/** The variable somebody probably meant; undefined when none is near. */
export function meantVariable(name: string): string | undefined {
  let best: { name: string; away: number } | undefined
  for (const known of Object.keys(SCRIPT_VARIABLES)) {
    const away = distance(name, known)
    const shares = [...name].some(sign => known.includes(sign))
    if (shares && away < Math.max(name.length, known.length) && (!best || away < best.away))
      best = { name: known, away }
  }
  return best?.name
}

const unknownWords = (name: string): string => {
  const meant = meantVariable(name)
  return `没有「${name}」这个变量${meant ? `，是不是「${meant}」？` : ''}`
}

/** A brace that belongs to no variable would reach the customer as it is. */
const hasOpenBrace = (text: string): boolean =>
  parse(text).some(piece => piece.kind === 'text' && /[{}]/.test(piece.text))

const fixedTexts = (part: ScriptPart): [field: string, text: string][] => {
  if (part.kind === 'news')
    return [
      ['title', part.title],
      ['description', part.description],
    ]
  return part.kind === 'miniprogram' ? [['title', part.title]] : []
}

/** Why these parts cannot be kept, in words for who writes them; empty when they can. */
export function scriptTroubles(parts: readonly ScriptPart[]): ScriptTrouble[] {
  return parts.flatMap((part, index): ScriptTrouble[] => {
    const at = (field: string) => `parts.${index}.${field}`
    if (part.kind === 'text') {
      const path = at('text')
      if (part.text.trim() === '') return [{ path, code: 'blank', message: '这一条还没有字' }]
      return [
        ...unknownVariables(part.text).map((name): ScriptTrouble => ({
          path,
          code: 'unknownVariable',
          message: unknownWords(name),
        })),
        ...(hasOpenBrace(part.text)
          ? [{ path, code: 'openBrace' as const, message: '花括号没有成对，客户会看到它' }]
          : []),
      ]
    }
    return fixedTexts(part).flatMap(([field, text]) =>
      /[{}]/.test(text)
        ? [
            {
              path: at(field),
              code: 'variableOutsideText' as const,
              message: '卡片里的字发出去不会换，不能写变量',
            },
          ]
        : [],
    )
  })
}

/** Variables that stop the send when they are not known, over all texts, each once. */
export function stoppingVariables(parts: readonly ScriptPart[]): string[] {
  const names = parts.flatMap(part =>
    part.kind === 'text'
      ? parse(part.text).flatMap(piece =>
          piece.kind === 'variable' && piece.fallback === undefined && isScriptVariable(piece.name)
            ? [piece.name]
            : [],
        )
      : [],
  )
  return [...new Set(names)]
}
