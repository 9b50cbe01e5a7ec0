import type { CouponFace, CouponHours, CouponValidity } from '../../../shared/contract/coupons.ts'
import { parseYuan } from '../../../shared/rules/parseYuan.ts'
import { percentOf, type TemplateFields } from './templateFields.ts'

/** What of a template the customer sees, as far as it has been written. */
export interface PreviewOf {
  name: string
  face: CouponFace
  validity: CouponValidity
  hours: CouponHours[]
  isStackable: boolean
  landingText: string
  pictureUrl: string | null
  terms: string
}

const fenOf = (text: string): number => {
  const read = parseYuan(text)
  return 'fen' in read ? read.fen : 0
}

const nothing = { amountFen: null, percent: null, words: null }

/** A face that is not written yet is a gap, not a coupon over nothing. */
function worthOf({ kind, amount, rate, words }: TemplateFields): Omit<CouponFace, 'thresholdFen' | 'goods'> {
  const [amountFen, percent] = [fenOf(amount), percentOf(rate)]
  if (kind === 'amountOff' && amountFen > 0) return { ...nothing, kind, amountFen }
  if (kind === 'percentOff' && percent !== undefined) return { ...nothing, kind, percent }
  const said = kind === 'gift' || kind === 'service' ? words.trim() : ''
  return { ...nothing, kind: 'service', words: said || '…' }
}

/** What is missing or wrong stands there as nothing much; the form says what is wrong. */
export function previewOf(fields: TemplateFields, today: string): PreviewOf {
  const days = Number(fields.days)
  return {
    name: fields.name.trim() || '券名',
    face: {
      ...worthOf(fields),
      thresholdFen: fenOf(fields.threshold),
      goods: fields.goods.trim() || null,
    },
    validity:
      fields.validity === 'until'
        ? { kind: 'until', ...(fields.from && { from: fields.from }), day: fields.day || today }
        : { kind: 'daysAfterClaim', days: Number.isInteger(days) && days > 0 ? days : 1 },
    hours: fields.hours.filter(({ weekdays, from, until }) => weekdays.length > 0 && from && until),
    isStackable: fields.isStackable,
    landingText: fields.landingText.trim(),
    pictureUrl: fields.pictureUrl,
    terms: fields.terms.trim(),
  }
}
