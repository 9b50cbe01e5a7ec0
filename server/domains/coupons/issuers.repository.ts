import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'
import { OWN_ISSUER, type IssuerState } from './issuer.ts'

export interface IssuerDebt {
  couponId: string
  issuer: string
  reason: string
}

/** A coupon that was used where another issuer saw it, and we did not. */
export interface UsedElsewhere {
  corpId: number
  customerId: number | null
  name: string
}

/** What other issuers have still to be told, and what they know. */
export const createIssuersRepository = (db: Db | Tx) => ({
  /** Coupons of others that have ended here, in the transaction in which they end. */
  async insertDebts(debts: readonly IssuerDebt[], now: Date): Promise<void> {
    if (debts.length === 0) return
    await sql`
      insert into coupon_issuer_debts (coupon_id, issuer, reason, since, next_at)
      select debt.coupon_id, debt.issuer, debt.reason, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${debts.map(debt => debt.couponId)}::uuid[], ${debts.map(debt => debt.issuer)}::text[],
                  ${debts.map(debt => debt.reason)}::text[]) as debt(coupon_id, issuer, reason)
      on conflict (coupon_id) do nothing`.execute(db)
  },

  /** Those of others that customers hold past their last day. @returns how many were new */
  async insertDebtsOfPast(today: string, limit: number, now: Date): Promise<number> {
    const added = await sql`
      insert into coupon_issuer_debts (coupon_id, issuer, reason, since, next_at)
      select c.coupon_id, t.issuer, 'lastDay', ${now}::timestamptz, ${now}::timestamptz
      from coupons c
      join coupon_templates t on t.template_id = c.template_id and t.issuer <> ${OWN_ISSUER}
      where c.state in ('issued', 'claimed') and c.expires_on < ${today}::date
        and not exists (select from coupon_issuer_debts owed where owed.coupon_id = c.coupon_id)
      order by c.expires_on, c.coupon_id
      limit ${limit}
      on conflict (coupon_id) do nothing
      returning 1`.execute(db)
    return added.rows.length
  },

  /** What customers hold of others, behind that coupon. */
  async listHeld(after: string | null, limit: number): Promise<{ couponId: string; issuer: string }[]> {
    const found = await sql<{ couponId: string; issuer: string }>`
      select c.coupon_id as "couponId", t.issuer
      from coupon_templates t
      join coupons c on c.template_id = t.template_id and c.state in ('issued', 'claimed')
      where t.issuer <> ${OWN_ISSUER} and (${after}::uuid is null or c.coupon_id > ${after}::uuid)
      order by c.coupon_id limit ${limit}`.execute(db)
    return found.rows
  },

  /** Redeemed, with the lines of the ledger, as far as they are still in their holders' hands. */
  async redeemElsewhere(couponIds: readonly string[], at: Date): Promise<UsedElsewhere[]> {
    const used = await sql<UsedElsewhere>`
      with held as (
        select coupon_id, state from coupons
        where coupon_id = any(${couponIds}::uuid[]) and state in ('issued', 'claimed')
        order by coupon_id for no key update),
      used as (
        update coupons c
        set state = 'redeemed', redeemed_at = ${at}::timestamptz, claimed_at = coalesce(c.claimed_at, ${at}::timestamptz)
        from held where c.coupon_id = held.coupon_id
        returning c.coupon_id, c.corp_id, c.template_id, c.pool, c.customer_id, held.state as before),
      noted as (
        insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, reason, at)
        select used.corp_id, used.coupon_id, used.template_id, used.pool, step.from_state, step.to_state, 'system:issuer',
               'usedElsewhere', ${at}::timestamptz
        from used
        join (values (1, 'issued', 'claimed'), (2, 'claimed', 'redeemed')) as step(place, from_state, to_state)
          on step.place = 2 or used.before = 'issued'
        order by used.coupon_id, step.place)
      select used.corp_id as "corpId", used.customer_id as "customerId", t.name
      from used join coupon_templates t on t.template_id = used.template_id`.execute(db)
    return used.rows
  },

  /** The next one that is due, which nobody else is at meanwhile: for twice as long after every try, up to the most. */
  async takeDue(
    now: Date,
    pause: { firstSeconds: number; mostSeconds: number },
  ): Promise<IssuerDebt | undefined> {
    const taken = await sql<IssuerDebt>`
      update coupon_issuer_debts debt
      set tries = tries + 1, next_at = ${now}::timestamptz + make_interval(
        secs => least(${pause.mostSeconds}::float8, ${pause.firstSeconds}::float8 * power(2, least(tries, 30))))
      from (
        select coupon_id from coupon_issuer_debts where next_at <= ${now} and answer is null
        order by next_at limit 1 for no key update skip locked) due
      where debt.coupon_id = due.coupon_id
      returning debt.coupon_id as "couponId", debt.issuer, debt.reason`.execute(db)
    return taken.rows[0]
  },

  /** Used over there after it had ended here: nobody can mend that, so it stays, to be seen by the audit. */
  async keepUsed(couponId: string): Promise<void> {
    await sql`update coupon_issuer_debts set answer = 'redeemed' where coupon_id = ${couponId}`.execute(db)
  },

  async deleteDebt(couponId: string): Promise<void> {
    await sql`delete from coupon_issuer_debts where coupon_id = ${couponId}`.execute(db)
  },

  /** Where one of our own coupons stands. */
  async stateOf(couponId: string): Promise<IssuerState> {
    const found = await sql<{ state: IssuerState }>`
      select case when state = 'redeemed' then 'redeemed' when state in ('released', 'expired', 'revoked') then 'revoked'
                  else 'issued' end as state
      from coupons where coupon_id = ${couponId}`.execute(db)
    return found.rows[0]?.state ?? 'unknown'
  },
})
