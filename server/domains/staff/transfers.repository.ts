import { sql } from 'kysely'
import type { TransferState } from '../../../shared/contract/staff.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'

export interface LockedFollow {
  followId: number
  customerId: number
  externalUserId: string
  /** whether it can be handed over now */
  isFree: boolean
}

export interface NewTransfer {
  transferId: string
  followId: number
  customerId: number
}

/** Between whom; all transfers of one call to WeCom share these. */
export interface TransferPair {
  fromStaffId: number
  toStaffId: number
  isResigned: boolean
}

export interface OpenTransfer {
  transferId: string
  externalUserId: string
}

export interface OpenTransferOf {
  transferId: string
  customerId: number
  fromStaffId: number
  toStaffId: number
  createdAt: Date
}

export interface StartedPair extends TransferPair {
  fromUserId: string
  toUserId: string
  toName: string
  oldestAt: Date
}

/** One transfer that has come to its end. */
export interface EndedTransfer {
  transferId: string
  state: Exclude<TransferState, 'waiting' | 'started'>
  reason: string | null
  /** of a done one, by WeCom */
  takenOverAt: Date | null
}

/** What ended, for the timeline. */
export interface TransferTrace {
  corpId: number
  customerId: number
  state: TransferState
  reason: string | null
  toName: string
}

