import { sql } from 'kysely'
import type { TagCatalogue, TagChoice, TagGroup } from '../../../shared/contract/tags.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { followInScope } from '../../db/scope.ts'
import type { PendingChange } from './tagPush.ts'

/** A corp tag a guide may use. */
export interface KnownTag {
  tagId: number
  wecomId: string
  name: string
  groupId: number
  choice: TagChoice
}

interface GroupRow {
  wecom_id: string
  name: string
  choice: TagChoice
  tags: TagGroup['tags']
}

const toGroup = (row: GroupRow): TagGroup => ({
  groupId: row.wecom_id,
  name: row.name,
  choice: row.choice,
  tags: row.tags,
})

const groupColumns = sql`
  g.wecom_id, g.name, g.choice, coalesce((
    select json_agg(json_build_object('tagId', t.wecom_id, 'name', t.name, 'pinyin', t.pinyin, 'initials', t.initials)
                    order by t.sort desc, t.tag_id)
    from tags t
    where t.group_id = g.group_id and not t.is_deleted), '[]') as tags`

/** For whom a push speaks. */
export interface PushTarget {
  corpId: number
  customerId: number
  staffId: number
  userId: string
  externalUserId: string
}

export const createTagsRepository = (db: Db | Tx) => ({
  async listGroups(corpId: number): Promise<TagCatalogue> {
    const found = await sql<GroupRow>`
      select ${groupColumns}
      from tag_groups g
      where g.corp_id = ${corpId} and not g.is_deleted
      order by g.sort desc, g.group_id`.execute(db)
    return { groups: found.rows.map(toGroup) }
  },

  async setChoice(corpId: number, groupId: string, choice: TagChoice): Promise<TagGroup | undefined> {
    const changed = await sql<GroupRow>`
      update tag_groups g set choice = ${choice}
      where g.corp_id = ${corpId} and g.wecom_id = ${groupId} and not g.is_deleted
      returning ${groupColumns}`.execute(db)
    return changed.rows[0] && toGroup(changed.rows[0])
  },

  async findTags(corpId: number, wecomIds: string[]): Promise<KnownTag[]> {
    const found = await sql<KnownTag>`
      select t.tag_id as "tagId", t.wecom_id as "wecomId", t.name, t.group_id as "groupId", g.choice
      from tags t
      join tag_groups g on g.group_id = t.group_id and not g.is_deleted
      where t.corp_id = ${corpId} and t.wecom_id = any(${wecomIds}::text[]) and not t.is_deleted`.execute(db)
    return found.rows
  },

  /** The tags on a follow, locked: changes of one follow's tags wait for each other. */
  async lockTagIds(actor: StaffActor, followId: number): Promise<number[] | undefined> {
    const found = await sql<{ tag_ids: number[] }>`
      select f.tag_ids from follows f
      where f.follow_id = ${followId} and ${followInScope(actor)}
      for update`.execute(db)
    return found.rows[0]?.tag_ids
  },

  /** As `lockTagIds`, for a job: of a friendship that WeCom knows too. */
  async lockTagIdsOf(followId: number): Promise<number[] | undefined> {
    const found = await sql<{ tag_ids: number[] }>`
      select tag_ids from follows where follow_id = ${followId} and status = 'active' and half_added_at is null
      for update`.execute(db)
    return found.rows[0]?.tag_ids
  },

  /** Those of the tags that are still there. */
  async listTags(corpId: number, tagIds: number[]): Promise<KnownTag[]> {
    const found = await sql<KnownTag>`
      select t.tag_id as "tagId", t.wecom_id as "wecomId", t.name, t.group_id as "groupId", g.choice
      from tags t
      join tag_groups g on g.group_id = t.group_id and not g.is_deleted
      where t.corp_id = ${corpId} and t.tag_id = any(${tagIds}::integer[]) and not t.is_deleted
      order by array_position(${tagIds}::integer[], t.tag_id)`.execute(db)
    return found.rows
  },

  /** Which of the tags stand in one of the groups. */
  async listTagsInGroups(tagIds: number[], groupIds: number[]): Promise<KnownTag[]> {
    const found = await sql<KnownTag>`
      select t.tag_id as "tagId", t.wecom_id as "wecomId", t.name, t.group_id as "groupId", g.choice
      from tags t
      join tag_groups g on g.group_id = t.group_id
      where t.tag_id = any(${tagIds}::integer[]) and t.group_id = any(${groupIds}::integer[])`.execute(db)
    return found.rows
  },

  async writeTagIds(followId: number, tagIds: number[]): Promise<void> {
    await sql`update follows set tag_ids = ${tagIds}::integer[] where follow_id = ${followId}`.execute(db)
  },

  /** What WeCom refused has been seen. */
  async dismissRefusals(followId: number): Promise<void> {
    await sql`delete from tag_changes where follow_id = ${followId} and state = 'refused'`.execute(db)
  },

  /**
   * Forgets waiting changes whose opposite is wanted now and of which WeCom cannot have heard: nothing is left to send.
   * Answers the tags for which that was so.
   */
  async cancelUnheard(followId: number, tagIds: number[], opposite: 'add' | 'remove'): Promise<number[]> {
    const cancelled = await sql<{ tag_id: number }>`
      delete from tag_changes
      where follow_id = ${followId} and tag_id = any(${tagIds}::integer[]) and state = 'pending'
        and change = ${opposite} and not is_attempted
      returning tag_id`.execute(db)
    return cancelled.rows.map(row => row.tag_id)
  },

  async insertChanges(
    corpId: number,
    followId: number,
    tagIds: number[],
    change: 'add' | 'remove',
    now: Date,
  ): Promise<void> {
    await sql`
      insert into tag_changes (follow_id, tag_id, corp_id, change, changed_at)
      select ${followId}, tag_id, ${corpId}, ${change}, ${now} from unnest(${tagIds}::integer[]) as tag_id
      on conflict (follow_id, tag_id) do update
        set change = excluded.change, state = 'pending', version = nextval('tag_change_versions'), reason = null,
            changed_at = excluded.changed_at`.execute(db)
  },

  async rememberUse(actor: StaffActor, tagIds: number[], now: Date): Promise<void> {
    await sql`
      insert into recent_tags (staff_id, tag_id, corp_id, used_at)
      select ${actor.staffId}, tag_id, ${actor.corpId}, ${now} from unnest(${tagIds}::integer[]) as tag_id
      on conflict (staff_id, tag_id) do update set used_at = excluded.used_at`.execute(db)
  },

  async findPushTarget(followId: number): Promise<PushTarget | undefined> {
    const found = await sql<PushTarget>`
      select f.corp_id as "corpId", f.customer_id as "customerId", f.staff_id as "staffId", s.user_id as "userId",
             c.external_user_id as "externalUserId"
      from follows f
      join staff s on s.staff_id = f.staff_id
      join customers c on c.customer_id = f.customer_id
      where f.follow_id = ${followId}`.execute(db)
    return found.rows[0]
  },

  /** What waits to be told to WeCom, marked as told from here on, whatever the answer will be. */
  async beginAttempt(followId: number): Promise<PendingChange[]> {
    const found = await sql<PendingChange>`
      update tag_changes ch set is_attempted = true
      from tags t
      join tag_groups g on g.group_id = t.group_id
      where ch.follow_id = ${followId} and ch.state = 'pending' and t.tag_id = ch.tag_id
      returning ch.tag_id as "tagId", t.wecom_id as "wecomId", t.name, ch.change, ch.version,
                case when g.choice = 'single' then g.group_id end as "singleGroupId"`.execute(db)
    return found.rows
  },

  /** WeCom has these now; a row changed since stays. */
  async settleDone(followId: number, changes: PendingChange[], now: Date): Promise<void> {
    await sql`
      with settled as (
        update follows set tags_settled_at = ${now} where follow_id = ${followId})
      delete from tag_changes ch
      using unnest(${changes.map(change => change.tagId)}::integer[], ${changes.map(change => change.version)}::bigint[])
        as told(tag_id, version)
      where ch.follow_id = ${followId} and ch.tag_id = told.tag_id and ch.version = told.version
        and ch.state = 'pending'`.execute(db)
  },

  /** Which of these still wait as they were told; the follow is held by this transaction. */
  async listStanding(followId: number, changes: PendingChange[]): Promise<number[]> {
    const standing = await sql<{ tag_id: number }>`
      select ch.tag_id from tag_changes ch
      join unnest(${changes.map(change => change.tagId)}::integer[], ${changes.map(change => change.version)}::bigint[])
        as told(tag_id, version) on told.tag_id = ch.tag_id and told.version = ch.version
      where ch.follow_id = ${followId} and ch.state = 'pending'`.execute(db)
    return standing.rows.map(row => row.tag_id)
  },

  /** Forgets what would only take back a refused change: WeCom has it as the guide wants it now. */
  async cancelNeedless(followId: number, refused: PendingChange[]): Promise<void> {
    await sql`
      delete from tag_changes ch
      using unnest(${refused.map(change => change.tagId)}::integer[], ${refused.map(change => change.change)}::text[])
        as told(tag_id, change)
      where ch.follow_id = ${followId} and ch.tag_id = told.tag_id and ch.change <> told.change
        and ch.state = 'pending'`.execute(db)
  },

  /** They wait no longer, but to be read. */
  async settleRefused(followId: number, tagIds: number[], reason: string): Promise<void> {
    await sql`
      update tag_changes set state = 'refused', reason = ${reason}
      where follow_id = ${followId} and tag_id = any(${tagIds}::integer[]) and state = 'pending'`.execute(db)
  },

  /** Takes tags off a follow and puts others back, as a refusal demands. */
  async undoOnFollow(followId: number, added: number[], removed: number[]): Promise<void> {
    await sql`
      update follows set tag_ids = array(
        select tag_id from unnest(tag_ids || ${removed}::integer[]) as tag_id
        where tag_id <> all(${added}::integer[])
        group by tag_id order by tag_id)
      where follow_id = ${followId}`.execute(db)
  },

  async lockFollow(followId: number): Promise<void> {
    await sql`select 1 from follows where follow_id = ${followId} for update`.execute(db)
  },

  /** What WeCom refused, by its own ids. */
  async listRefused(followId: number): Promise<{ wecomId: string; change: 'add' | 'remove' }[]> {
    const found = await sql<{ wecomId: string; change: 'add' | 'remove' }>`
      select t.wecom_id as "wecomId", ch.change
      from tag_changes ch
      join tags t on t.tag_id = ch.tag_id
      where ch.follow_id = ${followId} and ch.state = 'refused'`.execute(db)
    return found.rows
  },

  /** Forgets everything about a follow that is not at WeCom; answers what was still wanted. */
  async giveUpChanges(
    followId: number,
  ): Promise<{ tagId: number; name: string; change: 'add' | 'remove' }[]> {
    const given = await sql<{ tagId: number; name: string; change: 'add' | 'remove'; state: string }>`
      delete from tag_changes ch
      using tags t
      where ch.follow_id = ${followId} and t.tag_id = ch.tag_id
      returning ch.tag_id as "tagId", t.name, ch.change, ch.state`.execute(db)
    return given.rows.filter(row => row.state === 'pending')
  },
})
