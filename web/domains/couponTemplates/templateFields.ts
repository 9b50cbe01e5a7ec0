import {
  CouponTemplateDraft,
  type CouponTemplate,
  type CouponTemplateChange,
} from '../../../shared/contract/couponTemplates.ts'
import type { CouponKind, CouponOccasion } from '../../../shared/contract/coupons.ts'
import { yuanText } from '../../../shared/rules/coupon.ts'
import { templateTroubles } from '../../../shared/rules/couponTemplate.ts'
import { parseYuan, type YuanTrouble } from '../../../shared/rules/parseYuan.ts'

export interface HoursFields {
  weekdays: number[]
  from: string
  until: string
}

/** A template as it stands in the form: what is typed is text, and every kind keeps what was typed for it. */
export interface TemplateFields {
  name: string
  kind: CouponKind
  /** in yuan */
  amount: string
  /** in 折: 9.5 */
  rate: string
  words: string
  /** in yuan; empty: none */
  threshold: string
  goods: string
  validity: 'until' | 'daysAfterClaim'
  from: string
  day: string
  days: string
  hours: HoursFields[]
  stock: string
  perPerson: string
  perGuidePerDay: string
  storeIds: number[]
  tiers: string[]
  occasions: CouponOccasion[]
  isStackable: boolean
  landingText: string
  pictureId: string | null
  pictureUrl: string | null
  terms: string
}

/** `9.5` of 95 percent to be paid, `8` of 80. */
export const rateText = (percent: number): string => (percent / 10).toFixed(1).replace(/\.0$/, '')

/** The percent to be paid of a 折 as people write it: `9.5`, `9.5折`, `95折`, `8`. */
export function percentOf(words: string): number | undefined {
  const bare = words.normalize('NFKC').replace(/\s|折$/g, '')
  if (/^[1-9](\.\d)?$/.test(bare) || /^0\.[1-9]$/.test(bare)) return Math.round(Number(bare) * 10)
  // `95` can only be 9.5; `12` may be a slip, and nobody gives 1.2.
  return /^[5-9][1-9]$/.test(bare) ? Number(bare) : undefined
}

export function fieldsOf(template: CouponTemplate | undefined, firstStores: number[] = []): TemplateFields {
  const face = template?.face
  const validity = template?.validity
  const until = validity?.kind === 'until' ? validity : undefined
  return {
    name: template?.name ?? '',
    kind: face?.kind ?? 'amountOff',
    amount: face?.amountFen == null ? '' : yuanText(face.amountFen),
    rate: face?.percent == null ? '' : rateText(face.percent),
    words: face?.words ?? '',
    threshold: face && face.thresholdFen > 0 ? yuanText(face.thresholdFen) : '',
    goods: face?.goods ?? '',
    validity: validity?.kind ?? 'daysAfterClaim',
    from: until?.from ?? '',
    day: until?.day ?? '',
    days: validity?.kind === 'daysAfterClaim' ? String(validity.days) : '30',
    hours: (template?.hours ?? []).map(({ weekdays, from, until: end }) => ({
      weekdays: [...weekdays].sort((one, other) => one - other),
      from,
      until: end,
    })),
    stock: String(template?.stock ?? 100),
    perPerson: String(template?.perPerson ?? 1),
    perGuidePerDay: template?.perGuidePerDay == null ? '' : String(template.perGuidePerDay),
    storeIds: template?.storeIds ?? firstStores,
    tiers: template?.tiers ?? [],
    occasions: template?.occasions ?? [],
    isStackable: template?.isStackable ?? false,
    landingText: template?.landingText ?? '',
    pictureId: template?.pictureId ?? null,
    pictureUrl: template?.pictureUrl ?? null,
    terms: template?.terms ?? '',
  }
}

