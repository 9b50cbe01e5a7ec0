import type { MonthResult, ResultRow, Results, TeamResults } from '../../../shared/contract/stats.ts'
import { monthDayText } from '../../../shared/rules/civilDay.ts'
import { priceText, yuanText } from '../../../shared/rules/coupon.ts'
import { csvText } from '../../ui/csvText.ts'

/** `2026-11` → `11月` */
export const monthName = (month: string): string => `${Number(month.slice(5))}月`

/** The months that are compared in words. */
export function lastTwo(months: readonly MonthResult[]): { last: MonthResult; now: MonthResult } | undefined {
  const [last, now] = months.slice(-2)
  return last && now && { last, now }
}

/** From the reminder to the purchase, each step part of the one before. */
export const steps: { key: 'due' | 'acted' | 'sent' | 'bought'; words: string }[] = [
  { key: 'due', words: '到期的提醒' },
  { key: 'acted', words: '处理了' },
  { key: 'sent', words: '发出了' },
  { key: 'bought', words: '后来买了' },
]

/** What stands behind the number of proven purchases. */
export function provenFacts(month: MonthResult): string[] {
  const timeOnly = month.proven - month.replied - month.couponUsed
  return [
    ...(month.replied > 0 ? [`客户回过 ${month.replied} 件`] : []),
    ...(month.couponUsed > 0 ? [`用了券 ${month.couponUsed} 件`] : []),
    ...(timeOnly > 0 ? [`可能相关 ${timeOnly} 件`] : []),
    ...(month.shared > 0 ? [`与同事共同 ${month.shared} 件`] : []),
    ...(month.provenFen > 0 ? [priceText(month.provenFen)] : []),
  ]
}

/** Why the rows add up to more than the whole: what several had a part in counts for each of them. */
export function sharedText(rows: readonly ResultRow[], by: 'guide' | 'store', proven: number): string {
  const sum = rows.reduce((before, { thisMonth }) => before + thisMonth.proven, 0)
  if (sum <= proven) return ''
  const who = by === 'guide' ? '几位' : '几家'
  return `「有消息在先」各行加起来是 ${sum} 件，一共 ${proven} 件：${who}共同的，各算一次。`
}

const percent = ({ custom, total }: { custom: number; total: number }) =>
  `${Math.round((custom / total) * 100)}%（${custom} / ${total} 件）`

/** How large the share of custom pieces was before the first message and has been since. */
export function customText({ since, before, after }: Results['custom']): string {
  if (since === null) return '发出第一条消息以后，这里会比较前后的定制占比。'
  const then = before.total > 0 ? `之前 ${percent(before)}` : '之前没有记录'
  const now = after.total > 0 ? `之后 ${percent(after)}` : '之后还没有记录'
  return `${since.slice(0, 4)}年${monthDayText(since)}第一条消息送到。${now}，${then}，前后各看一年。`
}

const columns: [string, (month: MonthResult) => number | string][] = [
  ['到期的提醒', month => month.due],
  ['处理了', month => month.acted],
  ['发出了', month => month.sent],
  ['后来买了', month => month.bought],
  ['买的件数', month => month.purchases],
  ['有消息在先', month => month.proven],
  ['客户回过', month => month.replied],
  ['用了券', month => month.couponUsed],
  ['与同事共同', month => month.shared],
  ['有关金额', month => yuanText(month.provenFen)],
]

/** The team's numbers as they are shown, small groups together, for a table program. */
export function resultsCsv({ rows, months }: TeamResults): string {
  const { last, now } = lastTwo(months) ?? {}
  const lines = [
    ...rows.flatMap(({ name, store, thisMonth, lastMonth }) => [
      [name, store ?? '', lastMonth] as const,
      [name, store ?? '', thisMonth] as const,
    ]),
    ...(last && now ? ([['合计', '', last], ['合计', '', now]] as const) : []), // prettier-ignore
  ]
  const table = [
    ['谁', '门店', '月份', ...columns.map(([words]) => words)],
    ...lines.map(([name, store, month]) => [name, store, month.month, ...columns.map(([, of]) => of(month))]),
  ]
  return csvText(table)
}
