import type { Health, HealthCheck } from '../../../shared/contract/health.ts'

type State = HealthCheck['state']

/** Worst first: what has to be done stands on top, what is fine at the end. */
const order: readonly State[] = ['bad', 'warn', 'unknown', 'ok']

export const stateLooks: Record<State, { icon: string; word: string }> = {
  bad: { icon: 'close', word: '要处理' },
  warn: { icon: 'alert', word: '留意' },
  unknown: { icon: 'more', word: '还没查' },
  ok: { icon: 'check', word: '正常' },
}

export const worstFirst = (checks: readonly HealthCheck[]): HealthCheck[] =>
  order.flatMap(state => checks.filter(check => check.state === state))

export interface HealthSummary {
  tone: 'ok' | 'warn' | 'bad'
  icon: string
  title: string
  text: string
}

/** One line over all checks. */
export function summaryOf({ checks }: Health): HealthSummary {
  const count = (state: State) => checks.filter(check => check.state === state).length
  const [bad, warn, unknown] = [count('bad'), count('warn'), count('unknown')]
  const later = unknown > 0 ? `另有 ${unknown} 项要等前面的好了才能查` : ''
  if (bad > 0) {
    const text = [warn > 0 ? `${warn} 项要留意` : '', later].filter(Boolean).join('，')
    return { tone: 'bad', icon: 'alert', title: `${bad} 项要处理`, text }
  }
  if (warn > 0) return { tone: 'warn', icon: 'alert', title: `${warn} 项要留意`, text: later }
  if (unknown > 0)
    return { tone: 'warn', icon: 'clock', title: `${unknown} 项还没查成`, text: '过一会儿再查一遍' }
  return { tone: 'ok', icon: 'check', title: '都正常', text: `${checks.length} 项都查过了` }
}

/** A piece of advice: words, or a value to be pasted. */
export interface FixPiece {
  text: string
  isValue: boolean
}

/**
 * An address, an IP, and what follows `填入` or stands between backticks are values: shown letter by letter, with a button that
 * copies. The words before a value stay words.
 */
const VALUE =
  /(填入 )([^\s，。；、（）「」]+)|`([^`]+)`|(https?:\/\/[^\s，。；、（）「」]+)|(\b\d{1,3}(?:\.\d{1,3}){3}\b)/g
/** What joins a sentence to the value before it. */
const JOINT = /^[\s，。；、：]+|\s+$/g

export function fixPieces(fix: string): FixPiece[] {
  const pieces: FixPiece[] = []
  let end = 0
  for (const match of fix.matchAll(VALUE)) {
    const [whole, lead = '', ...values] = match
    pieces.push({ text: fix.slice(end, match.index) + lead, isValue: false })
    pieces.push({ text: values.find(Boolean) ?? whole, isValue: true })
    end = match.index + match[0].length
  }
  pieces.push({ text: fix.slice(end), isValue: false })
  return pieces
    .map(piece => (piece.isValue ? piece : { ...piece, text: piece.text.replace(JOINT, '') }))
    .filter(({ text }) => text !== '')
}