const yuanWords: Record<YuanTrouble, string> = {
  empty: '写明减多少',
  unclear: '写成数字，像 200 或 99.5',
  negative: '不能是负数',
  tooFine: '最多到分',
  tooMuch: '最多一百万元',
}
const fieldWords: Record<string, string> = {
  name: '写上券名，最多 20 个字',
  'face.words': '券面的字最多 12 个',
  'face.goods': '最多 30 个字',
  'validity.day': '选最后一天',
  'validity.from': '日子不对',
  'validity.days': '写 1 到 3650 天',
  stock: '写 0 到 1,000,000 张',
  perPerson: '写 1 到 100 张',
  perGuidePerDay: '写 1 到 1000 张，不限就空着',
  tiers: '最多选 20 个',
  landingText: '最多 200 个字',
  terms: '最多 500 个字',
}
const hoursWords: Record<string, string> = {
  weekdays: '选上星期几',
  from: '写上从几点起',
  until: '写上到几点止',
}

const whole = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text.trim()) : NaN)

interface Read {
  /** complete only when nothing is wrong */
  content: CouponTemplateDraft | undefined
  /** the first of each, by the contract's path */
  troubles: Map<string, string>
}

/** What the form says, as the contract wants it, and what is wrong with it. */
export function readFields(fields: TemplateFields, today: string): Read {
  const troubles = new Map<string, string>()
  const note = (path: string, words: string) => void (troubles.has(path) || troubles.set(path, words))
  const { kind } = fields

  const fen = (path: string, text: string): number | null => {
    const read = parseYuan(text)
    if (!('trouble' in read)) return read.fen
    note(path, yuanWords[read.trouble])
    return null
  }
  const percent = percentOf(fields.rate)
  if (kind === 'percentOff' && percent === undefined) note('face.percent', '写成几折，像 9.5 或 8')
  const validity =
    fields.validity === 'until'
      ? { kind: 'until', ...(fields.from && { from: fields.from }), day: fields.day }
      : { kind: 'daysAfterClaim', days: whole(fields.days) }
  const said = {
    name: fields.name,
    face: {
      kind,
      amountFen: kind === 'amountOff' ? fen('face.amountFen', fields.amount) : null,
      percent: kind === 'percentOff' ? (percent ?? null) : null,
      words: kind === 'gift' || kind === 'service' ? fields.words.trim() : null,
      thresholdFen: fields.threshold.trim() === '' ? 0 : (fen('face.thresholdFen', fields.threshold) ?? 0),
      goods: fields.goods.trim() || null,
    },
    validity,
    hours: fields.hours,
    stock: whole(fields.stock),
    perPerson: whole(fields.perPerson),
    perGuidePerDay: fields.perGuidePerDay.trim() === '' ? null : whole(fields.perGuidePerDay),
    storeIds: fields.storeIds,
    tiers: fields.tiers,
    occasions: fields.occasions,
    isStackable: fields.isStackable,
    landingText: fields.landingText,
    pictureId: fields.pictureId,
    terms: fields.terms,
  }
  const parsed = CouponTemplateDraft.safeParse(said)
  for (const { path } of parsed.error?.issues ?? []) {
    const [first, second, third] = path
    if (first === 'hours' && third !== undefined)
      note(`hours.${String(second)}.${String(third)}`, hoursWords[String(third)] ?? '这一段不对')
    else {
      const at = first === 'tiers' ? 'tiers' : path.join('.')
      note(at, fieldWords[at] ?? '这一项不对')
    }
  }
  // An empty field says less than what is missing in it.
  if (parsed.success)
    for (const { path, message } of templateTroubles(parsed.data, today)) note(path, message)
  return { content: troubles.size === 0 ? parsed.data : undefined, troubles }
}

/** Only what differs from what the server has: what others changed meanwhile stays as it is. */
export function changeOf(seen: CouponTemplate, content: CouponTemplateDraft): CouponTemplateChange {
  const { sort: _, ...said } = content
  const before = CouponTemplateDraft.shape
  return Object.fromEntries(
    Object.entries(said).filter(([name, value]) => {
      if (!(name in before)) return false
      return JSON.stringify(value) !== JSON.stringify(seen[name as keyof typeof said])
    }),
  )
}
