import type { CouponTemplateState } from '../contract/couponTemplates.ts'
import type { CouponFace, CouponHours, CouponValidity } from '../contract/coupons.ts'
import type { CivilDay } from './civilDay.ts'

/** What of a template has to fit together; stores are numbers of whatever kind, the same on both sides. */
export interface TemplateSense {
  name: string
  face: CouponFace
  validity: CouponValidity
  hours: readonly CouponHours[]
  stock: number
  perPerson: number
  storeIds: readonly number[]
  isStackable: boolean
  terms: string
}

export interface TemplateTrouble {
  path: string
  message: string
}

function faceTroubles({ kind, amountFen, percent, words, thresholdFen }: CouponFace): TemplateTrouble[] {
  const wrong: TemplateTrouble[] = []
  const only = (isMeant: boolean, field: string, value: unknown, missing: string) => {
    if (isMeant && (value === null || value === '' || value === 0))
      wrong.push({ path: `face.${field}`, message: missing })
    if (!isMeant && value !== null) wrong.push({ path: `face.${field}`, message: '这一种券没有这一项' })
  }
  only(kind === 'amountOff', 'amountFen', amountFen, '写明减多少')
  only(kind === 'percentOff', 'percent', percent, '写明打几折')
  only(kind === 'gift' || kind === 'service', 'words', words, '写明兑换什么、做什么')
  if (kind === 'amountOff' && thresholdFen > 0 && thresholdFen < (amountFen ?? 0))
    wrong.push({ path: 'face.thresholdFen', message: '满的不能比减的少' })
  return wrong
}

/** What does not fit together, by the field to look at. A last day that has passed gives nothing to anybody. */
export function templateTroubles(template: TemplateSense, today: CivilDay): TemplateTrouble[] {
  const { validity, hours } = template
  const wrong = faceTroubles(template.face)
  if (validity.kind === 'until') {
    if (validity.day < today) wrong.push({ path: 'validity.day', message: '最后一天已经过了' })
    if (validity.from !== undefined && validity.from > validity.day)
      wrong.push({ path: 'validity.from', message: '开始不能晚于最后一天' })
  }
  hours.forEach(({ from, until }, place) => {
    if (from === until && until !== '00:00')
      wrong.push({ path: `hours.${place}.until`, message: '开始和结束是同一个时刻' })
  })
  return wrong
}

/** Where a template can go from where it is; a draft that is never used is stopped too. */
const NEXT_STATES = {
  draft: ['running', 'stopped'],
  running: ['paused', 'stopped'],
  paused: ['running', 'stopped'],
  stopped: [],
} as const satisfies Record<CouponTemplateState, readonly CouponTemplateState[]>

export const canBecome = (from: CouponTemplateState, to: CouponTemplateState): boolean =>
  from === to || (NEXT_STATES[from] as readonly CouponTemplateState[]).includes(to)

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
const FACE_FIELDS = ['kind', 'amountFen', 'percent', 'words', 'thresholdFen', 'goods'] as const

/**
 * What may not change any more once a piece is out, because its holder was promised it: name, face, validity, hours, stackable
 * and terms stand; stores may become more; a person's limit may rise, for who holds two of two would else hold too many.
 */
export function promiseTroubles(before: TemplateSense, after: TemplateSense): TemplateTrouble[] {
  const stands = '已经发出过，这一项不能再改；另建一种券吧'
  const wrong: TemplateTrouble[] = []
  for (const field of ['name', 'isStackable', 'terms'] as const)
    if (before[field] !== after[field]) wrong.push({ path: field, message: stands })
  for (const field of FACE_FIELDS)
    if (before.face[field] !== after.face[field]) wrong.push({ path: `face.${field}`, message: stands })
  if (!isSameValidity(before.validity, after.validity)) wrong.push({ path: 'validity', message: stands })
  if (!same(before.hours.map(hoursKey), after.hours.map(hoursKey)))
    wrong.push({ path: 'hours', message: stands })
  if (!isWider(before.storeIds, after.storeIds))
    wrong.push({ path: 'storeIds', message: '已经发出过，门店只能增加' })
  if (after.perPerson < before.perPerson)
    wrong.push({ path: 'perPerson', message: '已经发出过，每人几张只能增加' })
  return wrong
}

const hoursKey = ({ weekdays, from, until }: CouponHours) => [[...weekdays].sort(), from, until]

function isSameValidity(one: CouponValidity, other: CouponValidity): boolean {
  if (one.kind === 'until') return other.kind === 'until' && one.day === other.day && one.from === other.from
  return other.kind === 'daysAfterClaim' && one.days === other.days
}

/** No store is all of them. */
const isWider = (before: readonly number[], after: readonly number[]): boolean =>
  after.length === 0 || (before.length > 0 && before.every(store => after.includes(store)))
