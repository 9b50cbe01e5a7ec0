import { sql } from 'kysely'
import type {
  CustomerRow,
  ProfileChange,
  Remark,
  Touch,
  VersionedProfile,
} from '../../../shared/contract/customers.ts'
import type { CivilDay } from '../../../shared/rules/civilDay.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { minorLook } from '../../db/minorLook.ts'
import { remarkIsOnItsWay } from '../../db/remarkOnItsWay.ts'
import { bestFollowFirstFor, followInScope, ownFollow, staffInScope, wordsVisible } from '../../db/scope.ts'
import { requestIds } from '../../requestIds.ts'
import type { CustomerNames, CustomerSearchKey } from './searchKeys.ts'
import type { NewTouch } from './touch.ts'

const SHOWN_TAGS = 3

export interface RemarkTarget {
  corpId: number
  customerId: number
  userId: string
  externalUserId: string
}

export interface FollowIds {
  followId: number
  customerId: number
}

/** The follow that a member acts on: hers, or that of somebody she manages. */
export interface ScopedFollow extends FollowIds {
  /** whose it is */
  staffId: number
  isMine: boolean
  /** its guide has left; WeCom takes nothing for it any more */
  isWaiting: boolean
  /** the customer has added the guide, who has not answered: WeCom takes nothing for it yet */
  isHalfAdded: boolean
}

/** What a page of one's own customers is asked by. */
export interface CustomerFilter {
  /** LIKE pattern over `search_key`; null for all */
  pattern: string | null
  phoneTail: Buffer | null
  /** WeCom's id of a tag they must wear */
  tagId: string | null
}

interface ListRow {
  follow_id: number
  sort_key: string
  external_user_id: string
  name: string
  avatar_url: string | null
  tier: string | null
  salutation: string | null
  remark: string | null
  added_at: Date | null
  tags: string[]
  is_named: boolean
  phones_sealed: Buffer | null
}

export interface ListedCustomer {
  followId: number
  sortKey: string
  /** found by her name, or not looked for; else only by her number */
  isNamed: boolean
  phonesSealed: Buffer | null
  customer: CustomerRow
}

const toListed = (row: ListRow): ListedCustomer => ({
  followId: row.follow_id,
  sortKey: row.sort_key,
  isNamed: row.is_named,
  phonesSealed: row.phones_sealed,
  customer: {
    externalUserId: row.external_user_id,
    address: addressCustomer(row),
    name: row.name,
    avatarUrl: row.avatar_url,
    tier: row.tier,
    tags: row.tags,
    addedAt: row.added_at?.toISOString() ?? null,
  },
})

interface ProfileRow {
  salutation: string | null
  tier: string | null
  ring_size: string | null
  wrist_size: string | null
  neck_size: string | null
  wish: string | null
  note: string | null
  version: number
}

const toProfile = (row: ProfileRow): VersionedProfile => ({
  salutation: row.salutation,
  tier: row.tier,
  ringSize: row.ring_size,
  wristSize: row.wrist_size,
  neckSize: row.neck_size,
  wish: row.wish,
  note: row.note,
  version: row.version,
})

interface TouchRow {
  touch_id: number
  at: Date
  /** with microseconds, for the cursor */
  exact_at: string
  kind: Touch['kind']
  actor: 'staff' | 'customer' | 'system'
  staff_id: number | null
  who: string | null
  what: string
  detail: string | null
  outcome: Touch['outcome']
  send_id: string | null
}

export interface ListedTouch {
  touchId: number
  exactAt: string
  touch: Touch
}

const toListedTouch = (row: TouchRow, reader: StaffActor): ListedTouch => ({
  touchId: row.touch_id,
  exactAt: row.exact_at,
  touch: {
    touchId: String(row.touch_id),
    at: row.at.toISOString(),
    kind: row.kind,
    by: row.actor === 'staff' ? (row.staff_id === reader.staffId ? 'me' : 'colleague') : row.actor,
    who: row.who,
    what: row.what,
    detail: row.detail,
    outcome: row.outcome,
    sendId: row.send_id,
  },
})

