import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'
import { remarkIsOnItsWay } from '../../db/remarkOnItsWay.ts'

/** Two servers' clocks differ a little. */
const CLOCKS_APART_MS = 10_000
/** WeCom may still show for a while what it has told us is over. */
const DISTRUST_MS = 10 * 60_000
const HALF_KEPT_DAYS = 30

export interface PulledCustomer {
  externalUserId: string
  name: string
  kind: 1 | 2
  gender: 0 | 1 | 2
  avatarUrl: string | null
  corpName: string | null
}

export interface WrittenCustomer {
  customerId: number
  externalUserId: string
  salutation: string | null
  /** written by this transaction for the first time: nobody follows her yet */
  isNew: boolean
}

export interface PulledFollow {
  staffId: number
  customerId: number
  isNewCustomer: boolean
  addedAt: Date | null
  addWay: number
  channel: string | null
  remark: string | null
  description: string | null
  /** WeCom's */
  tagIds: string[]
  searchKey: string
  sortKey: string
  phonesSealed: Buffer | null
  phoneTails: Buffer[]
  /** the timeline's words, should this friend be new */
  friendAdded: string
}

/** The two became friends (again) at that time, or half so: the customer has added the member, who has not answered. */
export interface Joining {
  staffId: number
  customerId: number
  at: Date
  what: string
}
export interface HalfJoining extends Joining {
  channel: string | null
  searchKey: string
  sortKey: string
}

/** When WeCom was asked. */
export interface Asked {
  at: Date
  /** monotonic milliseconds of this process */
  mark: number
}
export interface ShownFollow extends PulledFollow {
  asked: Asked
}

interface FormerFollow {
  staffId: number
  customerId: number
  formerStatus: string
  wasHalf: boolean
  /** written since WeCom was asked: what it showed is the older of the two */
  isNewer: boolean
}

export type EndReason = 'customerLeft' | 'guideRemoved' | 'transferred'
export interface Ending {
  staffId: number
  customerId: number
  at: Date
  reason: EndReason
}

/** As PostgreSQL reads bytes from text. */
const bytea = (bytes: Buffer) => `\\x${bytes.toString('hex')}`

/** What became of an ended follow. */
const endedAs = sql`case g.reason when 'customerLeft' then 'lost' else 'removed' end`

/**
 * The relations as WeCom has them. Whether one stands is decided by the later of two times, when the two became friends
 * (`joined_at`) and when it ended (`ended_at`): repeated and overtaking news change nothing.
 */
