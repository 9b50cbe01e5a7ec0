import { sql, type RawBuilder } from 'kysely'
import { liveStates } from '../../db/couponParts.ts'
import type { Db, Tx } from '../../db/db.ts'

/** One place where two accounts do not agree. */
export interface Difference {
  rule: string
  /** template, coupon or link */
  id: string
  expected: string
  found: string
}

/** What a coupon may do; null is before its first entry. */
const LEGAL_STEPS: readonly (readonly [string | null, string])[] = [
  [null, 'reserved'],
  [null, 'issued'],
  ['reserved', 'issued'],
  ['reserved', 'claimed'],
  ['reserved', 'released'],
  ['issued', 'claimed'],
  ['issued', 'released'],
  ['issued', 'expired'],
  ['issued', 'revoked'],
  ['claimed', 'redeemed'],
  ['claimed', 'expired'],
  ['claimed', 'revoked'],
  ['redeemed', 'claimed'],
]

const legalSteps = sql.join(LEGAL_STEPS.map(([from, to]) => sql`(${sql.lit(from ?? '')}, ${sql.lit(to)})`))

/** Each finds what breaks one rule: `id`, `expected`, `found`. */
const rules: readonly { name: string; query: RawBuilder<unknown> }[] = [
  {
    name: 'a template’s stock is the sum of its pools',
    query: sql`
      select t.template_id as id, t.stock as expected, coalesce(sum(p.stock), 0) as found
      from coupon_templates t left join coupon_pools p using (template_id)
      group by t.template_id having t.stock <> coalesce(sum(p.stock), 0)`,
  },
  {
    name: 'pools are open while the template runs, and closed else',
    query: sql`
      select t.template_id as id, t.state as expected, p.is_open as found
      from coupon_templates t join coupon_pools p using (template_id)
      where p.is_open <> (t.state = 'running')`,
  },
  {
    name: 'a pool counts its live coupons',
    query: sql`
      select template_id || ' ' || pool as id, coalesce(held.live, 0) as expected, coalesce(p.live, 0) as found
      from coupon_pools p
      full join (
        select template_id, pool, count(*) as live from coupons where state in ${liveStates} group by template_id, pool
      ) held using (template_id, pool)
      where coalesce(p.live, 0) <> coalesce(held.live, 0)`,
  },
  {
    name: 'what the ledger took from a pool and gave back is what is out',
    query: sql`
      select template_id || ' ' || pool as id, coalesce(noted.live, 0) as expected, coalesce(p.live, 0) as found
      from coupon_pools p
      full join (
        select template_id, pool, sum(pool_effect) as live from coupon_ledger group by template_id, pool
      ) noted using (template_id, pool)
      where coalesce(p.live, 0) <> coalesce(noted.live, 0)`,
  },
  {
    name: 'a coupon’s state is its last entry, from the pool and template it came from',
    query: sql`
      select c.coupon_id as id, c.state || ' ' || c.template_id || ' ' || c.pool as expected,
             coalesce(last.to_state || ' ' || last.template_id || ' ' || last.pool, 'no entry') as found
      from coupons c
      left join lateral (
        select to_state, template_id, pool from coupon_ledger l where l.coupon_id = c.coupon_id
        order by l.entry_id desc limit 1) last on true
      where (last.to_state, last.template_id, last.pool) is distinct from (c.state, c.template_id, c.pool)`,
  },
  {
    name: 'every entry goes on from the one before, by a step a coupon may take',
    query: sql`
      select coupon_id as id, coalesce(before, '–') || ' → ?' as expected, coalesce(from_state, '–') || ' → ' || to_state as found
      from (
        select coupon_id, from_state, to_state, lag(to_state) over (partition by coupon_id order by entry_id) as before
        from coupon_ledger) entry
      where from_state is distinct from before or (coalesce(from_state, ''), to_state) not in (${legalSteps})`,
  },
  {
    name: 'nobody holds more of a template than a person may',
    query: sql`
      select c.template_id || ' ' || c.customer_id as id, t.per_person as expected, count(*) as found
      from coupons c join coupon_templates t using (template_id)
      where c.state in ${liveStates} and c.customer_id is not null
      group by c.template_id, c.customer_id, t.per_person having count(*) > t.per_person`,
  },
  {
    name: 'nobody known by a link only holds more of a template than a person may',
    query: sql`
      select c.template_id || ' ' || encode(c.holder, 'hex') as id, t.per_person as expected, count(*) as found
      from coupons c join coupon_templates t using (template_id)
      where c.state in ${liveStates} and c.holder is not null
      group by c.template_id, c.holder, t.per_person having count(*) > t.per_person`,
  },
  {
    name: 'a redeemed coupon knows when, and no other does',
    query: sql`
      select coupon_id as id, state as expected, coalesce(redeemed_at::text, 'never') as found
      from coupons where (state = 'redeemed') <> (redeemed_at is not null)`,
  },
  {
    name: 'a sale with a coupon is of one that is redeemed, by its holder',
    query: sql`
      select p.purchase_id as id, 'redeemed by ' || p.customer_id as expected, c.state || ' by ' || c.customer_id as found
      from purchases p join coupons c on c.coupon_id = p.coupon_id
      where c.state <> 'redeemed' or c.customer_id is distinct from p.customer_id`,
  },
  {
    name: 'what has ended here was not used at its issuer',
    query: sql`
      select c.coupon_id as id, c.state as expected, owed.answer || ' at ' || owed.issuer as found
      from coupon_issuer_debts owed join coupons c using (coupon_id)
      where owed.answer is not null`,
  },
  {
    name: 'a group’s link has as many pieces as it says, and none free when it is over',
    query: sql`
      select share.share_id as id, share.count || ' ' || share.state as expected,
             count(c.coupon_id) || ' with ' || count(*) filter (where c.holder is null and c.state in ('reserved', 'issued')) || ' free' as found
      from coupon_shares share left join coupons c on c.share_id = share.share_id
      group by share.share_id
      having count(c.coupon_id) <> share.count
        or (share.state in ('released', 'ended') and count(*) filter (where c.holder is null and c.state in ('reserved', 'issued')) > 0)`,
  },
]

export const createAuditRepository = (db: Db | Tx) => ({
  /** Everything that follows sees one moment of the database, and changes nothing. First in its transaction. */
  async freeze(): Promise<void> {
    await sql`set transaction isolation level repeatable read, read only`.execute(db)
  },

  ruleNames: (): string[] => rules.map(rule => rule.name),

  /** What breaks one of the rules, at most so much of it. */
  async listDifferences(ruleName: string, limit: number): Promise<Difference[]> {
    const rule = rules.find(({ name }) => name === ruleName)
    if (!rule) throw new Error(`no such rule: ${ruleName}`)
    const found = await sql<Omit<Difference, 'rule'>>`
      select id::text, expected::text, found::text from (${rule.query}) wrong order by 1 limit ${limit}`.execute(
      db,
    )
    return found.rows.map(row => ({ rule: rule.name, ...row }))
  },

  async countCoupons(): Promise<{ templates: number; coupons: number; entries: number }> {
    const found = await sql<{ templates: number; coupons: number; entries: number }>`
      select (select count(*) from coupon_templates)::int as templates, (select count(*) from coupons)::int as coupons,
             (select count(*) from coupon_ledger)::int as entries`.execute(db)
    return found.rows[0] ?? { templates: 0, coupons: 0, entries: 0 }
  },
})
