import { sql } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import type { NewTouch } from './touch.ts'

export interface FollowIds {
  followId: number
  customerId: number
}

export const createCustomersRepository = (db: Db | Tx) => ({
  /** The member's own active follow of one customer. */
  async findFollow(actor: StaffActor, externalUserId: string): Promise<FollowIds | undefined> {
    const found = await sql<FollowIds>`
      select f.follow_id as "followId", f.customer_id as "customerId"
      from customers c
      join follows f on f.customer_id = c.customer_id and f.staff_id = ${actor.staffId} and f.status = 'active'
      where c.corp_id = ${actor.corpId} and c.external_user_id = ${externalUserId}`.execute(db)
    return found.rows[0]
  },

  async insertTouch(corpId: number, touch: NewTouch & { at: Date }): Promise<void> {
    await sql`
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what, detail, outcome)
      values (${corpId}, ${touch.customerId}, ${touch.at}, ${touch.kind}, ${touch.by}, ${touch.staffId ?? null},
              ${touch.what}, ${touch.detail ?? null}, ${touch.outcome ?? null})`.execute(db)
  },
})
