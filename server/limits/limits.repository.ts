import { sql } from 'kysely'
import type { Db, Tx } from '../db/db.ts'

/** What lies further ahead was counted by a clock that was wrong, and locks nobody out when it is right again. */
const CLOCKS_APART_MS = 60_000

export interface Spent {
  key: Buffer
  /** how long this much may take at the pace that is allowed */
  costMs: number
}

export interface TakenQuota {
  isRefused: boolean
  /** the earliest that still counts: when it no longer does, there is room for one more */
  oldest: Date
  count: number
}

export const createLimitsRepository = (db: Db | Tx) => ({
  /**
   * Adds what was spent here to what was spent elsewhere, all of it in one statement; rows are locked in the order of their keys.
   * @returns what stands against each key now, by the database's clock
   */
  async spend(spent: readonly Spent[]): Promise<{ key: Buffer; debtMs: number }[]> {
    const found = await sql<{ key: Buffer; debtMs: number }>`
      insert into limit_paces as p (key, busy_until)
      select key, now() + cost * interval '1 millisecond'
      from unnest(${spent.map(({ key }) => key)}::bytea[], ${spent.map(({ costMs }) => costMs)}::float8[]) as spent (key, cost)
      order by key
      on conflict (key) do update set busy_until = greatest(p.busy_until, now()) + (excluded.busy_until - now())
      returning key, (extract(epoch from busy_until - now()) * 1000)::float8 as "debtMs"`.execute(db)
    return found.rows
  },

  /** Once more, unless it has happened `most` times within the period: in one statement, so that no two take the same place. */
  async take(key: Buffer, most: number, periodMs: number, now: Date): Promise<TakenQuota> {
    const since = new Date(now.getTime() - periodMs)
    const endsAt = new Date(now.getTime() + periodMs)
    const latest = new Date(now.getTime() + CLOCKS_APART_MS)
    const found = await sql<TakenQuota>`
      insert into limit_quotas as q (key, hits, is_refused, ends_at)
      values (${key}, array[${now}::timestamptz], false, ${endsAt})
      on conflict (key) do update set (hits, is_refused, ends_at) = (
        select case when cardinality(counted) < ${most} then counted || ${now}::timestamptz else counted end,
               cardinality(counted) >= ${most},
               case when cardinality(counted) < ${most} then ${endsAt}::timestamptz else q.ends_at end
        from (select array(select hit from unnest(q.hits) hit where hit > ${since} and hit <= ${latest} order by hit) as counted)
        as recent)
      returning is_refused as "isRefused", hits[1] as oldest, cardinality(hits) as count`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('a quota that was taken has no row')
    return row
  },

  /** How often it has happened within the period. */
  async countTaken(key: Buffer, periodMs: number, now: Date): Promise<number> {
    const since = new Date(now.getTime() - periodMs)
    const found = await sql<{ count: number }>`
      select count(*)::int as count from limit_quotas q, unnest(q.hits) hit
      where q.key = ${key} and hit > ${since} and hit <= ${new Date(now.getTime() + CLOCKS_APART_MS)}`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** Takes away what says nothing any more; what somebody holds is taken next time. */
  async sweep(now: Date): Promise<void> {
    await sql`
      with idle as (
        delete from limit_paces
        where key in (select key from limit_paces where busy_until < now() for update skip locked))
      delete from limit_quotas
      where key in (select key from limit_quotas where ends_at < ${now} for update skip locked)`.execute(db)
  },
})
