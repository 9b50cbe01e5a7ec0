import { z } from 'zod'
import { Profile } from './customers.ts'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { DateFacts, GuardianConsent, KnownPerson, NewPerson, PersonDetails, Undoable } from './people.ts'
import { PromiseDraft } from './reminders.ts'

/** What one line said, as it was confirmed: all of it is noted, or nothing. */

const MAX_PEOPLE = 10
const MAX_DATES = 5
const MAX_PROMISES = 5

const DateOfLine = DateFacts.extend({
  instead: z.uuid().optional().meta({ description: '已记着的那个日子，改成这一天' }),
})
export type DateOfLine = z.infer<typeof DateOfLine>

/** The edit of somebody known carries the version it saw, as every edit does. */
export const PersonFacts = z.strictObject({
  person: z.union([KnownPerson.extend({ version: z.number().int() }), NewPerson]),
  changes: PersonDetails.partial().strict().default({}),
  dates: z.array(DateOfLine).max(MAX_DATES).default([]),
  consent: GuardianConsent.nullable().default(null),
})
export type PersonFacts = z.infer<typeof PersonFacts>

export const FactsDraft = z.strictObject({
  self: z
    .strictObject({
      version: z.number().int(),
      changes: Profile.omit({ note: true }).partial().strict().default({}),
      dates: z.array(DateOfLine).max(MAX_DATES).default([]),
    })
    .nullable()
    .default(null),
  people: z.array(PersonFacts).max(MAX_PEOPLE).default([]),
  promises: z
    .array(PromiseDraft)
    .max(MAX_PROMISES)
    .default([])
    .meta({ description: '答应她的事，到那天提醒' }),
  note: z.string().trim().min(1).max(300).nullable().default(null).meta({ description: '接在备注后面' }),
})
export type FactsDraft = z.infer<typeof FactsDraft>

export const noteFacts = endpoint({
  id: 'noteFacts',
  method: 'post',
  path: '/customers/{externalUserId}/facts',
  summary: '一句话里的几项一起记下，一次撤销',
  params: CustomerParams,
  body: FactsDraft,
  answer: Undoable,
  status: 201,
  idempotency: 'accepted',
  problems: ['guardian_consent_required', 'limit_reached', 'version_conflict', 'state_conflict'],
})
