import type {
  CouponCounts,
  CouponResultRow,
  CouponResults,
  CouponSplit,
} from '../../../shared/contract/couponResults.ts'
import { priceText, yuanText } from '../../../shared/rules/coupon.ts'
import { csvText } from '../../ui/csvText.ts'

/** What the pictures and the order can follow. */
export const couponMeasures = [
  { key: 'issued', words: '发出' },
  { key: 'claimed', words: '领取' },
  { key: 'redeemed', words: '核销' },
  { key: 'paidFen', words: '实付' },
] as const
export type CouponMeasure = (typeof couponMeasures)[number]['key']

/** How the numbers can be split; who looks at her own has no others to tell apart. */
export const couponSplits = [
  { by: 'template', words: '按券' },
  { by: 'store', words: '按门店' },
  { by: 'guide', words: '按导购' },
  { by: 'script', words: '按话术' },
] as const satisfies { by: CouponSplit; words: string }[]
export const ownCouponSplits = [
  { by: 'template', words: '按券' },
  { by: 'script', words: '按话术' },
] as const satisfies { by: CouponSplit; words: string }[]

/** Stretches of months to look at: how many, and how many before the present one they end. */
export const monthRanges = [
  { words: '本月', count: 1, ago: 0 },
  { words: '上月', count: 1, ago: 1 },
  { words: '近 3 个月', count: 3, ago: 0 },
  { words: '近 6 个月', count: 6, ago: 0 },
] as const
export type MonthRange = (typeof monthRanges)[number]

/** `2026-11-21`, 2 → `2026-09` */
export function monthBefore(day: string, count: number): string {
  const place = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 - count
  return `${Math.floor(place / 12)}-${String((place % 12) + 1).padStart(2, '0')}`
}

/** First and last month of a stretch, as seen from a day. */
export const monthsOfRange = (
  { count, ago }: MonthRange,
  today: string,
): { from: string; until: string } => ({
  from: monthBefore(today, ago + count - 1),
  until: monthBefore(today, ago),
})

/** `11月`, `9月到11月`, over a year's end `2025年12月到2026年2月` */
export function monthsText({ from, until }: Pick<CouponResults, 'from' | 'until'>): string {
  const month = (value: string) => `${Number(value.slice(5))}月`
  if (from === until) return month(until)
  const isOneYear = from.slice(0, 4) === until.slice(0, 4)
  const whole = (value: string) => `${value.slice(0, 4)}年${month(value)}`
  return isOneYear ? `${month(from)}到${month(until)}` : `${whole(from)}到${whole(until)}`
}

export const couponRowName = (
  { kind, name }: Pick<CouponResultRow, 'kind' | 'name'>,
  by: CouponSplit,
): string => {
  if (kind === 'rest') return '其余'
  if (kind === 'personal') return '同事自己的话术'
  if (kind === 'none') return by === 'store' ? '不属于门店' : '没有配话术'
  return name ?? ''
}

/** As short as a picture wants it: pieces as they are, money in yuan, from 10,000 on `3.1万`. */
export function shortValue(measure: CouponMeasure, value: number): string {
  if (measure !== 'paidFen') return String(value)
  const yuan = value / 100
  if (yuan < 10_000) return String(Math.round(yuan))
  const tenThousands = yuan / 10_000
  return `${tenThousands < 100 ? Math.round(tenThousands * 10) / 10 : Math.round(tenThousands)}万`
}

/** Of two steps the share of the later, where it can be one: what is claimed this month may have been given in the last. */
function share(part: number, whole: number): string {
  if (part === 0 || whole === 0 || part > whole) return ''
  const percent = Math.round((part / whole) * 100)
  return percent === 0 ? '不到 1%' : `${percent}%`
}

/** Claimed and used with their share of what was given. */
function couponFacts(counts: CouponCounts): { words: string; value: string; share: string }[] {
  const { issued, claimed, redeemed } = counts
  return [
    { words: '发出', value: String(issued), share: '' },
    { words: '领取', value: String(claimed), share: share(claimed, issued) },
    { words: '核销', value: String(redeemed), share: share(redeemed, issued) },
  ]
}

/** The numbers of a row. */
export const couponRowFacts = (counts: CouponCounts) => [
  ...couponFacts(counts),
  { words: '实付', value: priceText(counts.paidFen), share: '' },
]
/** The numbers below what was sold with coupons. */
export const couponTotalFacts = (counts: CouponCounts) => [
  ...couponFacts(counts),
  { words: '优惠掉', value: priceText(counts.discountFen), share: '' },
]

/** The most first; what is summed up stays at the end. */
export function orderedCouponRows(rows: readonly CouponResultRow[], by: CouponMeasure): CouponResultRow[] {
  const isSum = ({ kind }: CouponResultRow) => Number(kind !== 'one')
  return [...rows].sort((a, b) => isSum(a) - isSum(b) || b[by] - a[by] || b.issued - a.issued)
}

/** One template that is to be looked at alone, before anything of it is known. */
export const couponTemplateRow = (templateId: string): CouponResultRow => ({
  kind: 'one',
  name: null,
  store: null,
  templateId,
  departmentId: null,
  issued: 0,
  claimed: 0,
  redeemed: 0,
  paidFen: 0,
  discountFen: 0,
})

export const isNothing = (counts: CouponCounts): boolean =>
  counts.issued === 0 && counts.claimed === 0 && counts.redeemed === 0

const cells = ({ issued, claimed, redeemed, paidFen, discountFen }: CouponCounts) => [
  issued,
  claimed,
  redeemed,
  yuanText(paidFen),
  yuanText(discountFen),
]

/** The rows as they are shown, their sum, and below them the months of the picture, for a table program. */
export function couponResultsCsv(
  { from, until, total, months }: CouponResults,
  rows: readonly CouponResultRow[],
  by: CouponSplit,
): string {
  const period = from === until ? from : `${from} 到 ${until}`
  const head = { template: '券', store: '门店', guide: '导购', script: '话术' }[by]
  return csvText([
    [head, '门店', '月份', '发出', '领取', '核销', '实付（元）', '优惠掉（元）'],
    ...rows.map(row => [couponRowName(row, by), row.store ?? '', period, ...cells(row)]),
    ['合计', '', period, ...cells(total)],
    ...months.map(month => ['全部', '', month.month, ...cells(month)]),
  ])
}
