import { sql } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'

export const createRemindersRepository = (db: Db | Tx) => ({
  async markSent(
    actor: Pick<StaffActor, 'corpId' | 'staffId'>,
    reminderId: string,
    now: Date,
  ): Promise<void> {
    await sql`
      update reminders set state = 'sent', acted_at = ${now}
      where reminder_id = ${reminderId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and state in ('pending', 'snoozed')`.execute(db)
  },

  async isOwn(actor: StaffActor, reminderId: string, customerId: number): Promise<boolean> {
    const found = await sql`
      select 1 from reminders
      where reminder_id = ${reminderId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and customer_id = ${customerId}`.execute(db)
    return found.rows.length > 0
  },
})
