import { sql } from 'kysely'
import type { GroupCard } from '../../../shared/contract/groups.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { contactOutcomes, countedRulesJson, quietHoursJson, type CorpDay } from '../../db/restraintParts.ts'
import { ownFollow } from '../../db/scope.ts'

const MAX_MINE = 200
const SHOWN_TAGS = 3

export interface GroupIds {
  groupChatId: number
  name: string
}

export interface PulledGroup {
  chatId: string
  name: string
  ownerUserId: string
  members: { id: string; kind: 'staff' | 'external' }[]
}

interface GroupRow {
  chatId: string
  name: string
  memberCount: number
  mine: GroupCard['mine']
  colleagues: GroupCard['colleagues']
  rules: (GroupCard['contact']['rules'][number] & { ruleId: number })[]
  quietHours: GroupCard['contact']['quietHours']
  lastAt: Date | null
  lastByName: string | null
  lastWhat: string | null
}

export const createGroupsRepository = (db: Db | Tx) => ({
  /** A group the member is in. */
  async findGroup(actor: StaffActor, chatId: string): Promise<GroupIds | undefined> {
    const found = await sql<GroupIds>`
      select chat.group_chat_id as "groupChatId", chat.name
      from group_chats chat
      join group_members me on me.group_chat_id = chat.group_chat_id and me.kind = 1
        and lower(me.member_id) = lower(${actor.userId})
      where chat.corp_id = ${actor.corpId} and chat.chat_id = ${chatId}`.execute(db)
    return found.rows[0]
  },

  /** The same group with those of its members who are customers: the member's own by name, colleagues' only counted. */
  async findCard(actor: StaffActor, chatId: string, day: CorpDay): Promise<GroupCard | undefined> {
    const toThem = {
      corpId: sql`${actor.corpId}::int`,
      storeId: sql`${actor.store?.storeId ?? null}::int`,
      customerId: sql`null::bigint`,
      groupChatId: sql`chat.group_chat_id`,
    }
    const found = await sql<GroupRow>`
      with chat as (
        select chat.group_chat_id, chat.chat_id, chat.name, chat.member_count
        from group_chats chat
        join group_members me on me.group_chat_id = chat.group_chat_id and me.kind = 1
          and lower(me.member_id) = lower(${actor.userId})
        where chat.corp_id = ${actor.corpId} and chat.chat_id = ${chatId}),
      present as (
        select c.* from chat
        join group_members member on member.group_chat_id = chat.group_chat_id and member.kind = 2
        join customers c on c.corp_id = ${actor.corpId} and c.external_user_id = member.member_id),
      mine as (
        select c.customer_id, c.external_user_id, c.avatar_url, c.tier, f.sort_key, f.tag_ids,
          coalesce(nullif(c.salutation, ''), nullif(f.remark, ''), c.name) as address
        from present c
        join follows f on f.customer_id = c.customer_id and ${ownFollow(actor)}
        order by f.sort_key, f.follow_id limit ${MAX_MINE}),
      theirs as (
        select colleague.name, count(*)::int as customers
        from present c
        join follows f on f.customer_id = c.customer_id and f.status = 'active'
        join staff colleague on colleague.staff_id = f.staff_id
        where not exists (
          select from follows own
          where own.customer_id = c.customer_id and ${ownFollow(actor, 'own')})
        group by colleague.staff_id, colleague.name)
      select chat.chat_id as "chatId", chat.name, chat.member_count as "memberCount",
        coalesce((
          select json_agg(json_build_object('externalUserId', mine.external_user_id, 'address', mine.address,
            'avatarUrl', mine.avatar_url, 'tier', mine.tier, 'tags', array(
              select tags.name from tags
              where tags.tag_id = any(mine.tag_ids) and not tags.is_deleted
              order by array_position(mine.tag_ids, tags.tag_id) limit ${SHOWN_TAGS})) order by mine.sort_key)
          from mine), '[]') as mine,
        coalesce((
          select json_agg(json_build_object('name', theirs.name, 'customers', theirs.customers)
            order by theirs.customers desc, theirs.name)
          from theirs), '[]') as colleagues,
        ${countedRulesJson(toThem, ['group'], day)} as rules, ${quietHoursJson(toThem.corpId)} as "quietHours",
        posted.started_at as "lastAt", posted.name as "lastByName", posted.title as "lastWhat"
      from chat
      left join lateral (
        select s.started_at, s.title, case when s.staff_id <> ${actor.staffId} then writer.name end as name
        from sends s
        join staff writer on writer.staff_id = s.staff_id
        where s.group_chat_id = chat.group_chat_id and s.outcome in (${contactOutcomes})
        order by s.started_at desc limit 1) posted on true`.execute(db)
    const row = found.rows[0]
    return row && toGroupCard(row)
  },

  /** Which of these are customers of ours. */
  async listKnown(corpId: number, externalUserIds: readonly string[]): Promise<Set<string>> {
    if (externalUserIds.length === 0) return new Set()
    const found = await sql<{ id: string }>`
      select external_user_id as id from customers
      where corp_id = ${corpId} and external_user_id = any(${[...externalUserIds]}::text[])`.execute(db)
    return new Set(found.rows.map(({ id }) => id))
  },

  /** Writes a group as WeCom has it, its members with it. */
  async upsertGroup(corpId: number, group: PulledGroup, now: Date): Promise<void> {
    const ids = group.members.map(member => member.id)
    const kinds = group.members.map(member => (member.kind === 'staff' ? 1 : 2))
    await sql`
      with chat as (
        insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
        values (${corpId}, ${group.chatId}, ${group.name}, (
          select staff_id from staff where corp_id = ${corpId} and lower(user_id) = lower(${group.ownerUserId})),
          ${group.members.length}, ${now})
        on conflict (corp_id, chat_id) do update
          set name = excluded.name, owner_staff_id = excluded.owner_staff_id, member_count = excluded.member_count,
              synced_at = excluded.synced_at
        returning group_chat_id),
      gone as (
        delete from group_members using chat
        where group_members.group_chat_id = chat.group_chat_id and group_members.member_id <> all(${ids}::text[]))
      insert into group_members (group_chat_id, member_id, kind)
      select distinct on (member.id) chat.group_chat_id, member.id, member.kind
      from chat, unnest(${ids}::text[], ${kinds}::smallint[]) as member (id, kind)
      on conflict (group_chat_id, member_id) do update set kind = excluded.kind
        where group_members.kind <> excluded.kind`.execute(db)
  },

  /** Groups that are no more lose their members: nobody is in them, nobody sees them. */
  async empty(corpId: number, chatIds: string[]): Promise<void> {
    await sql`
      delete from group_members using group_chats chat
      where chat.group_chat_id = group_members.group_chat_id and chat.corp_id = ${corpId}
        and chat.chat_id = any(${chatIds}::text[])`.execute(db)
  },

  async listOwnedBy(corpId: number, ownerUserIds: string[]): Promise<string[]> {
    const found = await sql<{ chatId: string }>`
      select chat.chat_id as "chatId"
      from group_chats chat
      join staff owner on owner.staff_id = chat.owner_staff_id
      where chat.corp_id = ${corpId} and lower(owner.user_id) = any(${ownerUserIds.map(id => id.toLowerCase())}::text[])
        and exists (select from group_members member where member.group_chat_id = chat.group_chat_id)`.execute(
      db,
    )
    return found.rows.map(row => row.chatId)
  },
})

const toGroupCard = (row: GroupRow): GroupCard => ({
  chatId: row.chatId,
  name: row.name,
  memberCount: row.memberCount,
  mine: row.mine,
  colleagues: row.colleagues,
  contact: {
    rules: row.rules.map(({ ruleId: _, ...rule }) => rule),
    quietHours: row.quietHours,
    lastAt: row.lastAt?.toISOString() ?? null,
    lastByName: row.lastByName,
    lastWhat: row.lastWhat,
  },
})
