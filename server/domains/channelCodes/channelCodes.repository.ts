import { sql, type RawBuilder } from 'kysely'
import type { ChannelCode, ChannelCodeDraft } from '../../../shared/contract/channelCodes.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { channelCodeInScope, couponTemplateInScope, staffInScope } from '../../db/scope.ts'
import type { WecomContactWay } from '../../wecom/client.ts'

const UNWELCOMED_DAYS = 30

export const codeSubject = (channelCodeId: string): string => `channelCode:${channelCodeId}`

/** A draft whose names have been looked up. */
export interface CodeContent extends Pick<
  ChannelCodeDraft,
  'name' | 'welcomeText' | 'templateId' | 'skipVerify'
> {
  staffIds: number[]
  tagIds: number[]
}

/** A code as WeCom is to have it. */
export interface CodeForWecom {
  channelCodeId: string
  state: string
  name: string
  skipVerify: boolean
  version: number
  isDeleted: boolean
  configId: string | null
  askedAt: Date | null
  /** those who are at work, by WeCom's ids, and by ours */
  userIds: string[]
  staffIds: number[]
}

interface Row extends Omit<ChannelCode, 'changedAt' | 'sync' | 'reason'> {
  changedAt: Date
  toldVersion: number | null
  outboxState: string | null
  outboxReason: string | null
}

function toCode({ changedAt, toldVersion, outboxState, outboxReason, ...row }: Row): ChannelCode {
  const isOnItsWay = outboxState === 'waiting' || outboxState === 'sending'
  const isThere = !isOnItsWay && toldVersion === row.version
  const isRefused = !isOnItsWay && !isThere && outboxState !== null
  return {
    ...row,
    changedAt: changedAt.toISOString(),
    sync: isThere ? 'done' : isRefused ? 'refused' : 'pending',
    reason: isRefused ? (outboxReason ?? '没有送到企业微信') : null,
  }
}

const subjectOf = sql`('channelCode:' || k.channel_code_id)`

/** Counted for one code and not for a list, each by its key: as much work as the code has given, however many there are in all. */
const couponCounts = sql`
  select json_build_object(
    'given', count(*), 'claimed', count(*) filter (where p.state in ('claimed', 'redeemed')),
    'redeemed', count(*) filter (where p.state = 'redeemed'))
  from welcome_coupons w
  cross join lateral (select c.state from coupons c where c.coupon_id = w.coupon_id limit 1) p
  where w.channel_code_id = k.channel_code_id`

const columns = (now: Date): RawBuilder<unknown> => sql`
  k.channel_code_id as "channelCodeId", k.name, k.welcome_text as "welcomeText", k.skip_verify as "skipVerify",
  k.qr_code_url as "qrCodeUrl", k.version, k.changed_at as "changedAt", k.told_version as "toldVersion",
  changer.name as "changedBy", told.state as "outboxState", told.reason as "outboxReason",
  (select json_agg(json_build_object('userId', g.user_id, 'name', g.name, 'store', at.name, 'isActive', g.status = 'active')
     order by array_position(k.staff_ids, g.staff_id)) from staff g left join stores at on at.store_id = g.store_id where g.staff_id = any(k.staff_ids)) as guides,
  (select coalesce(json_agg(json_build_object('tagId', t.wecom_id, 'name', t.name) order by array_position(k.tag_ids, t.tag_id)), '[]')
     from tags t where t.tag_id = any(k.tag_ids) and not t.is_deleted) as tags,
  case when o.template_id is not null then
    json_build_object('templateId', o.template_id, 'name', o.name, 'isRunning', o.state = 'running') end as coupon,
  (select count(distinct a.customer_id)::int from channel_arrivals a where a.channel_code_id = k.channel_code_id) as added,
  (select count(*)::int from welcomes w where w.channel_code_id = k.channel_code_id and w.state in ('refused', 'unknown')
     and w.received_at > ${now}::timestamptz - make_interval(days => ${UNWELCOMED_DAYS})) as unwelcomed`

const sources = sql`
  channel_codes k
  left join staff changer on changer.staff_id = k.changed_by
  left join coupon_templates o on o.template_id = k.template_id
  left join lateral (
    select x.state, x.reason from outbox x
    where x.corp_id = k.corp_id and x.kind = 'contactWay' and x.subject = ${subjectOf}
    order by x.version desc limit 1) told on true`

