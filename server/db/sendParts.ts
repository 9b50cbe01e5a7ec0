import { sql } from 'kysely'

/** For how long what is left of a send can be continued; later the words would be out of place. */
export const CONTINUE_HOURS = 24

/** `PartState` of a part; `p` is the row of `send_parts`. */
export const partState = sql<string>`coalesce(p.outcome, case when p.handed_at is null then 'waiting' else 'leaving' end)`

/**
 * Whether something of a send is left to be done, as `isLeftOpen` decides: a part has reached the customer or may have, another
 * has not, and nobody has given it up. `s` is the send.
 */
export const canBeContinued = (now: Date) => sql<boolean>`(
  s.started_at > ${new Date(now.getTime() - CONTINUE_HOURS * 3_600_000)}::timestamptz
  and s.stopped_at is null and s.coupon_id is null and s.share_id is null and s.outcome is distinct from 'ok'
  and exists (
    select from send_parts p
    where p.send_id = s.send_id and (p.outcome in ('ok', 'unknown') or (p.outcome is null and p.handed_at is not null))))`