export const createFollowsRepository = (db: Db | Tx, corpId: number) => ({
  /** In the order of their ids, so that two pages with the same customers never wait for each other in a circle. */
  async upsertCustomers(customers: PulledCustomer[], now: Date): Promise<WrittenCustomer[]> {
    const rows = JSON.stringify(customers)
    const written = await sql<WrittenCustomer>`
      insert into customers (corp_id, external_user_id, kind, gender, name, avatar_url, corp_name, synced_at)
      select ${corpId}, "externalUserId", kind, gender, name, "avatarUrl", "corpName", ${now}
      from jsonb_to_recordset(${rows}::jsonb) as given (
        "externalUserId" text, kind smallint, gender smallint, name text, "avatarUrl" text, "corpName" text)
      order by "externalUserId"
      on conflict (corp_id, external_user_id) do update
        set kind = excluded.kind, gender = excluded.gender, name = excluded.name, avatar_url = excluded.avatar_url,
            corp_name = excluded.corp_name, synced_at = excluded.synced_at
      returning customer_id as "customerId", external_user_id as "externalUserId", salutation, xmax = 0 as "isNew"`.execute(
      db,
    )
    return written.rows
  },

  async findCustomerId(externalUserId: string): Promise<number | undefined> {
    const found = await sql<{ customer_id: number }>`
      select customer_id from customers where corp_id = ${corpId} and external_user_id = ${externalUserId}`.execute(
      db,
    )
    return found.rows[0]?.customer_id
  },

  /** Our numbers of tags by WeCom's; of those deleted there, and of those we do not know, none. */
  async findTags(wecomIds: string[]): Promise<Map<string, number>> {
    if (wecomIds.length === 0) return new Map()
    const found = await sql<{ wecomId: string; tagId: number }>`
      select wecom_id as "wecomId", tag_id as "tagId" from tags
      where corp_id = ${corpId} and wecom_id = any(${wecomIds}::text[]) and not is_deleted`.execute(db)
    return new Map(found.rows.map(({ wecomId, tagId }) => [wecomId, tagId]))
  },

  /** Which of WeCom's tag ids we do not know (yet). */
  async findUnknownTags(tagIds: string[]): Promise<string[]> {
    const found = await sql<{ id: string }>`
      select given.id from unnest(${tagIds}::text[]) as given (id)
      where not exists (select from tags where tags.corp_id = ${corpId} and tags.wecom_id = given.id)`.execute(
      db,
    )
    return found.rows.map(row => row.id)
  },

  /**
   * Relations as WeCom shows them, with a line in the timeline for each new or renewed one. Changes of tags that are still on
   * their way to WeCom are made to what it shows; a remark on its way, or what came there only after it was asked, stays. Whoever had left stays so unless she was
   * added anew: WeCom goes on showing the one-way relation of a customer who has deleted the member. A relation written since
   * WeCom was asked for it stays as it is: that answer was the later one.
   */
  async upsertFollows(shown: ShownFollow[], now: Date): Promise<void> {
    // Before the statement below looks: what a guide is changing just now, it must see whole.
    const former = await this.lockFollows(shown.filter(({ isNewCustomer }) => !isNewCustomer))
    const formerOf = ({ staffId, customerId }: Pick<ShownFollow, 'staffId' | 'customerId'>) =>
      former.get(`${staffId} ${customerId}`)
    const follows = shown.filter(follow => !formerOf(follow)?.isNewer)
    if (follows.length === 0) return
    const askedAt = Math.min(...follows.map(({ asked }) => asked.at.getTime()))
    const tags = await this.findTags([...new Set(follows.flatMap(({ tagIds }) => tagIds))])
    const rows = JSON.stringify(
      follows.map(({ isNewCustomer: _, asked: __, ...follow }) => ({
        ...follow,
        ...formerOf(follow),
        tagIds: follow.tagIds.flatMap(id => tags.get(id) ?? []),
        phonesSealed: follow.phonesSealed && bytea(follow.phonesSealed),
        phoneTails: follow.phoneTails.map(bytea),
      })),
    )
    const settledSince = new Date(askedAt - CLOCKS_APART_MS)
    const trustedEnd = new Date(askedAt - DISTRUST_MS)
    // A remark of ours that WeCom does not have yet, or did not have when it was asked.
    const ownRemark = sql`(${remarkIsOnItsWay('f')} or exists (
      select from outbox o
      where o.corp_id = ${corpId} and o.kind = 'remark' and o.subject = 'follow:' || f.follow_id
        and o.state = 'done' and o.ended_at >= ${settledSince}))`
    await sql`
      with given as (
        select * from jsonb_to_recordset(${rows}::jsonb) as f (
          "staffId" integer, "customerId" bigint, "addedAt" timestamptz, "addWay" smallint, channel text, remark text,
          description text, "tagIds" integer[], "searchKey" text, "sortKey" text, "phonesSealed" bytea, "phoneTails" bytea[],
          "friendAdded" text, "formerStatus" text, "wasHalf" boolean)),
      written as (
        insert into follows as f (corp_id, staff_id, customer_id, added_at, joined_at, add_way, channel, remark, description,
          tag_ids, search_key, sort_key, phones_sealed, phone_tails, synced_at)
        select ${corpId}, given."staffId", given."customerId", given."addedAt", given."addedAt", given."addWay", given.channel,
          given.remark, given.description, given."tagIds", given."searchKey", given."sortKey", given."phonesSealed",
          given."phoneTails", clock_timestamp()
        from given order by given."staffId", given."customerId"
        on conflict (staff_id, customer_id) do update
          set added_at = excluded.added_at, joined_at = greatest(f.joined_at, excluded.joined_at),
            add_way = excluded.add_way, channel = excluded.channel, description = excluded.description,
            remark = case when ${ownRemark} then f.remark else excluded.remark end,
            search_key = case when ${ownRemark} then f.search_key else excluded.search_key end,
            sort_key = case when ${ownRemark} then f.sort_key else excluded.sort_key end,
            phones_sealed = excluded.phones_sealed, phone_tails = excluded.phone_tails,
            synced_at = excluded.synced_at, half_added_at = null,
            (status, ended_at, end_reason) = (
              select case when stands then case f.status when 'transferring' then f.status else 'active' end else f.status end,
                case when not stands then f.ended_at end, case when not stands then f.end_reason end
              from (select f.status in ('active', 'transferring')
                or coalesce(excluded.added_at > coalesce(f.ended_at, f.added_at), false)
                or (f.status = 'removed' and (f.end_reason is null or f.end_reason = 'notListed'
                  or coalesce(f.ended_at < ${trustedEnd}, true)))) as now (stands)),
            tag_ids = case when f.tags_settled_at >= ${settledSince} then f.tag_ids else array(
              select tag_id from (
                select shown.tag_id, shown.place from unnest(excluded.tag_ids) with ordinality as shown (tag_id, place)
                where not exists (
                  select from tag_changes c
                  where c.follow_id = f.follow_id and c.tag_id = shown.tag_id and c.state = 'pending' and c.change = 'remove')
                union all
                select c.tag_id, null from tag_changes c
                where c.follow_id = f.follow_id and c.state = 'pending' and c.change = 'add'
                  and c.tag_id <> all(excluded.tag_ids)) as worn
              order by place nulls last, tag_id) end
        returning staff_id, customer_id, status, xmax = 0 as is_new)
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
      select ${corpId}, written.customer_id, coalesce(given."addedAt", ${now}),
        case when given."formerStatus" in ('lost', 'removed') then 'friendReturned' else 'friendAdded' end, 'customer',
        written.staff_id, given."friendAdded"
      from written
      join given on given."staffId" = written.staff_id and given."customerId" = written.customer_id
      where written.is_new or given."wasHalf"
        or (given."formerStatus" in ('lost', 'removed') and written.status = 'active')
      order by written.customer_id, written.staff_id`.execute(db)
  },

  /** Those of these relations that are known, as they stood; locked until the transaction ends. */
  async lockFollows(
    follows: Pick<ShownFollow, 'staffId' | 'customerId' | 'asked'>[],
  ): Promise<Map<string, Omit<FormerFollow, 'staffId' | 'customerId'>>> {
    if (follows.length === 0) return new Map()
    const secondsAgo = follows.map(({ asked }) => (performance.now() - asked.mark) / 1000)
    const found = await sql<FormerFollow>`
      select f.*
      from unnest(${follows.map(({ staffId }) => staffId)}::integer[], ${follows.map(({ customerId }) => customerId)}::bigint[],
                  ${secondsAgo}::float8[])
        as given (staff_id, customer_id, seconds_ago)
      cross join lateral (
        select staff_id as "staffId", customer_id as "customerId", status as "formerStatus",
               half_added_at is not null as "wasHalf",
               synced_at > statement_timestamp() - make_interval(secs => given.seconds_ago) as "isNewer"
        from follows
        -- the sum keeps it on the customer: by the member, all of hers would be gone through for each
        where follows.customer_id = given.customer_id and follows.staff_id + 0 = given.staff_id
        for update) f
      order by given.staff_id, given.customer_id`.execute(db)
    return new Map(
      found.rows.map(({ staffId, customerId, ...former }) => [`${staffId} ${customerId}`, former]),
    )
  },

  /** Became friends again: ends that are older count no more. A relation we do not have comes with what WeCom shows. */
  async applyJoinings(joinings: Joining[]): Promise<void> {
    if (joinings.length === 0) return
    await sql`
      with given as (
        select "staffId" as staff_id, "customerId" as customer_id, max(at) as at, max(what) as what
        from jsonb_to_recordset(${JSON.stringify(joinings)}::jsonb) as j (
          "staffId" integer, "customerId" bigint, at timestamptz, what text)
        group by 1, 2),
      judged as (
        select f.follow_id, g.*, f.status in ('lost', 'removed') and g.at > coalesce(f.ended_at, '-infinity') as is_back
        from given g join follows f on f.staff_id = g.staff_id and f.customer_id = g.customer_id),
      written as (
        update follows f set joined_at = greatest(f.joined_at, j.at),
          status = case when j.is_back then 'active' else f.status end,
          ended_at = case when not j.is_back then f.ended_at end,
          end_reason = case when not j.is_back then f.end_reason end
        from judged j where f.follow_id = j.follow_id)
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
      select ${corpId}, customer_id, at, 'friendReturned', 'customer', staff_id, what from judged where is_back`.execute(
      db,
    )
  },

  /** The customer has added the member, who has not answered: WeCom shows nothing of it yet. */
  async applyHalfJoining(half: HalfJoining): Promise<void> {
    await sql`
      with written as (
        insert into follows as f (corp_id, staff_id, customer_id, added_at, joined_at, half_added_at, add_way, channel,
          search_key, sort_key, synced_at)
        values (${corpId}, ${half.staffId}, ${half.customerId}, ${half.at}, ${half.at}, ${half.at}, 0, ${half.channel},
          ${half.searchKey}, ${half.sortKey}, clock_timestamp())
        on conflict (staff_id, customer_id) do update
          set joined_at = greatest(f.joined_at, excluded.joined_at), half_added_at = excluded.half_added_at,
            status = 'active', ended_at = null, end_reason = null,
            -- what WeCom answered before knows nothing of it
            synced_at = excluded.synced_at
          -- of two who are friends already it is old news
          where f.status in ('lost', 'removed') and excluded.joined_at > coalesce(f.ended_at, '-infinity')
        returning 1)
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
      select ${corpId}, ${half.customerId}, ${half.at}, 'halfAdded', 'customer', ${half.staffId}, ${half.what}
      from written`.execute(db)
  },

  /** It ended, unless the two have become friends again since. Each ending has its line in the timeline. */
  async applyEndings(endings: (Ending & { what: string })[]): Promise<void> {
    if (endings.length === 0) return
    await sql`
      with given as (
        select "staffId" as staff_id, "customerId" as customer_id, at, reason, what
        from jsonb_to_recordset(${JSON.stringify(endings)}::jsonb) as e (
          "staffId" integer, "customerId" bigint, at timestamptz, reason text, what text)),
      latest as (
        select distinct on (staff_id, customer_id) * from given order by staff_id, customer_id, at desc),
      ended as (
        update follows f set status = ${endedAs}, ended_at = g.at, end_reason = g.reason, half_added_at = null
        from latest g
        where f.staff_id = g.staff_id and f.customer_id = g.customer_id
          and coalesce(f.joined_at, '-infinity') <= g.at
          and (f.status in ('active', 'transferring') or f.end_reason = 'notListed' or f.ended_at < g.at))
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
      select ${corpId}, g.customer_id, g.at,
        case g.reason when 'customerLeft' then 'friendLost' when 'transferred' then 'transferDone' else 'friendRemoved' end,
        case g.reason when 'customerLeft' then 'customer' when 'transferred' then 'system' else 'staff' end,
        g.staff_id, g.what
      from given g join follows f on f.staff_id = g.staff_id and f.customer_id = g.customer_id`.execute(db)
  },

  /** Whom a complete pull of the member's customers did not show is no friend of hers any more. */
  async endUnlisted(staffId: number, startedAt: Date, now: Date, what: string): Promise<number> {
    const ended = await sql<object>`
      with ended as (
        update follows set status = 'removed', ended_at = ${now}, end_reason = 'notListed', half_added_at = null
        where staff_id = ${staffId} and corp_id = ${corpId} and status in ('active', 'lost', 'transferring')
          and synced_at < ${startedAt}
          and (half_added_at is null or half_added_at < ${now}::timestamptz - make_interval(days => ${HALF_KEPT_DAYS}))
        returning customer_id),
      told as (
        insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what)
        select ${corpId}, customer_id, ${now}, 'friendRemoved', 'system', ${staffId}, ${what} from ended)
      select 1 from ended`.execute(db)
    return ended.rows.length
  },
})
