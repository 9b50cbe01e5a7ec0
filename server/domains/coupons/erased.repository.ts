import { sql } from 'kysely'
import type { Tx } from '../../db/db.ts'
import type { EndedCoupon } from './coupons.repository.ts'

/** Coupons of somebody who is erased (P29): the amounts stay, under a number that leads to nobody. */
export const createErasedCouponsRepository = (tx: Tx) => ({
  /** What she has not used ends; waits for whoever holds one of them. */
  async end(customerId: number, at: Date): Promise<EndedCoupon[]> {
    const ended = await sql<EndedCoupon>`
      with due as (
        select coupon_id, state from coupons
        where customer_id = ${customerId} and state in ('reserved', 'issued', 'claimed')
        order by coupon_id for no key update),
      ended as (
        update coupons c set state = case due.state when 'reserved' then 'released' else 'revoked' end
        from due where c.coupon_id = due.coupon_id
        returning c.coupon_id, c.corp_id, c.template_id, c.pool, c.customer_id, c.staff_id, c.state, due.state as from_state),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at)
        select corp_id, coupon_id, template_id, pool, from_state, state, 'job:privacy.erase', 'erased', ${at}::timestamptz
        from ended)
      select ended.coupon_id as "couponId", ended.corp_id as "corpId", ended.customer_id as "customerId",
             ended.staff_id as "staffId", ended.template_id as "templateId", ended.pool, t.name, t.issuer
      from ended join coupon_templates t on t.template_id = ended.template_id
      order by ended.coupon_id`.execute(tx)
    return ended.rows
  },

  /** The address of her page, the device that claimed, and what members wrote about it are forgotten. @returns how many */
  async hand(customerId: number, pseudonymId: number): Promise<number> {
    await sql`select set_config('guidebar.erasing', 'yes', true)`.execute(tx)
    await sql`
      update coupon_ledger l set reason = null
      from coupons c
      where c.customer_id = ${customerId} and l.coupon_id = c.coupon_id and l.actor like 'staff:%' and l.reason is not null`.execute(
      tx,
    )
    await sql`select set_config('guidebar.erasing', '', true)`.execute(tx)
    const handed = await sql`
      update coupons
      set customer_id = ${pseudonymId}, holder = null, token = 'erased-' || replace(gen_random_uuid()::text, '-', '')
      where customer_id = ${customerId}`.execute(tx)
    return Number(handed.numAffectedRows ?? 0)
  },
})
