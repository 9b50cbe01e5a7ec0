import { sql } from 'kysely'
import type { Db } from '../db/db.ts'

/** A brake as it lies in the database; `leftMs` is by the database's clock, so that servers need not agree on the time. */
export interface StoredBrake {
  /** an API, or `*` for every call */
  api: string
  errcode: number
  /** the address WeCom does not trust (60020) */
  ip: string | null
  hits: number
  since: Date
  until: Date
  leftMs: number
}

const columns = sql`
  api, errcode, ip, hits, since, closed_until as until,
  (extract(epoch from closed_until - clock_timestamp()) * 1000)::float8 as "leftMs"`
const seconds = (count: number) => sql`make_interval(secs => ${count})`

/** @param secretMark of the app's secret: what another secret was refused is no reason to hold back this one */
export const createBrakesRepository = (db: Db, corpId: number, secretMark: string) => ({
  async list(): Promise<StoredBrake[]> {
    const found = await sql<StoredBrake>`
      select ${columns} from wecom_brakes where corp_id = ${corpId} and secret_mark = ${secretMark} order by api`.execute(
      db,
    )
    return found.rows
  },

  /**
   * Too many calls of one API. Refusals of calls that were under way together are one hit; another one within
   * `againSeconds` of the last closes for longer.
   */
  async closeForRate(
    api: string,
    errcode: number,
    wait: { shortSeconds: number; longSeconds: number; againSeconds: number },
  ): Promise<StoredBrake> {
    const isClosed = sql`(b.errcode = excluded.errcode and b.closed_until > clock_timestamp())`
    const isAgain = sql`
      (b.errcode = excluded.errcode and b.last_hit_at > clock_timestamp() - ${seconds(wait.againSeconds)})`
    const written = await sql<StoredBrake>`
      insert into wecom_brakes as b (corp_id, secret_mark, api, errcode, closed_until)
      values (${corpId}, ${secretMark}, ${api}, ${errcode}, clock_timestamp() + ${seconds(wait.shortSeconds)})
      on conflict (corp_id, secret_mark, api) do update set
        errcode = excluded.errcode,
        ip = null,
        hits = b.hits + 1,
        since = case when ${isClosed} or ${isAgain} then b.since else clock_timestamp() end,
        last_hit_at = case when ${isClosed} then b.last_hit_at else clock_timestamp() end,
        closed_until = case
          when ${isClosed} then b.closed_until
          when ${isAgain} then clock_timestamp() + ${seconds(wait.longSeconds)}
          else clock_timestamp() + ${seconds(wait.shortSeconds)} end
      returning ${columns}`.execute(db)
    return only(written.rows)
  },

  /** The configuration is refused; `rateErrcode` tells which brakes in the same place were of the other kind. */
  async closeForConfiguration(
    api: string,
    refusal: { errcode: number; ip: string | undefined; rateErrcode: number },
    probeSeconds: number,
  ): Promise<StoredBrake> {
    const written = await sql<StoredBrake>`
      insert into wecom_brakes as b (corp_id, secret_mark, api, errcode, ip, closed_until)
      values (${corpId}, ${secretMark}, ${api}, ${refusal.errcode}, ${refusal.ip ?? null},
              clock_timestamp() + ${seconds(probeSeconds)})
      on conflict (corp_id, secret_mark, api) do update set
        errcode = excluded.errcode,
        ip = excluded.ip,
        hits = b.hits + 1,
        since = case when b.errcode = ${refusal.rateErrcode} then clock_timestamp() else b.since end,
        last_hit_at = clock_timestamp(),
        closed_until = excluded.closed_until
      returning ${columns}`.execute(db)
    return only(written.rows)
  },

  /**
   * One caller among all servers gets the right to ask whether a refusal has been put right; for the others it stays closed.
   * @returns the brake as it stands then; undefined for everybody else, also when it has been lifted meanwhile
   */
  async claimProbe(api: string, probeSeconds: number): Promise<StoredBrake | undefined> {
    const claimed = await sql<StoredBrake>`
      update wecom_brakes set hits = hits + 1, closed_until = clock_timestamp() + ${seconds(probeSeconds)}
      where corp_id = ${corpId} and secret_mark = ${secretMark} and api = ${api} and closed_until <= clock_timestamp()
      returning ${columns}`.execute(db)
    return claimed.rows[0]
  },

  /** Lifted, unless there was another refusal since the probe was claimed. */
  async lift(api: string, hits: number): Promise<void> {
    await sql`delete from wecom_brakes where corp_id = ${corpId} and secret_mark = ${secretMark} and api = ${api} and hits = ${hits}`.execute(
      db,
    )
  },
})
export type BrakesRepository = ReturnType<typeof createBrakesRepository>

function only(rows: StoredBrake[]): StoredBrake {
  const [row] = rows
  if (!row) throw new Error('a brake was not written')
  return row
}
