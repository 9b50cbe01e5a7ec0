import type { ProfileChange, PurchaseDraft } from '../../shared/contract/customers.ts'
import type { DateDraft } from '../../shared/contract/people.ts'
import { existsInItsYear } from '../../shared/rules/nextOccurrence.ts'
import { findRelation } from '../../shared/rules/relation.ts'
import { Refusal } from '../../server/errors.ts'
import type { CustomerKnowledge, FamilyDate, PastPurchase } from '../world/families.ts'
import { intentOf, type Rooms, type Served } from './rooms.ts'

/** 满月 and other days have no kind of their own in the product: they carry a label. */
const labels = { fullMoon: '满月', anniversary: '纪念日' } as const

const codeOf = (relation: string): string => findRelation(relation)?.code ?? 'other'

export function profileOf({ address, tier, sizes, wishes, notes }: CustomerKnowledge): ProfileChange {
  return {
    salutation: address,
    ...(tier ? { tier } : {}),
    ...(sizes.ring ? { ringSize: sizes.ring } : {}),
    ...(sizes.wristCm ? { wristSize: String(sizes.wristCm) } : {}),
    ...(sizes.necklaceCm ? { neckSize: String(sizes.necklaceCm) } : {}),
    ...(wishes.length > 0 ? { wish: wishes.join('、') } : {}),
    ...(notes.length > 0 ? { note: notes.join('；') } : {}),
  }
}

/** @param person whose date it is: null for the customer's own */
export function dateDraft(person: DateDraft['person'], date: FamilyDate): DateDraft {
  const { calendar, month, day, isLeapMonth } = date
  const isKnownYear =
    date.year !== undefined && existsInItsYear({ calendar, month, day, isLeapMonth, year: date.year })
  const hasLabel = date.kind === 'fullMoon' || date.kind === 'anniversary'
  return {
    person,
    kind: hasLabel ? 'other' : (date.kind as DateDraft['kind']),
    label: hasLabel ? labels[date.kind as keyof typeof labels] : null,
    date: { calendar, month, day, isLeapMonth, year: isKnownYear ? (date.year ?? null) : null },
  }
}

export function purchaseDraft(purchase: PastPurchase): PurchaseDraft {
  return {
    day: purchase.day,
    piece: purchase.piece,
    amountFen: purchase.amountFen,
    recipient: purchase.recipient === '本人' ? null : codeOf(purchase.recipient),
    isCustom: purchase.isCustom,
    engraving: purchase.engraving ?? null,
  }
}

/**
 * Notes the dates of a customer and of her people. A child's are left out where the product asks for a guardian's consent.
 * @returns how many were noted
 */
export async function seedDates(
  { people }: Rooms,
  served: Served,
  known: CustomerKnowledge,
): Promise<number> {
  const { guide, externalUserId } = served
  let noted = 0
  const note = async (person: DateDraft['person'], date: FamilyDate, turn: string) => {
    try {
      const intent = intentOf('addDate', externalUserId, turn)
      const made = await people.addDate(guide, externalUserId, dateDraft(person, date), intent)
      noted += 1
      return made.person?.personId
    } catch (error) {
      if (error instanceof Refusal && error.code === 'guardian_consent_required') return undefined
      throw error
    }
  }
  for (const [index, date] of known.dates.entries()) await note(null, date, `own ${index}`)
  for (const [place, { relation, dates }] of known.people.entries()) {
    let personId: string | undefined
    for (const [index, date] of dates.entries()) {
      const person = personId ? { personId } : { relation: codeOf(relation), callName: null }
      personId = (await note(person, date, `person ${place} ${index}`)) ?? personId
    }
  }
  return noted
}