const profileColumns = sql`salutation, tier, ring_size, wrist_size, neck_size, wish, note, version`

export const createCustomersRepository = (db: Db | Tx) => ({
  /** The follow of one customer that is in the member's scope, her own first. */
  async findFollow(actor: StaffActor, externalUserId: string): Promise<ScopedFollow | undefined> {
    const found = await sql<ScopedFollow>`
      select f.follow_id as "followId", f.customer_id as "customerId", f.staff_id as "staffId", f.staff_id = ${actor.staffId} as "isMine",
             owner.status <> 'active' as "isWaiting", f.half_added_at is not null as "isHalfAdded"
      from customers c
      join follows f on f.customer_id = c.customer_id and ${followInScope(actor)}
      join staff owner on owner.staff_id = f.staff_id
      where c.corp_id = ${actor.corpId} and c.external_user_id = ${externalUserId}
      order by ${bestFollowFirstFor(actor)}
      limit 1`.execute(db)
    return found.rows[0]
  },

  /** A customer of whom only the id is known; one who is known stays as she is. */
  async ensure(corpId: number, externalUserId: string, name: string, now: Date): Promise<number> {
    const found = await sql<{ customer_id: number }>`
      with made as (
        insert into customers (corp_id, external_user_id, name, synced_at)
        values (${corpId}, ${externalUserId}, ${name}, ${now})
        on conflict (corp_id, external_user_id) do nothing
        returning customer_id)
      select customer_id from made
      union all
      select customer_id from customers where corp_id = ${corpId} and external_user_id = ${externalUserId}`.execute(
      db,
    )
    const [row] = found.rows
    if (row) return row.customer_id
    // Another transaction wrote her between the two looks of one statement.
    return this.ensure(corpId, externalUserId, name, now)
  },

  async findOwnFollow(actor: StaffActor, externalUserId: string): Promise<FollowIds | undefined> {
    const found = await sql<FollowIds>`
      select f.follow_id as "followId", f.customer_id as "customerId"
      from customers c
      join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
      where c.corp_id = ${actor.corpId} and c.external_user_id = ${externalUserId}`.execute(db)
    return found.rows[0]
  },

  /** A member whose customers the actor may look at. */
  async findGuide(actor: StaffActor, userId: string): Promise<number | undefined> {
    const found = await sql<{ staffId: number }>`
      select s.staff_id as "staffId" from staff s
      where s.corp_id = ${actor.corpId} and lower(s.user_id) = lower(${userId}) and ${staffInScope(actor)}`.execute(
      db,
    )
    return found.rows[0]?.staffId
  },

  /** A page of one member's customers in pinyin order, from behind `after` on; `guideId` must be in scope. */
  async list(
    actor: StaffActor,
    guideId: number,
    filter: CustomerFilter,
    after: { sortKey: string; followId: number } | undefined,
    count: number,
  ): Promise<ListedCustomer[]> {
    const tails = filter.phoneTail === null ? null : [filter.phoneTail]
    const named =
      filter.pattern === null ? sql<boolean>`true` : sql<boolean>`f.search_key like ${filter.pattern}`
    const wanted = sql`(${named} or f.phone_tails && coalesce(${tails}::bytea[], '{}'))`
    const worn =
      filter.tagId === null
        ? sql`true`
        : sql`f.tag_ids && array(
            select tag_id from tags
            where tags.corp_id = ${actor.corpId} and tags.wecom_id = ${filter.tagId} and not tags.is_deleted)`
    const behind = after ? sql`(f.sort_key, f.follow_id) > (${after.sortKey}, ${after.followId})` : sql`true`
    const found = await sql<ListRow>`
      select f.follow_id, f.sort_key, c.external_user_id, c.name, c.avatar_url, c.tier, c.salutation, f.remark,
             f.added_at, coalesce(worn.names, '[]') as tags, ${named} as is_named,
             case when ${named} then null else f.phones_sealed end as phones_sealed
      from follows f
      join customers c on c.customer_id = f.customer_id
      left join lateral (
        select json_agg(t.name order by t.place) as names
        from (
          select t.name, row_number() over (order by g.sort desc, g.group_id, t.sort desc, t.tag_id) as place
          from tags t
          join tag_groups g on g.group_id = t.group_id
          where t.tag_id = any(f.tag_ids) and not t.is_deleted and not g.is_deleted
          order by place
          limit ${SHOWN_TAGS}) t) worn on true
      where f.staff_id = ${guideId} and ${guideId === actor.staffId ? ownFollow(actor) : followInScope(actor)}
        and ${wanted} and ${worn} and ${behind}
      order by f.sort_key, f.follow_id
      limit ${count}`.execute(db)
    return found.rows.map(toListed)
  },

  async getProfile(customerId: number): Promise<VersionedProfile> {
    const found = await sql<ProfileRow>`
      select ${profileColumns} from customers where customer_id = ${customerId}`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('a followed customer has no row')
    return toProfile(row)
  },

  /** Writes what is given, only over the version the caller saw; undefined when that is not the present one. */
  async changeProfile(
    customerId: number,
    change: ProfileChange,
    version: number,
  ): Promise<VersionedProfile | undefined> {
    const patch = JSON.stringify(change)
    const changed = await sql<ProfileRow>`
      update customers c set
        salutation = case when p.patch ? 'salutation' then nullif(p.patch ->> 'salutation', '') else c.salutation end,
        tier = case when p.patch ? 'tier' then nullif(p.patch ->> 'tier', '') else c.tier end,
        ring_size = case when p.patch ? 'ringSize' then nullif(p.patch ->> 'ringSize', '') else c.ring_size end,
        wrist_size = case when p.patch ? 'wristSize' then nullif(p.patch ->> 'wristSize', '') else c.wrist_size end,
        neck_size = case when p.patch ? 'neckSize' then nullif(p.patch ->> 'neckSize', '') else c.neck_size end,
        wish = case when p.patch ? 'wish' then nullif(p.patch ->> 'wish', '') else c.wish end,
        note = case when p.patch ? 'note' then nullif(p.patch ->> 'note', '') else c.note end,
        version = c.version + 1
      from (select ${patch}::jsonb as patch) p
      where c.customer_id = ${customerId} and c.version = ${version}
      returning ${profileColumns}`.execute(db)
    return changed.rows[0] && toProfile(changed.rows[0])
  },

  /** The names under which each member knows the customer, locked until the keys are written. */
  async listNames(customerId: number): Promise<(CustomerNames & { followId: number })[]> {
    const found = await sql<CustomerNames & { followId: number }>`
      select f.follow_id as "followId", f.remark, c.name, c.salutation
      from follows f
      join customers c on c.customer_id = f.customer_id
      where f.customer_id = ${customerId}
      order by f.follow_id
      for update of f`.execute(db)
    return found.rows
  },

  /** Locked: changes of one follow's remark wait for each other. */
  async lockNames(followId: number): Promise<CustomerNames | undefined> {
    const found = await sql<CustomerNames>`
      select f.remark, c.name, c.salutation
      from follows f
      join customers c on c.customer_id = f.customer_id
      where f.follow_id = ${followId}
      for update of f`.execute(db)
    return found.rows[0]
  },

  async writeRemark(followId: number, remark: string | null, key: CustomerSearchKey): Promise<void> {
    await sql`
      update follows set remark = ${remark}, search_key = ${key.searchKey}, sort_key = ${key.sortKey}
      where follow_id = ${followId}`.execute(db)
  },

  async getRemark(followId: number): Promise<Remark> {
    const found = await sql<Remark>`
      select f.remark, case when ${remarkIsOnItsWay('f')} then 'pending' else 'done' end as sync
      from follows f where f.follow_id = ${followId}`.execute(db)
    const [row] = found.rows
    if (!row) throw new Error('a follow in scope has no row')
    return row
  },

  /** For whom a remark speaks at WeCom. */
  async findRemarkTarget(followId: number): Promise<RemarkTarget | undefined> {
    const found = await sql<RemarkTarget>`
      select f.corp_id as "corpId", f.customer_id as "customerId", s.user_id as "userId",
             c.external_user_id as "externalUserId"
      from follows f
      join staff s on s.staff_id = f.staff_id
      join customers c on c.customer_id = f.customer_id
      where f.follow_id = ${followId}`.execute(db)
    return found.rows[0]
  },

  async writeSearchKeys(keys: (CustomerSearchKey & { followId: number })[]): Promise<void> {
    await sql`
      update follows f set search_key = k.search_key, sort_key = k.sort_key
      from unnest(${keys.map(key => key.followId)}::bigint[], ${keys.map(key => key.searchKey)}::text[],
                  ${keys.map(key => key.sortKey)}::text[]) as k(follow_id, search_key, sort_key)
      where f.follow_id = k.follow_id`.execute(db)
  },

  /**
   * The timeline of a customer whom the caller has in scope, newest first. What a colleague calls her is a note of the
   * colleague's, read only by who may look at that colleague's work.
   */
  async listTouches(
    actor: StaffActor,
    { customerId, isMine }: Pick<ScopedFollow, 'customerId' | 'isMine'>,
    before: { exactAt: string; touchId: number } | undefined,
    count: number,
    today: CivilDay,
  ): Promise<ListedTouch[]> {
    // The plain comparison says the same to whoever looks for the months that matter.
    const older = before
      ? sql`t.at <= ${before.exactAt}::timestamptz
            and (t.at, t.touch_id) < (${before.exactAt}::timestamptz, ${before.touchId}::bigint)`
      : sql`true`
    const found = await sql<TouchRow>`
      select t.touch_id, t.at, t.at::text as exact_at, t.kind, t.actor, t.staff_id, who.name as who, t.what, t.detail,
             t.outcome, case when ${wordsVisible(actor, isMine, today, 't')} then t.send_id end as send_id
      from touches t
      left join staff who on who.staff_id = t.staff_id
      where t.customer_id = ${customerId} and t.corp_id = ${actor.corpId} and ${older}
        and (t.kind not in ('remarkChanged', 'remarkRefused') or ${staffInScope(actor, 'who')})
      order by t.at desc, t.touch_id desc
      limit ${count}`.execute(db)
    return found.rows.map(row => toListedTouch(row, actor))
  },

  async insertTouches(touches: (NewTouch & { corpId: number; at: Date })[]): Promise<void> {
    await sql`
      insert into touches (corp_id, customer_id, at, kind, actor, staff_id, what, detail, outcome, purchase_id, send_id)
      select "corpId", "customerId", at, kind, by, "staffId", what, detail, outcome, "purchaseId", "sendId"
      from jsonb_to_recordset(${JSON.stringify(touches)}::jsonb) as touch (
        "corpId" integer, "customerId" bigint, at timestamptz, kind text, by text, "staffId" integer, what text,
        detail text, outcome text, "purchaseId" uuid, "sendId" uuid)
      on conflict (send_id, customer_id, at) where send_id is not null
      do update set detail = excluded.detail, outcome = excluded.outcome`.execute(db)
  },

  /** Takes back the line of an action that was undone at once. */
  async deleteTouch(
    actor: StaffActor,
    touch: { customerId: number; kinds: Touch['kind'][]; at: Date },
  ): Promise<void> {
    await sql`
      delete from touches
      where customer_id = ${touch.customerId} and corp_id = ${actor.corpId} and staff_id = ${actor.staffId}
        and at = ${touch.at} and kind = any(${touch.kinds}::text[])`.execute(db)
  },

  /** Who looked at which child's data; what is read within the same ten minutes is one look. */
  async insertMinorReads(actor: StaffActor, personIds: string[], day: CivilDay, now: Date): Promise<void> {
    await sql`
      insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, customer_id, detail, request_id)
      select ${actor.corpId}::integer, ${now}::timestamptz, 'staff', ${actor.staffId}::integer, 'minorRead', 'person', read.person_id::text,
             p.customer_id, ${minorLook({ today: day, at: now })}, ${requestIds.getStore() ?? null}::uuid
      from (select distinct person_id from unnest(${personIds}::uuid[]) person_id) read
      left join people p on p.person_id = read.person_id
      on conflict do nothing`.execute(db)
  },
})
