import { sql } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'

/** What was bought for a child tells of the child: for whom and the words engraved go, that something was bought stays (P28). */
export const createBoughtForRepository = (tx: Tx) => ({
  async forget(actor: StaffActor, customerId: number, personId: string): Promise<void> {
    await sql`
      update purchases set person_id = null, recipient = null, engraving = null, version = version + 1
      where person_id = ${personId} and customer_id = ${customerId} and corp_id = ${actor.corpId}`.execute(tx)
  },

  /** The same where a purchase was set aside and can come back. */
  async forgetAside(actor: StaffActor, customerId: number, personId: string): Promise<void> {
    await sql`
      update removed_purchases
      set purchase = purchase || '{"person_id": null, "recipient": null, "engraving": null}'
      where customer_id = ${customerId} and corp_id = ${actor.corpId}
        and purchase ->> 'person_id' = ${personId}`.execute(tx)
  },
})