/** Handing customers over (继承): rows of `transfers`, and the follows they hold. */
export const createTransfersRepository = (db: Db | Tx, corpId: number) => ({
  /** The member's follows of these customers, locked; what she has not (any more) is missing. */
  async lockFollows(staffId: number, externalUserIds: string[]): Promise<LockedFollow[]> {
    const found = await sql<LockedFollow>`
      select f.follow_id as "followId", f.customer_id as "customerId", c.external_user_id as "externalUserId",
             f.status = 'active' and not exists (
               select from transfers t where t.follow_id = f.follow_id and t.state in ('waiting', 'started')) as "isFree"
      from follows f
      join customers c on c.customer_id = f.customer_id
      where f.corp_id = ${corpId} and f.staff_id = ${staffId} and f.status in ('active', 'transferring')
        and c.external_user_id = any(${externalUserIds}::text[])
      order by f.follow_id
      for no key update of f`.execute(db)
    return found.rows
  },

  /** Begins them: the follows are on their way from now on. */
  async insert(actor: StaffActor, pair: TransferPair, transfers: NewTransfer[], now: Date): Promise<void> {
    await sql`
      with given as (
        select * from unnest(${transfers.map(each => each.transferId)}::uuid[], ${transfers.map(each => each.followId)}::bigint[],
                             ${transfers.map(each => each.customerId)}::bigint[]) as g (transfer_id, follow_id, customer_id)),
      held as (
        update follows f set status = 'transferring' from given where f.follow_id = given.follow_id)
      insert into transfers (transfer_id, corp_id, follow_id, customer_id, from_staff_id, to_staff_id, is_resigned, state,
                             requested_by, created_at)
      select transfer_id, ${corpId}, follow_id, customer_id, ${pair.fromStaffId}, ${pair.toStaffId}, ${pair.isResigned},
             'waiting', ${actor.staffId}, ${now}
      from given`.execute(db)
  },

  /** Those WeCom has not been asked to begin. */
  async listWaiting(transferIds: string[]): Promise<OpenTransfer[]> {
    const found = await sql<OpenTransfer>`
      select t.transfer_id as "transferId", c.external_user_id as "externalUserId"
      from transfers t
      join customers c on c.customer_id = t.customer_id
      where t.corp_id = ${corpId} and t.transfer_id = any(${transferIds}::uuid[]) and t.state = 'waiting'
      order by t.transfer_id`.execute(db)
    return found.rows
  },

  /** Between whom the transfers of one request are; who gives may have left since it was made. */
  async findPair(
    transferIds: string[],
  ): Promise<(TransferPair & { fromUserId: string; toUserId: string }) | undefined> {
    const found = await sql<TransferPair & { fromUserId: string; toUserId: string }>`
      select t.from_staff_id as "fromStaffId", t.to_staff_id as "toStaffId", giver.status = 'left' as "isResigned",
             giver.user_id as "fromUserId", taker.user_id as "toUserId"
      from transfers t
      join staff giver on giver.staff_id = t.from_staff_id
      join staff taker on taker.staff_id = t.to_staff_id
      where t.corp_id = ${corpId} and t.transfer_id = any(${transferIds}::uuid[])
      limit 1`.execute(db)
    return found.rows[0]
  },

  /** WeCom has begun them. */
  async start(transferIds: string[], isResigned: boolean, now: Date): Promise<void> {
    await sql`
      update transfers set state = 'started', started_at = ${now}, is_resigned = ${isResigned}
      where corp_id = ${corpId} and transfer_id = any(${transferIds}::uuid[]) and state = 'waiting'`.execute(
      db,
    )
  },

  /**
   * Ends transfers that are under way. A done one ends the former guide's follow; any other gives it back to her.
   * @returns what ended now, each once
   */
  async end(ended: EndedTransfer[], now: Date): Promise<TransferTrace[]> {
    const written = await sql<TransferTrace>`
      with given as (
        select * from jsonb_to_recordset(${JSON.stringify(ended)}::jsonb) as g (
          "transferId" uuid, state text, reason text, "takenOverAt" timestamptz)),
      ended as (
        update transfers t set state = given.state, reason = given.reason, ended_at = ${now}
        from given
        where t.transfer_id = given."transferId" and t.corp_id = ${corpId} and t.state in ('waiting', 'started')
        returning t.follow_id, t.customer_id, t.to_staff_id, t.state, t.reason, given."takenOverAt" as taken_over_at),
      given_back as (
        update follows f set
          status = case when ended.state = 'done' then 'removed' else 'active' end,
          end_reason = case when ended.state = 'done' then 'transferred' else f.end_reason end,
          ended_at = case when ended.state = 'done' then coalesce(ended.taken_over_at, ${now}) else f.ended_at end
        from ended where f.follow_id = ended.follow_id and f.status = 'transferring')
      select ${corpId}::int as "corpId", ended.customer_id as "customerId", ended.state, ended.reason, taker.name as "toName"
      from ended join staff taker on taker.staff_id = ended.to_staff_id
      order by ended.customer_id`.execute(db)
    return written.rows
  },

  /** Takes up once more what WeCom refused, where the customer is still there to be handed over. @returns how many */
  async reopen(transferIds: string[]): Promise<number> {
    const reopened = await sql`
      with again as (
        update transfers t set state = 'waiting', reason = null, ended_at = null
        from follows f
        where t.corp_id = ${corpId} and t.transfer_id = any(${transferIds}::uuid[]) and t.state = 'failed'
          and f.follow_id = t.follow_id and f.status = 'active'
          and not exists (
            select from transfers other
            where other.follow_id = t.follow_id and other.transfer_id <> t.transfer_id
              and (other.state in ('waiting', 'started') or other.created_at > t.created_at))
        returning t.follow_id)
      update follows f set status = 'transferring' from again where f.follow_id = again.follow_id
      returning 1`.execute(db)
    return reopened.rows.length
  },

  /** What has not reached WeCom and was asked for by people who have left, or is meant for them. */
  async listWaitingOf(staffIds: number[]): Promise<string[]> {
    const found = await sql<{ transferId: string }>`
      select transfer_id as "transferId" from transfers
      where corp_id = ${corpId} and state = 'waiting'
        and (requested_by = any(${staffIds}::integer[]) or to_staff_id = any(${staffIds}::integer[]))`.execute(
      db,
    )
    return found.rows.map(row => row.transferId)
  },

  /** Between whom something is under way, the oldest first. */
  async listStartedPairs(): Promise<StartedPair[]> {
    const found = await sql<StartedPair>`
      select t.from_staff_id as "fromStaffId", t.to_staff_id as "toStaffId", t.is_resigned as "isResigned",
             giver.user_id as "fromUserId", taker.user_id as "toUserId", taker.name as "toName",
             min(t.started_at) as "oldestAt"
      from transfers t
      join staff giver on giver.staff_id = t.from_staff_id
      join staff taker on taker.staff_id = t.to_staff_id
      where t.corp_id = ${corpId} and t.state = 'started'
      group by t.from_staff_id, t.to_staff_id, t.is_resigned, giver.user_id, taker.user_id, taker.name
      order by min(t.started_at)`.execute(db)
    return found.rows
  },

  /** What is under way with these customers, begun at WeCom or not. */
  async listOpenOf(customerIds: number[]): Promise<OpenTransferOf[]> {
    const found = await sql<OpenTransferOf>`
      select transfer_id as "transferId", customer_id as "customerId", from_staff_id as "fromStaffId",
             to_staff_id as "toStaffId", created_at as "createdAt"
      from transfers
      where corp_id = ${corpId} and customer_id = any(${customerIds}::bigint[]) and state in ('waiting', 'started')`.execute(
      db,
    )
    return found.rows
  },

  async listStarted(pair: TransferPair): Promise<(OpenTransfer & { startedAt: Date })[]> {
    const found = await sql<OpenTransfer & { startedAt: Date }>`
      select t.transfer_id as "transferId", c.external_user_id as "externalUserId", t.started_at as "startedAt"
      from transfers t
      join customers c on c.customer_id = t.customer_id
      where t.corp_id = ${corpId} and t.state = 'started' and t.from_staff_id = ${pair.fromStaffId}
        and t.to_staff_id = ${pair.toStaffId} and t.is_resigned = ${pair.isResigned}`.execute(db)
    return found.rows
  },

  /**
   * Of members who have left and of whose customers WeCom has told, those it does not name any more: somebody has taken them
   * over elsewhere, or they are gone.
   * @returns how many
   */
  async endUnlisted(
    listed: { userId: string; externalUserId: string }[],
    leftBefore: Date,
    now: Date,
  ): Promise<number> {
    const ended = await sql`
      with listed as (
        select s.staff_id, given.external_user_id
        from unnest(${listed.map(each => each.userId)}::text[], ${listed.map(each => each.externalUserId)}::text[])
          as given (user_id, external_user_id)
        join staff s on s.corp_id = ${corpId} and lower(s.user_id) = lower(given.user_id)
        where s.status = 'left' and s.left_at < ${leftBefore})
      update follows f set status = 'removed', end_reason = 'notListed', ended_at = ${now}
      from customers c
      where f.staff_id in (select staff_id from listed) and f.status = 'active' and c.customer_id = f.customer_id
        and not exists (
          select from listed where listed.staff_id = f.staff_id and listed.external_user_id = c.external_user_id)
      returning 1`.execute(db)
    return ended.rows.length
  },
})