export const createChannelCodesRepository = (db: Db | Tx) => ({
  /** Newest first. */
  async list(actor: StaffActor, now: Date, most: number): Promise<{ codes: ChannelCode[]; total: number }> {
    const found = await sql<Row & { total: number }>`
      with shown as (
        select k.channel_code_id, k.created_at, count(*) over ()::int as total
        from channel_codes k where ${channelCodeInScope(actor)}
        order by k.created_at desc, k.channel_code_id limit ${most})
      select ${columns(now)}, null as coupons, shown.total
      from ${sources}
      join shown on shown.channel_code_id = k.channel_code_id
      order by shown.created_at desc, k.channel_code_id`.execute(db)
    return {
      codes: found.rows.map(({ total: _, ...row }) => toCode(row)),
      total: found.rows[0]?.total ?? 0,
    }
  },

  async find(actor: StaffActor, channelCodeId: string, now: Date): Promise<ChannelCode | undefined> {
    const found = await sql<Row>`
      select ${columns(now)}, (${couponCounts}) as coupons from ${sources}
      where k.channel_code_id = ${channelCodeId} and ${channelCodeInScope(actor)}`.execute(db)
    return found.rows[0] && toCode(found.rows[0])
  },

  /** The version of a code in scope, held until the transaction ends. */
  async lock(
    actor: StaffActor,
    channelCodeId: string,
  ): Promise<{ version: number; name: string } | undefined> {
    const found = await sql<{ version: number; name: string }>`
      select k.version, k.name from channel_codes k
      where k.channel_code_id = ${channelCodeId} and ${channelCodeInScope(actor)}
      for update`.execute(db)
    return found.rows[0]
  },

  async count(corpId: number): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from channel_codes where corp_id = ${corpId} and deleted_at is null`.execute(
      db,
    )
    return found.rows[0]?.count ?? 0
  },

  /** Members at work whom the actor looks after, by their ids in small letters. */
  async findGuides(actor: StaffActor, userIds: string[]): Promise<Map<string, number>> {
    const found = await sql<{ userId: string; staffId: number }>`
      select lower(s.user_id) as "userId", s.staff_id as "staffId" from staff s
      where lower(s.user_id) = any(${userIds.map(id => id.toLowerCase())}::text[]) and s.status = 'active'
        and ${staffInScope(actor)}`.execute(db)
    return new Map(found.rows.map(({ userId, staffId }) => [userId, staffId]))
  },

  async findTags(corpId: number, wecomIds: string[]): Promise<Map<string, number>> {
    const found = await sql<{ wecomId: string; tagId: number }>`
      select wecom_id as "wecomId", tag_id as "tagId" from tags
      where corp_id = ${corpId} and wecom_id = any(${wecomIds}::text[]) and not is_deleted`.execute(db)
    return new Map(found.rows.map(({ wecomId, tagId }) => [wecomId, tagId]))
  },

  /** Whether a coupon of this kind may go with a welcome, now or once it runs. */
  async hasTemplate(actor: StaffActor, templateId: string): Promise<boolean> {
    const found = await sql`
      select from coupon_templates t
      where t.template_id = ${templateId} and t.state <> 'stopped' and t.tiers = '{}' and ${couponTemplateInScope(actor)}`.execute(
      db,
    )
    return found.rows.length > 0
  },

  async insert(
    actor: StaffActor,
    code: CodeContent & { channelCodeId: string; state: string },
    now: Date,
  ): Promise<void> {
    await sql`
      insert into channel_codes (channel_code_id, corp_id, state, name, staff_ids, tag_ids, welcome_text, template_id,
        skip_verify, created_by, created_at, changed_by, changed_at)
      values (${code.channelCodeId}, ${actor.corpId}, ${code.state}, ${code.name}, ${code.staffIds}::integer[],
        ${code.tagIds}::integer[], ${code.welcomeText}, ${code.templateId}, ${code.skipVerify}, ${actor.staffId}, ${now},
        ${actor.staffId}, ${now})`.execute(db)
  },

  async change(actor: StaffActor, channelCodeId: string, code: CodeContent, now: Date): Promise<void> {
    await sql`
      update channel_codes
      set name = ${code.name}, staff_ids = ${code.staffIds}::integer[], tag_ids = ${code.tagIds}::integer[],
          welcome_text = ${code.welcomeText}, template_id = ${code.templateId}, skip_verify = ${code.skipVerify},
          version = version + 1, changed_by = ${actor.staffId}, changed_at = ${now}
      where channel_code_id = ${channelCodeId} and corp_id = ${actor.corpId}`.execute(db)
  },

  async remove(actor: StaffActor, channelCodeId: string, now: Date): Promise<void> {
    await sql`
      update channel_codes
      set deleted_at = ${now}, version = version + 1, changed_by = ${actor.staffId}, changed_at = ${now}
      where channel_code_id = ${channelCodeId} and corp_id = ${actor.corpId}`.execute(db)
  },

  // What WeCom has of it ------------------------------------------------------------------------------------------------

  async findForWecom(corpId: number, channelCodeId: string): Promise<CodeForWecom | undefined> {
    const found = await sql<CodeForWecom>`
      select k.channel_code_id as "channelCodeId", k.state, k.name, k.skip_verify as "skipVerify", k.version,
             k.deleted_at is not null as "isDeleted", k.config_id as "configId", k.asked_at as "askedAt",
             coalesce(array_agg(s.user_id order by array_position(k.staff_ids, s.staff_id))
               filter (where s.staff_id is not null), '{}') as "userIds",
             coalesce(array_agg(s.staff_id order by array_position(k.staff_ids, s.staff_id))
               filter (where s.staff_id is not null), '{}') as "staffIds"
      from channel_codes k
      left join staff s on s.staff_id = any(k.staff_ids) and s.status = 'active'
      where k.corp_id = ${corpId} and k.channel_code_id = ${channelCodeId}
      group by k.channel_code_id`.execute(db)
    return found.rows[0]
  },

  /** From now on WeCom may have one that we do not know the id of. */
  async noteAsked(channelCodeId: string, now: Date): Promise<void> {
    await sql`
      update channel_codes set asked_at = coalesce(asked_at, ${now}) where channel_code_id = ${channelCodeId}`.execute(
      db,
    )
  },

  /** @param way null: WeCom has none any more */
  async keepWay(channelCodeId: string, way: WecomContactWay | null): Promise<void> {
    await sql`
      update channel_codes
      set config_id = ${way?.configId ?? null}, qr_code_url = ${way?.qrCodeUrl ?? null}, asked_at = null,
          told_version = null, told_staff_ids = '{}'
      where channel_code_id = ${channelCodeId}`.execute(db)
  },

  async noteTold(
    code: Pick<CodeForWecom, 'channelCodeId' | 'version' | 'staffIds'>,
    now: Date,
  ): Promise<void> {
    await sql`
      update channel_codes
      set told_version = ${code.version}, told_staff_ids = ${code.staffIds}::integer[], told_at = ${now}
      where channel_code_id = ${code.channelCodeId}`.execute(db)
  },

  /** Codes that WeCom had as they were written, but long ago, or somebody on them has left or come back since. */
  async listToTellAgain(before: Date): Promise<{ corpId: number; channelCodeId: string; name: string }[]> {
    const found = await sql<{ corpId: number; channelCodeId: string; name: string }>`
      select k.corp_id as "corpId", k.channel_code_id as "channelCodeId", k.name from channel_codes k
      cross join lateral (
        select coalesce(array_agg(s.staff_id order by array_position(k.staff_ids, s.staff_id)), '{}') as ids
        from staff s where s.staff_id = any(k.staff_ids) and s.status = 'active') now
      where k.deleted_at is null and k.told_version = k.version and cardinality(now.ids) > 0
        and (now.ids <> k.told_staff_ids or k.told_at < ${before})
        and not exists (
          select from outbox x
          where x.corp_id = k.corp_id and x.kind = 'contactWay' and x.subject = ${subjectOf}
            and x.state in ('waiting', 'sending', 'refused', 'dead'))
      limit 500`.execute(db)
    return found.rows
  },

  // Who comes by it -----------------------------------------------------------------------------------------------------

  /** Names of codes by what WeCom tells of them; deleted ones too. */
  async namesOf(corpId: number, states: string[]): Promise<Map<string, string>> {
    const found = await sql<{ state: string; name: string }>`
      select state, name from channel_codes
      where corp_id = ${corpId} and state = any(${states}::text[])`.execute(db)
    return new Map(found.rows.map(({ state, name }) => [state, name]))
  },

  /**
   * Counts who came by codes, and answers the friendships that have not been given their code's tags: the first time, and
   * when she has come back since.
   */
  async arrive(
    corpId: number,
    arrivals: { state: string; staffId: number; customerId: number; at: Date; isHalf: boolean }[],
  ): Promise<{ followId: number; customerId: number; staffId: number; tagIds: number[] }[]> {
    const found = await sql<{ followId: number; customerId: number; staffId: number; tagIds: number[] }>`
      with given as (
        select distinct on (k.channel_code_id, g."customerId", g."staffId")
               k.channel_code_id, k.tag_ids, g."customerId" as customer_id, g."staffId" as staff_id, g.at, g."isHalf" as is_half
        from jsonb_to_recordset(${JSON.stringify(arrivals)}::jsonb) as g (
          state text, "staffId" integer, "customerId" bigint, at timestamptz, "isHalf" boolean)
        join channel_codes k on k.corp_id = ${corpId} and k.state = g.state
        order by k.channel_code_id, g."customerId", g."staffId", g."isHalf", g.at desc),
      former as (
        select g.*, a.tagged_at from given g
        left join channel_arrivals a using (channel_code_id, customer_id, staff_id)),
      written as (
        insert into channel_arrivals as a (channel_code_id, staff_id, customer_id, first_at, tagged_at)
        select channel_code_id, staff_id, customer_id, at, case when not is_half then at end from given
        on conflict (channel_code_id, customer_id, staff_id) do update
          set tagged_at = greatest(a.tagged_at, excluded.tagged_at))
      select f.follow_id as "followId", f.customer_id as "customerId", f.staff_id as "staffId", m.tag_ids as "tagIds"
      from former m
      join follows f on f.staff_id = m.staff_id and f.customer_id = m.customer_id and f.status = 'active'
      where not m.is_half and cardinality(m.tag_ids) > 0 and (m.tagged_at is null or m.tagged_at < m.at)
      order by f.follow_id`.execute(db)
    return found.rows
  },
})
