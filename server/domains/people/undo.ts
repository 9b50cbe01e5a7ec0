import { z } from 'zod'
import { ProfileChange } from '../../../shared/contract/customers.ts'
import { DateFacts, PersonDetails } from '../../../shared/contract/people.ts'

/** How long something can be taken back. The page offers it for five seconds; a slow network may need more. */
export const UNDO_MINUTES = 10

/** How to take something back, as it is stored beside it; every part may be missing. */
export const UndoContent = z.object({
  /** when its lines of the timeline were written, which go too */
  at: z.iso.datetime({ offset: true }),
  /** rows that were removed, whole */
  gone: z
    .object({
      people: z.array(z.looseObject({ person_id: z.uuid() })),
      dates: z.array(z.looseObject({ date_id: z.uuid() })),
      reminders: z.array(z.looseObject({ reminder_id: z.uuid() })),
      sends: z.array(z.object({ send_id: z.uuid(), reminder_id: z.uuid() })),
      consents: z.array(z.object({ consent_id: z.uuid(), person_id: z.uuid() })),
      purchases: z.array(
        z.object({
          purchase_id: z.uuid(),
          person_id: z.uuid(),
          recipient: z.string().nullish(),
          engraving: z.string().nullish(),
        }),
      ),
      engravings: z.array(z.looseObject({ engraving_id: z.uuid() })).default([]),
      sentEngravings: z.array(z.object({ send_id: z.uuid(), engraving_id: z.uuid() })).default([]),
    })
    .optional(),
  /** what was noted, untouched since */
  madeDates: z.array(z.uuid()).default([]),
  /** days that were written over, as they were, and the version that stands there now */
  dates: z.array(z.object({ dateId: z.uuid(), before: DateFacts, version: z.number().int() })).default([]),
  madePromises: z.array(z.uuid()).default([]),
  madePeople: z.array(z.object({ personId: z.uuid(), version: z.number().int() })).default([]),
  /** what stood there before, and the version that was written over it */
  people: z
    .array(
      z.object({
        personId: z.uuid(),
        before: PersonDetails.partial(),
        minorUntil: z.string().nullable(),
        version: z.number().int(),
      }),
    )
    .default([]),
  profile: z.object({ before: ProfileChange, version: z.number().int() }).optional(),
})
export type UndoContent = z.input<typeof UndoContent>
