import { sql, type RawBuilder } from 'kysely'
import type { CivilDay } from '../../shared/rules/civilDay.ts'

/** Whether a script may be used on that day: not archived, and within its days, both included. `script` is the alias. */
export const scriptIsInForce = (today: CivilDay, script = 's'): RawBuilder<boolean> => {
  const column = (name: string) => sql.ref(`${script}.${name}`)
  return sql<boolean>`(${column('archived_at')} is null
    and (${column('effective_from')} is null or ${column('effective_from')} <= ${today}::date)
    and (${column('effective_until')} is null or ${column('effective_until')} >= ${today}::date))`
}
