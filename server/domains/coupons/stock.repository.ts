import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'
import type { Pool } from './pools.ts'

/** So many pieces back to one pool. */
export interface GivenBack {
  templateId: string
  pool: number
}

/**
 * The stock of templates, divided into pools. Locks are taken in one order everywhere: customer, coupons by id, pools by template
 * and number; taking a piece is the last statement of its transaction, so that a pool is held for a moment only.
 */
export const createStockRepository = (db: Db | Tx) => ({
  /** Holds all pools of a template until the transaction ends: nobody takes or gives back meanwhile. */
  async lockPools(templateId: string): Promise<Pool[]> {
    const found = await sql<Pool>`
      select pool, stock, live from coupon_pools where template_id = ${templateId}
      order by pool for no key update`.execute(db)
    return found.rows
  },

  /** Writes pools the transaction holds, or the first ones of a new template. */
  async writePools(templateId: string, pools: readonly Pool[], isOpen: boolean): Promise<void> {
    await sql`
      insert into coupon_pools as p (template_id, pool, stock, live, is_open)
      select ${templateId}::uuid, given.pool, given.stock, given.live, ${isOpen}::boolean
      from jsonb_to_recordset(${JSON.stringify(pools)}::jsonb) as given(pool smallint, stock integer, live integer)
      on conflict (template_id, pool) do update set stock = excluded.stock, is_open = excluded.is_open`.execute(
      db,
    )
  },

  /** Whether a piece is free and may be taken, as it stands now. */
  async hasFree(templateId: string): Promise<boolean> {
    const found = await sql<{ free: boolean }>`
      select exists (
        select from coupon_pools where template_id = ${templateId} and is_open and live < stock) as free`.execute(
      db,
    )
    return found.rows[0]?.free ?? false
  },

  /** Whether the template's pools are open, as it stands now. */
  async isOpen(templateId: string): Promise<boolean> {
    const found = await sql<{ open: boolean }>`
      select exists (select from coupon_pools where template_id = ${templateId} and is_open) as open`.execute(
      db,
    )
    return found.rows[0]?.open ?? false
  },

  /** From here on the transaction waits no longer for a lock. */
  async waitAtMost(milliseconds: number): Promise<void> {
    await sql`select set_config('lock_timeout', ${`${Math.ceil(milliseconds)}ms`}, true)`.execute(db)
  },

  /**
   * Lets go of every lock `work` has taken, unless it comes to something: also a piece that turns out to be somebody else's, while it
   * is being locked, stays locked otherwise, and whoever ends a link or draws many waits for it in a circle.
   */
  async holdingOnSuccess<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
    await sql`savepoint piece`.execute(db)
    const done = await work()
    await (done === undefined ? sql`rollback to savepoint piece` : sql`release savepoint piece`).execute(db)
    return done
  },

  /**
   * Takes so many pieces at once, for a link in a group. It holds all pools of the template from then on, so that pieces may still
   * be given back to any of them without a circle.
   * @returns the pool of each piece; fewer than asked for when fewer were free, and then nothing has been taken
   */
  async draw(templateId: string, count: number): Promise<number[]> {
    const drawn = await sql<{ pool: number; pieces: number }>`
      with held as (
        select pool, stock - live as free, is_open from coupon_pools
        where template_id = ${templateId}
        order by pool for no key update),
      running as (
        select pool, free, (sum(free) over (order by free desc, pool))::int as upto from held where is_open and free > 0),
      drawn as (
        select pool, least(free, ${count} - (upto - free)) as pieces from running
        where upto - free < ${count} and (select max(upto) from running) >= ${count})
      update coupon_pools p set live = p.live + drawn.pieces
      from drawn where p.template_id = ${templateId} and p.pool = drawn.pool
      returning p.pool, drawn.pieces`.execute(db)
    return drawn.rows.flatMap(({ pool, pieces }) => Array.from({ length: pieces }, () => pool))
  },

  /** Gives pieces back to the pools they came from. */
  async giveBack(pieces: readonly GivenBack[]): Promise<void> {
    if (pieces.length === 0) return
    await sql`
      with back as (
        select template_id, pool, count(*)::int as count
        from unnest(${pieces.map(piece => piece.templateId)}::uuid[], ${pieces.map(piece => piece.pool)}::smallint[])
          as piece(template_id, pool)
        group by template_id, pool),
      held as (
        select p.template_id, p.pool, back.count
        from coupon_pools p join back using (template_id, pool)
        order by p.template_id, p.pool for no key update of p)
      update coupon_pools p set live = p.live - held.count
      from held where p.template_id = held.template_id and p.pool = held.pool`.execute(db)
  },
})
