import type { PartOutcome, PartState, Send } from '../contract/sends.ts'

export type SendOutcome = NonNullable<Send['outcome']>

const isOutcome = (state: PartState): state is PartOutcome => state !== 'waiting' && state !== 'leaving'

/** The part that goes out next: parts keep their order, so the first that has not arrived; undefined when all have. */
export function nextPart(parts: readonly PartState[]): number | undefined {
  const next = parts.findIndex(part => part !== 'ok')
  return next === -1 ? undefined : next
}

/** Whether nobody knows if it stands in the chat: then it is never sent again without a look there. */
export const isUncertain = (part: PartState | undefined): boolean => part === 'leaving' || part === 'unknown'

/** How a send stands by its parts; null while nothing is known of any. */
export function sendOutcome(parts: readonly PartState[]): SendOutcome | null {
  if (parts.every(part => part === 'ok')) return 'ok'
  if (parts.includes('ok')) return 'partial'
  return parts.find(isOutcome) ?? null
}

/** Whether every part has been answered. */
export const isAnswered = (parts: readonly PartState[]): boolean => parts.every(isOutcome)

/** Whether something is left to be done: a part has reached her or may have, another has not. */
export const isLeftOpen = (parts: readonly PartState[]): boolean =>
  nextPart(parts) !== undefined && parts.some(part => part === 'ok' || isUncertain(part))

const stopWords = { cancelled: '取消', failed: '没发出', unknown: '不确定' } as const

/** `4 条里 2 条发出 · 第 3 条取消`; undefined while the outcome alone says it all. */
export function partsText(parts: readonly PartState[]): string | undefined {
  const arrived = parts.filter(part => part === 'ok').length
  if (arrived === 0 || arrived === parts.length) return undefined
  const stops = parts.flatMap((part, index) =>
    isOutcome(part) && part !== 'ok' ? [`第 ${index + 1} 条${stopWords[part]}`] : [],
  )
  return [`${parts.length} 条里 ${arrived} 条发出`, ...stops.slice(0, 1)].join(' · ')
}
