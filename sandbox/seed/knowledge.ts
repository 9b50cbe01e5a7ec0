import type { ProfileChange } from '../../shared/contract/customers.ts'
import type { DateDraft, GuardianConsent, PersonDetails } from '../../shared/contract/people.ts'
import type { PurchaseDraft } from '../../shared/contract/purchases.ts'
import { existsInItsYear } from '../../shared/rules/nextOccurrence.ts'
import { findRelation } from '../../shared/rules/relation.ts'
import { Refusal } from '../../server/errors.ts'
import type { CustomerKnowledge, FamilyDate, PastPurchase, Sizes } from '../world/families.ts'
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
    date: {
      calendar,
      month,
      day,
      isLeapMonth,
      year: isKnownYear ? (date.year ?? null) : null,
      leapPolicy: 'leapElseOrdinary',
    },
    leadDays: null,
    // Two daughters have two birthdays.
    isAnother: true,
    consent: null,
  }
}

export function purchaseDraft(purchase: PastPurchase): PurchaseDraft {
  return {
    day: purchase.day,
    piece: purchase.piece,
    amountFen: purchase.amountFen,
    recipient: purchase.recipient === '本人' ? null : codeOf(purchase.recipient),
    personId: null,
    isCustom: purchase.isCustom,
    engraving: purchase.engraving ?? null,
  }
}

/** What a guide asks in the shop before she notes anything of a child. */
const consentOn = (day: string): GuardianConsent => ({ guardian: 'customer', how: 'inPerson', givenOn: day })

const sizesOf = ({ ring, wristCm, necklaceCm }: Sizes): Partial<PersonDetails> => ({
  ...(ring ? { ringSize: ring } : {}),
  ...(wristCm ? { wristSize: String(wristCm) } : {}),
  ...(necklaceCm ? { neckSize: String(necklaceCm) } : {}),
})

/**
 * Notes a customer's own dates, and her people with their dates and sizes; of children only what has a date, with the consent
 * that the product asks for.
 * @returns how many dates were noted
 */
export async function seedDates(
  { people }: Rooms,
  served: Served,
  known: CustomerKnowledge,
  today: string,
): Promise<number> {
  const { guide, externalUserId } = served
  let noted = 0
  const note = async (person: DateDraft['person'], date: FamilyDate, turn: string) => {
    const draft = dateDraft(person, date)
    const add = (consent: DateDraft['consent'], key: string) =>
      people.addDate(guide, externalUserId, { ...draft, consent }, intentOf('addDate', externalUserId, key))
    const made = await add(null, turn).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'guardian_consent_required')
        return add(consentOn(today), `${turn} consent`)
      throw error
    })
    noted += 1
    return made.person?.personId
  }
  for (const [index, date] of known.dates.entries()) await note(null, date, `own ${index}`)
  for (const [place, { relation, dates, sizes }] of known.people.entries()) {
    let personId: string | undefined
    for (const [index, date] of dates.entries()) {
      const person = personId ? { personId } : { relation: codeOf(relation), callName: null, isMinor: null }
      personId = (await note(person, date, `person ${place} ${index}`)) ?? personId
    }
    const details = sizesOf(sizes)
    if (personId === undefined || Object.keys(details).length === 0) continue
    const change = { ...details, consent: null }
    await people.changePerson(guide, externalUserId, personId, change, 1).catch((error: unknown) => {
      // Told in a run before that was broken off.
      if (!(error instanceof Refusal && error.code === 'version_conflict')) throw error
    })
  }
  return noted
}
