/** Longest text part of a message, in UTF-16 units (`String.length`, so an emoji counts two). */
export const MAX_SCRIPT_TEXT_LENGTH = 600

/** One stretch of a template: plain words, or a variable such as `{称呼}` or, with words for a missing fact, `{称呼|您}`. */
export type ScriptPiece =
  { kind: 'text'; text: string } | { kind: 'variable'; name: string; fallback?: string }

/** One stretch of a filled message: plain words, a filled variable (dotted underline), or a hole (amber, stops the send). */
export type FilledPiece =
  | { kind: 'text'; text: string }
  | { kind: 'value'; name: string; text: string }
  | { kind: 'hole'; name: string }

export interface FilledScript {
  pieces: FilledPiece[]
  /** The final text; undefined while a fact is missing. */
  text?: string
  /** Names of the missing facts, each once, in the order of the text. */
  holes: string[]
}

/** Facts by variable name. A missing, undefined or blank fact is a hole unless the template has a fallback. */
export type ScriptFacts = Readonly<Record<string, string | undefined>>

export type VariableGroup = '客户' | '家人' | '日子' | '尺寸' | '门店' | '优惠券'

export interface ScriptVariable {
  group: VariableGroup
  description: string
  example: string
}

/** Every variable a script may use; the names are what guides read and write. */
export const SCRIPT_VARIABLES = {
  称呼: { group: '客户', description: '怎么称呼这位客户', example: '婉清姐' },
  会员等级: { group: '客户', description: '客户的会员等级', example: '金卡' },
  城市: { group: '客户', description: '客户所在的城市', example: '北京' },
  上次购买: { group: '客户', description: '上一次买的东西', example: '足金手链' },
  上次购买日子: { group: '客户', description: '上一次买东西的日子', example: '5月18日' },
  哪件首饰: { group: '客户', description: '该保养的那件，连同是谁的', example: '您的足金手链' },
  家人称呼: { group: '家人', description: '对客户说起这位家人时怎么叫', example: '阿姨' },
  家人关系: { group: '家人', description: '家人和客户的关系', example: '妈妈' },
  日子名称: { group: '日子', description: '是什么日子', example: '生日' },
  日子: { group: '日子', description: '这一回是几月几日', example: '12月3日' },
  农历日子: { group: '日子', description: '农历的说法，公历的日子没有', example: '农历十月廿五' },
  星期: { group: '日子', description: '这一回是星期几', example: '星期四' },
  还有几天: { group: '日子', description: '离日子还有多久', example: '还有 12 天' },
  周年: { group: '日子', description: '第几年，只有记了年份才有', example: '10' },
  戒圈: { group: '尺寸', description: '戒圈号', example: '13' },
  手围: { group: '尺寸', description: '手围，厘米', example: '16' },
  导购姓名: { group: '门店', description: '你的名字', example: '陈露' },
  门店: { group: '门店', description: '你所在的门店', example: '国贸店' },
  门店地址: { group: '门店', description: '门店的地址', example: '建国门外大街 1 号' },
  营业时间: { group: '门店', description: '门店的营业时间', example: '每天 10:00–22:00' },
  门店电话: { group: '门店', description: '门店的电话', example: '010-6500 0000' },
  优惠券名: { group: '优惠券', description: '一起发的优惠券', example: '生日礼券' },
  优惠券到期: { group: '优惠券', description: '优惠券用到哪天', example: '12月31日' },
} as const satisfies Record<string, ScriptVariable>

export type ScriptVariableName = keyof typeof SCRIPT_VARIABLES

/** The facts known about one customer, one occasion, one guide; build this and hand it to `fill`. */
export type KnownFacts = { readonly [name in ScriptVariableName]?: string }

/** A name has no braces, bars, line ends or outer blanks; anything else in braces stays plain text. */
const VARIABLE = /\{[ \t]*([^{}|\s](?:[^{}|\r\n]{0,18}[^{}|\s])?)[ \t]*(?:\|([^{}\r\n]*))?\}/g

export function isScriptVariable(name: string): name is ScriptVariableName {
  return Object.hasOwn(SCRIPT_VARIABLES, name)
}

/** Cuts a template into words and variables; every character of the words is kept. */
export function parse(template: string): ScriptPiece[] {
  const pieces: ScriptPiece[] = []
  let end = 0
  for (const match of template.matchAll(VARIABLE)) {
    if (match.index > end) pieces.push({ kind: 'text', text: template.slice(end, match.index) })
    const fallback = match[2]
    pieces.push({ kind: 'variable', name: match[1] ?? '', ...(fallback === undefined ? {} : { fallback }) })
    end = match.index + match[0].length
  }
  if (end < template.length) pieces.push({ kind: 'text', text: template.slice(end) })
  return pieces
}

function fillPiece(piece: ScriptPiece, facts: ScriptFacts): FilledPiece {
  if (piece.kind === 'text') return piece
  const fact = Object.hasOwn(facts, piece.name) ? facts[piece.name]?.trim() : undefined
  if (fact) return { kind: 'value', name: piece.name, text: fact }
  if (piece.fallback !== undefined) return { kind: 'value', name: piece.name, text: piece.fallback }
  return { kind: 'hole', name: piece.name }
}

/**
 * The message that will be sent. Facts are put in as they are: braces inside a fact are never read as variables.
 * An unknown variable is a hole like a missing fact, so that `{生曰}` never reaches a customer.
 */
export function fill(template: string, facts: ScriptFacts): FilledScript {
  const pieces = parse(template).map(piece => fillPiece(piece, facts))
  const holes = new Set<string>()
  let text = ''
  for (const piece of pieces) {
    if (piece.kind === 'hole') holes.add(piece.name)
    else text += piece.text
  }
  return holes.size > 0 ? { pieces, holes: [...holes] } : { pieces, text, holes: [] }
}

/** Names of the variables in a template, each once, in the order of the text. */
export function variablesOf(template: string): string[] {
  const names = new Set<string>()
  for (const piece of parse(template)) if (piece.kind === 'variable') names.add(piece.name)
  return [...names]
}

/** Names that look like variables but are none we know; shown while a script is written. */
export function unknownVariables(template: string): string[] {
  return variablesOf(template).filter(name => !isScriptVariable(name))
}

/** Variables that stop a send when their fact is missing: those that appear at least once without a fallback. */
export function requiredVariables(template: string): string[] {
  const names = new Set<string>()
  for (const piece of parse(template)) {
    if (piece.kind === 'variable' && piece.fallback === undefined) names.add(piece.name)
  }
  return [...names]
}

/** `还差 1 项，补上才能发`; undefined when nothing is missing. */
export function holesText(holes: readonly string[]): string | undefined {
  return holes.length > 0 ? `还差 ${holes.length} 项，补上才能发` : undefined
}

export function isTooLong(text: string): boolean {
  return text.length > MAX_SCRIPT_TEXT_LENGTH
}
