import { sql, type RawBuilder } from 'kysely'
import type { Tx } from '../../db/db.ts'

/** Whom the erasing is about: our number of her, WeCom's id, and the number her amounts go on under. */
export interface Erasee {
  corpId: number
  customerId: number
  externalUserId: string
  pseudonymId: number
  /** as `welcome_coupons` knows her; null where the secret is not at hand */
  personHash: Buffer | null
}

const ERASED_NAME = '已删除的客户'

/**
 * Everything of one customer, table by table, in the order their keys allow. Her row goes last: whoever writes about her at this
 * moment has it held, and whoever comes later finds that it does not exist. What the shop must be able to count goes on under a
 * new number with nothing on it.
 */
export const createErasingRepository = (tx: Tx) => ({
  /** Held until the transaction ends: whoever is writing about her is waited for. Undefined when she is gone already. */
  async hold(customerId: number): Promise<{ corpId: number; externalUserId: string } | undefined> {
    const found = await sql<{ corpId: number; externalUserId: string }>`
      select corp_id as "corpId", external_user_id as "externalUserId" from customers
      where customer_id = ${customerId} for update`.execute(tx)
    return found.rows[0]
  },

  async makePseudonym(corpId: number, now: Date): Promise<number> {
    const made = await sql<{ customerId: number }>`
      insert into customers (corp_id, external_user_id, name, synced_at)
      values (${corpId}, 'erased-' || gen_random_uuid(), ${ERASED_NAME}, ${now})
      returning customer_id as "customerId"`.execute(tx)
    const [row] = made.rows
    if (!row) throw new Error('no row was made')
    return row.customerId
  },

  /** @returns table → how many rows */
  async erase(erasee: Erasee): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const [table, statement] of steps(erasee)) {
      const { numAffectedRows } = await statement.execute(tx)
      const count = Number(numAffectedRows ?? 0)
      if (count > 0) counts[table] = (counts[table] ?? 0) + count
    }
    return counts
  },

  /** Her row itself, when nothing leans on it any more. */
  async eraseSelf(customerId: number): Promise<number> {
    const gone = await sql`delete from customers where customer_id = ${customerId}`.execute(tx)
    return Number(gone.numAffectedRows ?? 0)
  },

  /** Stored news of groups, from when they named their members inside what is sealed. */
  async listGroupEvents(
    corpId: number,
    afterId: string | number,
    count: number,
  ): Promise<{ eventId: number; bodySealed: Buffer }[]> {
    const found = await sql<{ eventId: number; bodySealed: Buffer }>`
      select event_id as "eventId", body_sealed as "bodySealed" from callback_events
      where corp_id = ${corpId} and names_members and event_id > ${afterId}
      order by event_id limit ${count}`.execute(tx)
    return found.rows
  },

  async deleteEvents(eventIds: number[]): Promise<number> {
    if (eventIds.length === 0) return 0
    const gone = await sql`delete from callback_events where event_id = any(${eventIds}::bigint[])`.execute(
      tx,
    )
    return Number(gone.numAffectedRows ?? 0)
  },
})

type Step = readonly [table: string, statement: RawBuilder<unknown>]

function steps({ customerId, externalUserId, corpId, pseudonymId, personHash }: Erasee): Step[] {
  const hers = sql`customer_id = ${customerId}`
  const herFollows = sql`select follow_id from follows where customer_id = ${customerId}`
  const herSends = sql`select send_id from sends where customer_id = ${customerId}`
  const herCoupons = sql`select coupon_id from coupons where customer_id = ${customerId}`
  return [
    // Answers that are remembered hold ids only; hers go with her.
    [
      'idempotency_keys',
      sql`
        delete from idempotency_keys k
        where k.corp_id = ${corpId} and k.result is not null
          and jsonb_path_query_array(k.result, '$.*') ?| array(
            select ${externalUserId}::text
            union all select send_id::text from sends where ${hers} union all select coupon_id::text from coupons where ${hers}
            union all select purchase_id::text from purchases where ${hers}
            union all select person_id::text from people where ${hers}
            union all select date_id::text from important_dates where ${hers}
            union all select reminder_id::text from reminders where ${hers}
            union all select undo_id::text from family_undos where ${hers}
            union all select engraving_id::text from engravings where ${hers})`,
    ],
    ['personal_exports', sql`delete from personal_exports where ${hers}`],
    [
      'bulk_exports',
      sql`
        update bulk_exports set state = 'withdrawn', file_sealed = null
        where corp_id = ${corpId} and state in ('working', 'ready')`,
    ],
    [
      'outbox',
      sql`
        delete from outbox
        where corp_id = ${corpId} and kind in ('tags', 'remark') and subject in (
          select 'follow:' || follow_id from follows where customer_id = ${customerId})`,
    ],
    ['outbox', sql`delete from outbox where ${hers}`],
    [
      'outbox_lanes',
      sql`delete from outbox_lanes where corp_id = ${corpId} and lane = ${`customer:${customerId}`}`,
    ],
    ['tag_changes', sql`delete from tag_changes where follow_id in (${herFollows})`],
    ['transfers', sql`delete from transfers where ${hers}`],
    ['follows', sql`delete from follows where ${hers}`],
    [
      'callback_events',
      sql`delete from callback_events where corp_id = ${corpId} and subject = ${`customer:${externalUserId}`}`,
    ],
    [
      'sync_leases',
      sql`delete from sync_leases where corp_id = ${corpId} and subject = ${`customer:${externalUserId}`}`,
    ],
    [
      'group_members',
      sql`
        delete from group_members using group_chats chat
        where chat.group_chat_id = group_members.group_chat_id and chat.corp_id = ${corpId}
          and group_members.member_id = ${externalUserId} and group_members.kind = 2`,
    ],
    [
      'welcome_coupons',
      sql`delete from welcome_coupons where person_hash = ${personHash} or coupon_id in (${herCoupons})`,
    ],
    [
      'welcomes',
      sql`
        delete from welcomes
        where ${hers} or (corp_id = ${corpId} and external_user_id = ${externalUserId})`,
    ],
    ['channel_arrivals', sql`delete from channel_arrivals where ${hers}`],
    // What she was told: that a message went out stays, for budgets and statistics; its words do not.
    [
      'send_parts',
      sql`
        update send_parts set body = '{"kind": "text", "text": ""}', reason = null where send_id in (${herSends})`,
    ],
    ['reminders', sql`delete from reminders where ${hers}`],
    ['family_undos', sql`delete from family_undos where ${hers}`],
    ['removed_purchases', sql`delete from removed_purchases where ${hers}`],
    // The picture and its file go with the engraving.
    ['engravings', sql`delete from engravings where ${hers}`],
    ['important_dates', sql`delete from important_dates where ${hers}`],
    // That a guardian had agreed has to be provable for three years; nothing on it says who.
    [
      'guardian_consents',
      sql`update guardian_consents set customer_id = ${pseudonymId}, person_id = null where ${hers}`,
    ],
    ['people', sql`delete from people where ${hers}`],
    ['touches', sql`delete from touches where ${hers}`],
    [
      'purchases',
      sql`
        update purchases
        set customer_id = ${pseudonymId}, piece = '已删除', recipient = null, engraving = null, person_id = null,
            version = version + 1
        where ${hers}`,
    ],
    [
      'sends',
      sql`
        update sends
        set customer_id = ${pseudonymId}, title = '', outcome = coalesce(outcome, 'unknown'),
            finished_at = coalesce(finished_at, clock_timestamp())
        where ${hers}`,
    ],
  ]
}
