import { sql } from 'kysely'
import type { CivilDay } from '../../shared/rules/civilDay.ts'
import type { Db } from '../db/db.ts'
import { addDays } from '../../shared/rules/civilDay.ts'
import { RATE_ERRCODE } from '../wecom/errors.ts'

/** Counting ends here: beyond it the figure says "too many" just as well. */
const COUNTED = 10_000
const COUNTED_REMINDERS = 50_000
const COUNTED_COUPONS = 50_000

/**
 * Figures for whoever watches the server. Each statement reads a bounded number of rows through an index that holds only what is
 * open, or what belongs to one day; none goes through a table that grows with the customers.
 */
export const createStateRepository = (db: Db, corpId: number) => ({
  async readOutbox(now: Date) {
    const found = await sql<{ pending: number; oldestSeconds: number; refused: number; dead: number }>`
      select
        waiting.count as pending, waiting."oldestSeconds",
        (select count(*)::int from (
          select from outbox where corp_id = ${corpId} and state = 'refused' limit ${COUNTED}) counted) as refused,
        (select count(*)::int from (
          select from outbox where corp_id = ${corpId} and state = 'dead' limit ${COUNTED}) counted) as dead
      from (
        select count(*)::int, coalesce(greatest(0, extract(epoch from ${now}::timestamptz - min(created_at))), 0)::float8
          as "oldestSeconds"
        from (
          select created_at from outbox
          where corp_id = ${corpId} and state in ('waiting', 'sending') limit ${COUNTED}) counted) waiting`.execute(
      db,
    )
    return only(found.rows)
  },

  async readCallbacks(now: Date) {
    const found = await sql<{ pending: number; oldestSeconds: number; failed: number }>`
      select
        waiting.count as pending, waiting."oldestSeconds",
        (select count(*)::int from (
          select from callback_events where corp_id = ${corpId} and state = 'failed' limit ${COUNTED}) counted) as failed
      from (
        select count(*)::int, coalesce(greatest(0, extract(epoch from ${now}::timestamptz - min(received_at))), 0)::float8
          as "oldestSeconds"
        from (
          select received_at from callback_events
          where corp_id = ${corpId} and state = 'waiting' limit ${COUNTED}) counted) waiting`.execute(db)
    return only(found.rows)
  },

  /** As the queue itself has counted them last. */
  async readQueues() {
    const found = await sql<{ job: string; waiting: number; active: number; failed: number }>`
      select name as job, queued_count as waiting, active_count as active, failed_count as failed
      from pgboss.queue order by name limit 200`.execute(db)
    return found.rows
  },

  /**
   * Measured by the database's clock, as the brakes are. One for the configuration goes on after its time until a call has
   * succeeded; one that nobody has asked about for so long is of a secret no longer in use.
   */
  async readBrakes() {
    const found = await sql<{ api: string; errcode: number }>`
      select api, max(errcode) as errcode from wecom_brakes
      where corp_id = ${corpId}
        and closed_until > clock_timestamp() - case errcode when ${RATE_ERRCODE} then 0 else 10 end * interval '1 minute'
      group by api limit 100`.execute(db)
    return found.rows
  },

  /**
   * Seconds since the last sign of life, null while there was none, and since the last complete pull, whatever has become of the
   * one under way: it goes on being "running" as long as WeCom cannot be reached. Before the first one, since the corp is known.
   */
  async readSync(now: Date) {
    const found = await sql<{ beatSeconds: number | null; pulledSeconds: number | null; stopped: boolean }>`
      select
        (select extract(epoch from ${now}::timestamptz - beat_at)::float8 from sync_heartbeats
         where corp_id = ${corpId}) as "beatSeconds",
        (select extract(epoch from ${now}::timestamptz - coalesce(run.finished_at, corps.created_at))::float8
         from corps left join sync_runs run on run.corp_id = corps.corp_id
         where corps.corp_id = ${corpId}) as "pulledSeconds",
        exists (select from sync_runs where corp_id = ${corpId} and state = 'stopped') as stopped`.execute(db)
    return only(found.rows)
  },

  /** Seconds for which the oldest has waited that somebody, or the end of its time, has asked for; by cause, where one waits. */
  async readErasures(now: Date) {
    const found = await sql<{ cause: string; oldestSeconds: number }>`
      select cause, greatest(0, extract(epoch from ${now}::timestamptz - min(asked_at)))::float8 as "oldestSeconds"
      from (
        select cause, asked_at from erasures
        where corp_id = ${corpId} and state = 'waiting' order by asked_at limit ${COUNTED}) counted
      group by cause`.execute(db)
    return found.rows
  },

  /** What the last proof of the audit record found, and how long ago; undefined before the first. */
  async readAuditCheck(now: Date) {
    const found = await sql<{ checkedSeconds: number; broken: boolean }>`
      select extract(epoch from ${now}::timestamptz - checked_at)::float8 as "checkedSeconds", broken_seq is not null as broken
      from audit_checks where corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  /** Seconds since the last backup of ours that was written whole; before the first one, since the corp is known. */
  async readBackup(now: Date) {
    const found = await sql<{ backupSeconds: number }>`
      select extract(epoch from ${now}::timestamptz - coalesce(
        (select at from audit_entries where corp_id = corps.corp_id and action = 'backupWritten' order by at desc limit 1),
        corps.created_at))::float8 as "backupSeconds"
      from corps where corp_id = ${corpId}`.execute(db)
    return only(found.rows)
  },

  async readReminders(today: CivilDay) {
    // Guide by guide, for that is how they are indexed by the day on which they are due.
    const due = await sql<{ state: string; count: number }>`
      select state, count(*)::int as count from (
        select r.state from staff s
        cross join lateral (
          select state from reminders where staff_id = s.staff_id and due_on = ${today}::date offset 0) r
        where s.corp_id = ${corpId} limit ${COUNTED_REMINDERS}) counted
      group by state`.execute(db)
    const rest = await sql<{ overdue: number; daysSinceRun: number | null }>`
      select
        (select count(*)::int from (
          select from reminders
          where corp_id = ${corpId} and state in ('pending', 'snoozed') and occurrence < ${addDays(today, -1)}::date
          limit ${COUNTED}) counted) as overdue,
        (select ${today}::date - ran_on from reminder_plans where corp_id = ${corpId}) as "daysSinceRun"`.execute(
      db,
    )
    const digests = await sql<{ outcome: string; count: number }>`
      select outcome, count(*)::int as count from digests
      where corp_id = ${corpId} and day = ${today}::date group by outcome`.execute(db)
    return { due: due.rows, digests: digests.rows, ...only(rest.rows) }
  },

  /** By state exactly while there are few, else as the database's statistics estimate it. */
  async readCoupons(now: Date) {
    const first = await sql<{ state: string; count: number }>`
      select state, count(*)::int as count
      from (select corp_id, state from coupons limit ${COUNTED_COUPONS + 1}) counted
      where corp_id = ${corpId} group by state`.execute(db)
    const isEstimate = first.rows.reduce((sum, { count }) => sum + count, 0) > COUNTED_COUPONS
    const states = isEstimate ? await estimateCouponStates(db) : first.rows
    const rest = await sql<{ overdue: number; stock: number; live: number }>`
      select
        (select count(*)::int from (
          select from coupons
          where corp_id = ${corpId} and state = 'reserved' and deadline < ${now}::timestamptz - interval '10 minutes'
          limit ${COUNTED}) counted) as overdue,
        coalesce(sum(p.stock), 0)::float8 as stock, coalesce(sum(p.live), 0)::float8 as live
      from coupon_templates t join coupon_pools p on p.template_id = t.template_id
      where t.corp_id = ${corpId} and t.state = 'running'`.execute(db)
    return { states, isEstimate, ...only(rest.rows) }
  },
})

async function estimateCouponStates(db: Db): Promise<{ state: string; count: number }[]> {
  const found = await sql<{ state: string; count: number }>`
    select v.state, (v.share * greatest(c.reltuples, 0))::float8 as count
    from pg_class c
    join pg_stats s on s.schemaname = c.relnamespace::regnamespace::text and s.tablename = c.relname and s.attname = 'state'
    cross join lateral unnest(s.most_common_vals::text::text[], s.most_common_freqs) as v (state, share)
    where c.oid = 'coupons'::regclass`.execute(db)
  return found.rows.map(({ state, count }) => ({ state, count: Math.round(count) }))
}

function only<Row>(rows: Row[]): Row {
  const [row] = rows
  if (!row) throw new Error('a figure was not told')
  return row
}
