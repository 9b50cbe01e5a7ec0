import { sql, type RawBuilder } from 'kysely'
import type { CivilDay } from '../../shared/rules/civilDay.ts'

/** What one opening and its refreshing read of a child counts as one look. */
const LOOK_SECONDS = 600

/** `detail` of a `minorRead`: the day, and which stretch of ten minutes it was; a member's second row of a child for the same one conflicts. */
export const minorLook = ({ today, at }: { today: CivilDay; at: Date }): RawBuilder<unknown> =>
  sql`jsonb_build_object('day', ${today}::text, 'look', floor(extract(epoch from ${at}::timestamptz) / ${LOOK_SECONDS})::bigint)`
