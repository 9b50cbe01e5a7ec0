import { sql, type RawBuilder } from 'kysely'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'

/** For admins: whomever the corp holds data of, friends or not. The pseudonyms of who was erased are nobody. */
const isHeld = (actor: StaffActor): RawBuilder<boolean> => sql<boolean>`(
  c.corp_id = ${actor.corpId} and c.external_user_id not like 'erased-%')`

export interface HeldRow {
  externalUserId: string
  name: string
  address: string
  guides: string[]
  erasureId: string | null
}

export interface PersonQuery {
  externalUserId: string
  /** a LIKE pattern over the search keys of follows; null when nothing is left of the words */
  pattern: string | null
  phoneTail: Buffer | null
}

/** Of one person several members may be friends. */
const FOLLOWS_EACH = 10

export const createHeldPeopleRepository = (db: Db | Tx) => ({
  async search(
    actor: StaffActor,
    { externalUserId, pattern, phoneTail }: PersonQuery,
    count: number,
  ): Promise<HeldRow[]> {
    const tails = phoneTail === null ? [] : [phoneTail]
    const found = await sql<HeldRow>`
      with named as (
        select customer_id from customers
        where corp_id = ${actor.corpId} and external_user_id = ${externalUserId}
        union
        (select f.customer_id from follows f
         where f.corp_id = ${actor.corpId} and f.phone_tails <> '{}' and f.phone_tails && ${tails}::bytea[] limit ${count * FOLLOWS_EACH})
        union
        (select f.customer_id from follows f
         where f.corp_id = ${actor.corpId} and f.search_key like ${pattern ?? ''} limit ${count * FOLLOWS_EACH}))
      select c.external_user_id as "externalUserId", c.name, coalesce(nullif(c.salutation, ''), c.name) as address,
        array(select s.name from follows f join staff s on s.staff_id = f.staff_id
              where f.customer_id = c.customer_id and f.status in ('active', 'transferring') order by s.name) as guides,
        (select e.erasure_id from erasures e where e.customer_id = c.customer_id) as "erasureId"
      from named join customers c on c.customer_id = named.customer_id
      where ${isHeld(actor)}
      order by c.name, c.customer_id limit ${count}`.execute(db)
    return found.rows
  },

  async find(
    actor: StaffActor,
    externalUserId: string,
  ): Promise<{ customerId: number; name: string } | undefined> {
    const found = await sql<{ customerId: number; name: string }>`
      select c.customer_id as "customerId", c.name from customers c
      where ${isHeld(actor)} and c.external_user_id = ${externalUserId}`.execute(db)
    return found.rows[0]
  },
})
