import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'
import type { IssuerState } from './issuer.ts'

export interface IssuerDebt {
  couponId: string
  issuer: string
  reason: string
}

/** What other issuers have still to be told. */
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

  /** The next one that is due, which nobody else is at for so long. */
  async takeDue(now: Date, nextAt: Date): Promise<IssuerDebt | undefined> {
    const taken = await sql<IssuerDebt>`
      update coupon_issuer_debts debt set tries = tries + 1, next_at = ${nextAt}
      from (
        select coupon_id from coupon_issuer_debts where next_at <= ${now}
        order by next_at limit 1 for no key update skip locked) due
      where debt.coupon_id = due.coupon_id
      returning debt.coupon_id as "couponId", debt.issuer, debt.reason`.execute(db)
    return taken.rows[0]
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
