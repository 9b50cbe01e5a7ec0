import { CompiledQuery, sql, type RawBuilder } from 'kysely'
import type { Card } from '../../../shared/contract/customers.ts'
import type { GiftMemory, Reminder } from '../../../shared/contract/reminders.ts'
import type { ScriptMoment } from '../../../shared/contract/scripts.ts'
import type { CustomerTags } from '../../../shared/contract/tags.ts'
import { addDays, type CivilDay } from '../../../shared/rules/civilDay.ts'
import { becauseText } from '../../../shared/rules/becauseText.ts'
import { BIRTHDAY_RELATIONS } from '../../../shared/rules/fittingOccasion.ts'
import { NEAR_DAYS, startersOutOf } from '../../../shared/rules/scriptMoment.ts'
import { WORKED_FLOOR, WORKED_POINTS } from '../../../shared/rules/suggestScript.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { cardCouponsJson, reminderCouponJson } from '../../db/couponParts.ts'
import { minorLook } from '../../db/minorLook.ts'
import { remarkIsOnItsWay } from '../../db/remarkOnItsWay.ts'
import { canBeContinued, partState } from '../../db/sendParts.ts'
import { importantDateJson } from '../../db/importantDateJson.ts'
import {
  FOCUS_SECONDS,
  caredJson,
  giftJson,
  hasNoDay,
  lastDay,
  notGivenUpSince,
  orderJson,
  reasonHolds,
  toCared,
  type CaredRow,
} from '../../db/reminderParts.ts'
import {
  contactOutcomes,
  countedLessJson,
  countedRulesJson,
  customerWroteAt,
  quietHoursJson,
  quietJson,
  type Audience,
} from '../../db/restraintParts.ts'
import {
  bestFollowFirst,
  followInScope,
  followInScopeOfMe,
  ownFollow,
  personVisibleToMe,
} from '../../db/scope.ts'
import { scriptIsInForce } from '../../db/scriptParts.ts'
import { sessionState, validSession } from '../session/validSession.ts'
import { dateWords, toImportantDate, type ImportantDateRow } from './importantDate.ts'
import { offeredScripts, type OfferedRow, type OfferFacts } from './offeredScripts.ts'
import { OVERDUE_DAYS } from '../../db/overdue.ts'

const MAX_DATES = 20
const MAX_REMINDERS = 5
/** Scripts weighed for one reminder: her favourites, hers and her store's, what has worked, then the newest. */
const MAX_WEIGHED = 20
const MAX_SUGGESTED = 3
/** Messages among which she is not to find the same one again. */
const RECENT_SENDS = 6

interface ReminderJson extends Omit<Reminder, 'date' | 'because' | 'cared' | 'scripts'> {
  date: ImportantDateRow | null
  scripts: OfferedRow[]
  care: string | null
  cared: CaredRow | null
}

interface CardRow {
  sessionStaffId: number
  sessionState: 'valid' | 'expired' | 'revoked'
  writer: OfferFacts['staff']
  lastSeenAt: Date
  followId: number | null
  externalUserId: string
  name: string
  kind: number
  gender: number
  avatarUrl: string | null
  corpName: string | null
  salutation: string | null
  tier: string | null
  ringSize: string | null
  wristSize: string | null
  neckSize: string | null
  wish: string | null
  note: string | null
  version: number
  quiet: Card['contact']['quiet']
  quietVersion: number
  purchaseDay: CivilDay | null
  purchasePiece: string | null
  isMine: boolean
  guide: string | null
  isWaiting: boolean
  isHalfAdded: boolean
  remark: string | null
  remarkSync: Card['follow']['remarkSync']
  addedAt: Date | null
  addWay: number
  channel: string | null
  phonesSealed: Buffer | null
  colleagues: string[]
  lastAt: Date | null
  lastStaffId: number | null
  lastByName: string | null
  lastWhat: string | null
  wroteAt: Date | null
  rules: (Card['contact']['rules'][number] & { ruleId: number })[]
  less: Card['contact']['less']
  quietHours: Card['contact']['quietHours']
  tags: CustomerTags
  dates: ImportantDateRow[]
  reminders: ReminderJson[]
  coupons: Card['coupons']
  unfinishedSend: Card['unfinishedSend']
  recentScripts: Card['recentScripts']
}

/** What opening a card found: the session, and the card if the member has that customer. */
export interface OpenedCard {
  session: 'valid' | 'expired' | 'revoked'
  lastSeenAt: Date
  /** without her numbers, which only the service can open */
  card: Card | undefined
  phonesSealed: Buffer | null
}

const kinds = { 1: 'wechat', 2: 'wecom' } as const
const genders = { 1: 'male', 2: 'female' } as const

function toReminder(row: ReminderJson, known: OfferFacts): Reminder {
  const { today } = known
  const reminder = {
    cared: toCared(row.cared, today),
    reminderId: row.reminderId,
    kind: row.kind,
    state: row.state,
    date: row.date === null ? null : toImportantDate(row.date, today),
    occurrence: row.occurrence,
    dueOn: row.dueOn,
    because: becauseText(
      {
        kind: row.kind,
        occurrence: row.occurrence,
        about: row.date ? dateWords({ ...row.date, isMinor: false }) : row.about,
        care: row.care,
        cared: toCared(row.cared, today),
      },
      today,
    ),
    about: row.about,
    order: row.order,
    gift: row.gift && isWorthSaying(row.gift) ? row.gift : null,
    coupon: row.coupon,
  }
  return { ...reminder, scripts: offeredScripts(reminder, row.scripts, known) }
}

type OfferRow = Pick<
  CardRow,
  | 'writer'
  | 'salutation'
  | 'tier'
  | 'ringSize'
  | 'wristSize'
  | 'purchaseDay'
  | 'purchasePiece'
  | 'tags'
  | 'recentScripts'
  | 'unfinishedSend'
>

const lastPurchase = ({
  purchaseDay: day,
  purchasePiece: piece,
}: Pick<CardRow, 'purchaseDay' | 'purchasePiece'>) => (day === null || piece === null ? null : { day, piece })

const toOfferFacts = (row: OfferRow, today: CivilDay): OfferFacts => ({
  today,
  staff: row.writer,
  customer: {
    profile: {
      salutation: row.salutation,
      tier: row.tier,
      ringSize: row.ringSize,
      wristSize: row.wristSize,
    },
    lastPurchase: lastPurchase(row),
  },
  tags: row.tags,
  recentScripts: row.recentScripts,
  unfinishedSend: row.unfinishedSend,
})

const isWorthSaying = ({ bought, ...known }: GiftMemory): boolean =>
  bought.length > 0 || Object.values(known).some(fact => fact !== null)

const toCard = (row: CardRow, { today, now }: { today: CivilDay; now: Date }): Card => ({
  customer: {
    externalUserId: row.externalUserId,
    name: row.name,
    kind: kinds[row.kind as 1 | 2] ?? 'wechat',
    gender: genders[row.gender as 1 | 2] ?? 'unknown',
    avatarUrl: row.avatarUrl,
    corpName: row.corpName,
    profile: {
      salutation: row.salutation,
      tier: row.tier,
      ringSize: row.ringSize,
      wristSize: row.wristSize,
      neckSize: row.neckSize,
      wish: row.wish,
      note: row.note,
      version: row.version,
    },
    lastPurchase: lastPurchase(row),
  },
  follow: {
    isMine: row.isMine,
    guide: row.isMine ? null : row.guide,
    isWaiting: row.isWaiting,
    isHalfAdded: row.isHalfAdded,
    remark: row.remark,
    remarkSync: row.remarkSync,
    addedAt: row.addedAt?.toISOString() ?? null,
    addWay: row.addWay,
    channel: row.channel,
    phones: [],
  },
  colleagues: row.colleagues,
  contact: {
    lastAt: row.lastAt?.toISOString() ?? null,
    lastByName: row.lastByName,
    lastByMe: row.lastStaffId === row.sessionStaffId,
    lastWhat: row.lastWhat,
    wroteAt: row.wroteAt?.toISOString() ?? null,
    rules: row.rules.map(({ ruleId: _, ...rule }) => rule),
    quiet: row.quiet,
    quietVersion: row.quietVersion,
    less: row.less,
    quietHours: row.quietHours,
  },
  tags: row.tags,
  dates: row.dates
    .map(date => toImportantDate(date, today))
    .sort((one, other) => (one.nextOn < other.nextOn ? -1 : one.nextOn > other.nextOn ? 1 : 0)),
  reminders: row.reminders.map(reminder => toReminder(reminder, toOfferFacts(row, today))),
  coupons: row.coupons,
  recentScripts: row.recentScripts,
  unfinishedSend: row.unfinishedSend,
  today,
  now: now.toISOString(),
})

/** Words of ours as literals: constants of the statement need no parameter. */
const words = (list: readonly string[]) => sql.join(list.map(word => sql.lit(word)))

/** `f` is the follow. What WeCom does not know yet is `pending`; what it refused waits in `refused`. */
const tagsJson = (staffId: RawBuilder<unknown>) => sql`json_build_object(
  'tags', coalesce((
    select json_agg(json_build_object('tagId', t.wecom_id, 'groupId', g.wecom_id, 'name', t.name,
                                      'sync', case when ch.tag_id is null then 'done' else 'pending' end)
                    order by g.sort desc, g.group_id, t.sort desc, t.tag_id)
    from tags t
    join tag_groups g on g.group_id = t.group_id
    left join tag_changes ch on ch.follow_id = f.follow_id and ch.tag_id = t.tag_id and ch.state = 'pending'
    where t.tag_id = any(f.tag_ids) and not t.is_deleted and not g.is_deleted), '[]'),
  'suggested', coalesce((
    select json_agg(json_build_object('tagId', s.tag_wecom_id, 'groupId', s.group_wecom_id, 'name', s.name)
                    order by s.used_at desc, s.tag_id)
    from (
      select t.tag_id, t.wecom_id as tag_wecom_id, g.wecom_id as group_wecom_id, t.name, r.used_at
      from recent_tags r
      join tags t on t.tag_id = r.tag_id and not t.is_deleted
      join tag_groups g on g.group_id = t.group_id and not g.is_deleted
      where r.staff_id = ${staffId} and not (t.tag_id = any(f.tag_ids))
        and not (g.choice = 'single' and exists (
          select 1 from tags w where w.tag_id = any(f.tag_ids) and w.group_id = g.group_id))
      order by r.used_at desc, t.tag_id
      limit ${MAX_SUGGESTED}) s), '[]'),
  'refused', coalesce((
    select json_agg(json_build_object('tagId', t.wecom_id, 'name', t.name, 'change', ch.change,
                                      'reason', coalesce(ch.reason, '')) order by ch.changed_at, t.tag_id)
    from tag_changes ch
    join tags t on t.tag_id = ch.tag_id
    where ch.follow_id = f.follow_id and ch.state = 'refused'), '[]'))`

/** As `fittingOccasion` and `isOnlyReadyMade` decide; `r` is the reminder, `d` its date, `p` the date's person. */
const occasionOfReminder = (today: CivilDay) => sql`case
  when r.kind = 'newFriend' then 'newFriend'
  when r.kind = 'coupon' then 'couponExpiring'
  when r.kind = 'care' then 'care'
  when r.kind <> 'date' then null
  when d.last_order_on < ${today}::date and d.next_on = r.occurrence and r.occurrence > ${today}::date
    then 'readyMade'
  when d.kind = 'firstPurchase' then 'firstPurchase'
  when d.kind = 'wedding' and (p.person_id is null or p.relation in (${words(BIRTHDAY_RELATIONS.birthdayPartner)}))
    then 'wedding'
  when d.kind <> 'birthday' then 'ownDay'
  when p.person_id is null then 'birthdaySelf'
  when p.relation in (${words(BIRTHDAY_RELATIONS.birthdayElder)}) then 'birthdayElder'
  when p.relation in (${words(BIRTHDAY_RELATIONS.birthdayPartner)}) then 'birthdayPartner'
  when p.relation in (${words(BIRTHDAY_RELATIONS.birthdayChild)}) then 'birthdayChild'
  else 'birthdayOther'
end`

const outOf = (moment: ScriptMoment) =>
  words(startersOutOf(moment).map(({ occasion, starterKey }) => `${occasion} ${starterKey}`))

/** As `suitsMoment` decides: no wish before the day, no early word after it. */
const isSaidNow = (
  today: CivilDay,
) => sql`(r.kind <> 'date' or coalesce(scripts.starter_key, scripts.began_as) is null
  or scripts.occasion || ' ' || coalesce(scripts.starter_key, scripts.began_as) <> all(case
  when r.occurrence < ${today}::date then array[${outOf('after')}]
  when r.occurrence = ${today}::date then array[${outOf('onDay')}]
  when r.occurrence <= ${addDays(today, NEAR_DAYS)}::date then array[${outOf('near')}]
  else array[${outOf('ahead')}] end))`

/**
 * What came of the present version of a script of `scripts`, as `worked`: in her own store where that is enough, else in the company.
 * `points` order as `suggestScripts` does.
 */
const workedBefore = sql`left join lateral (
  select json_build_object('within', case when w.store_id is null then 'company' else 'store' end, 'sends', w.sends,
                           'replies', w.replies, 'purchases', w.purchases) as told,
         case when w.sends >= ${sql.lit(WORKED_FLOOR)}
           then round((least(w.replies, w.sends) + least(w.purchases, w.sends))::numeric / w.sends * ${sql.lit(WORKED_POINTS)})
           else 0 end as points
  from script_worked w
  where w.script_id = scripts.script_id and w.version = scripts.version
    and (w.store_id is null or w.store_id = me.store_id)
  order by w.store_id nulls last limit 1) worked on true`

/** `r`, `d`, `p` as above, `c` the customer, `me` the member: its `corp_id`, `store_id` and `staff_id` decide which scripts may be offered. */
const reminderJson = ({
  now,
  today,
  timeZone,
}: Pick<CardQuestion, 'now' | 'today' | 'timeZone'>) => sql`json_build_object(
  'reminderId', r.reminder_id, 'kind', r.kind, 'state', r.state,
  'occurrence', r.occurrence::text, 'dueOn', r.due_on::text, 'about', r.about, 'care', r.care, 'cared', ${caredJson},
  'order', ${orderJson}, 'gift', ${giftJson}, 'coupon', ${reminderCouponJson({ now, today, timeZone })},
  'date', case when d.date_id is null then null else ${importantDateJson} end,
  'scripts', coalesce((
    select json_agg(json_build_object('scriptId', s.script_id, 'version', s.version, 'title', s.title, 'parts', s.parts,
                                      'worked', s.worked, 'isFavourite', s.is_favourite,
                                      'effectiveUntil', s.effective_until::text)
                    order by s.sort, s.script_id)
    from (
      select scripts.*, favourite.script_id is not null as is_favourite, worked.told as worked
      from scripts
      ${workedBefore}
      left join script_favourites favourite
        on favourite.staff_id = me.staff_id and favourite.script_id = scripts.script_id
      where scripts.corp_id = me.corp_id and ${scriptIsInForce(today, 'scripts')} and scripts.occasion = ${occasionOfReminder(today)}
        and ${isSaidNow(today)}
        and (scripts.scope = 'company'
          or (scripts.scope = 'store' and scripts.store_id = me.store_id)
          or (scripts.scope = 'personal' and scripts.staff_id = me.staff_id))
      order by favourite.script_id is null, scripts.scope = 'company', coalesce(worked.points, 0) desc,
               scripts.updated_at desc, scripts.sort, scripts.script_id
      limit ${MAX_WEIGHED}) s), '[]'))`

/** Who writes, `me`, with her shop. */
const writerJson = sql`json_build_object('name', me.name, 'store', (
  select json_build_object('name', stores.name, 'address', stores.address, 'hours', stores.hours, 'phone', stores.phone)
  from stores where stores.store_id = me.store_id))`

/** The newest purchase of customer `f.customer_id`, as `bought`. */
const boughtLast = sql`left join lateral (
  select day, piece from purchases
  where purchases.customer_id = f.customer_id
  order by day desc, purchase_id desc
  limit 1) bought on true`

/** Scripts among the newest of what she got, `f` being the follow. */
const recentScriptsJson = ({ timeZone }: { timeZone: string }) => sql`coalesce((
  select json_agg(json_build_object('scriptId', s.script_id, 'on', (s.started_at at time zone ${timeZone}::text)::date::text)
                  order by s.started_at desc)
  from (
    select sends.script_id, sends.started_at from sends
    where sends.customer_id = f.customer_id and sends.outcome in (${contactOutcomes})
    order by sends.started_at desc
    limit ${RECENT_SENDS}) s
  where s.script_id is not null), '[]')`

/** `f` is the follow. */
const remarkSync = sql`case when ${remarkIsOnItsWay('f')} then 'pending' else 'done' end`

/**
 * The order of `compareDue`: what was missed first, the latest missed before older ones, then the nearest day. A promise that
 * has been owed for longer takes its turn among the days to come.
 */
const turn = (occurrence: RawBuilder<unknown>, today: CivilDay) =>
  sql`${occurrence} between ${addDays(today, -OVERDUE_DAYS)}::date and ${addDays(today, -1)}::date desc,
      abs(${occurrence} - ${today}::date)`

export interface CardQuestion {
  sessionHash: Buffer
  externalUserId: string
  now: Date
  /** the corp's day */
  today: CivilDay
  timeZone: string
  /** when it is read, for the record of it; `now` where it is absent */
  at?: Date
}

/** Whoever opens the card, and the customer on it. */
const toHer: Audience = {
  corpId: sql`me.corp_id`,
  storeId: sql`me.store_id`,
  customerId: sql`f.customer_id`,
  groupChatId: sql`null::int`,
}

/**
 * Session check and the whole first screen. Where it shows dates of children, the same statement records that they were read (P28).
 * Everything hangs on one follow in her scope, her own first; each part is one index lookup, so
 * its cost does not grow with the number of customers.
 */
export function cardStatement({ sessionHash, externalUserId, now, today, timeZone, at = now }: CardQuestion) {
  const day = { now, today, timeZone }
  return sql<CardRow>`
      with card as materialized (
      select me.corp_id as "corpId", me.staff_id as "sessionStaffId", ${writerJson} as writer, ${sessionState(now)} as "sessionState", session.last_seen_at as "lastSeenAt", f.follow_id as "followId", f.customer_id as "customerId",
             c.external_user_id as "externalUserId", c.name, c.kind, c.gender, c.avatar_url as "avatarUrl",
             c.corp_name as "corpName", c.salutation, c.tier, c.ring_size as "ringSize", c.wrist_size as "wristSize",
             c.neck_size as "neckSize", c.wish, c.note, c.version, ${quietJson(day)} as quiet, c.quiet_version as "quietVersion",
             bought.day as "purchaseDay", bought.piece as "purchasePiece",
             f.staff_id = me.staff_id as "isMine", f.guide, f.is_waiting as "isWaiting", f.half_added_at is not null as "isHalfAdded", f.remark, ${remarkSync} as "remarkSync", f.added_at as "addedAt", f.add_way as "addWay", f.channel, f.phones_sealed as "phonesSealed",
             coalesce((
               select json_agg(colleague.name order by other.added_at, colleague.staff_id)
               from follows other
               join staff colleague on colleague.staff_id = other.staff_id and colleague.status = 'active'
               where other.customer_id = f.customer_id and other.status = 'active' and other.staff_id <> f.staff_id
             ), '[]') as colleagues,
             contact.started_at as "lastAt", contact.staff_id as "lastStaffId", contact.name as "lastByName",
             contact.title as "lastWhat",
             ${customerWroteAt(sql`f.customer_id`)} as "wroteAt",
             ${countedRulesJson(toHer, ['private', 'coupon'], day)} as rules,
             ${countedLessJson(toHer, day)} as less,
             ${quietHoursJson(sql`me.corp_id`)} as "quietHours",
             ${tagsJson(sql`me.staff_id`)} as tags,
             coalesce((
               select json_agg(${importantDateJson} order by d.next_on, d.date_id)
               from (
                 select * from important_dates
                 where important_dates.customer_id = f.customer_id
                 order by important_dates.next_on
                 limit ${MAX_DATES}) d
               left join people p on p.person_id = d.person_id
               where ${personVisibleToMe(today)}
             ), '[]') as dates,
             array(
               select p.person_id from people p
               where p.customer_id = f.customer_id and p.minor_until > ${today}::date and ${personVisibleToMe(today)}
                 and exists (
                   select from important_dates d where d.customer_id = f.customer_id and d.person_id = p.person_id)
             ) as minors,
             coalesce((
               select json_agg(${reminderJson(day)} order by r.is_focus desc, ${hasNoDay}, ${turn(lastDay, today)}, r.reminder_id)
               from (
                 select r.*, focus.reminder_id is not null as is_focus
                 from reminders r
                 left join reminder_focus focus
                   on focus.staff_id = r.staff_id and focus.customer_id = r.customer_id
                  and focus.reminder_id = r.reminder_id
                  and focus.at > ${new Date(now.getTime() - FOCUS_SECONDS * 1000)}
                 where r.customer_id = f.customer_id and r.staff_id = me.staff_id and r.state in ('pending', 'snoozed')
                   and ${reasonHolds}
                   and (focus.reminder_id is not null or (
                     -- 勿扰: what has no day of its own waits until she is to be written to again
                     not (r.kind in ('care', 'newFriend') and c.quiet_level is not distinct from 'none' and c.quiet_until > ${today}::date)
                     and ${lastDay} >= ${notGivenUpSince(today)} and r.due_on <= ${today}::date
                     and (r.snoozed_until is null or r.snoozed_until <= ${today}::date)))
                 order by is_focus desc, ${hasNoDay}, ${turn(lastDay, today)}, r.reminder_id
                 limit ${MAX_REMINDERS}) r
               left join important_dates d on d.date_id = r.date_id
               left join people p on p.person_id = d.person_id
               where ${personVisibleToMe(today)}
             ), '[]') as reminders,
             ${cardCouponsJson(day)} as coupons,
             (select json_build_object(
                'sendId', s.send_id, 'title', s.title, 'scriptId', s.script_id, 'reminderId', s.reminder_id,
                'parts', (select json_agg(${partState} order by p.index) from send_parts p where p.send_id = s.send_id))
              from sends s
              where s.customer_id = f.customer_id and s.staff_id = me.staff_id and ${canBeContinued(now)}
              order by s.started_at desc limit 1) as "unfinishedSend",
             ${recentScriptsJson(day)} as "recentScripts"
      from sessions session
      join staff me on me.staff_id = session.staff_id
      left join customers c on c.corp_id = me.corp_id and c.external_user_id = ${externalUserId} and ${validSession(now)}
      left join lateral (
        select f.*, owner.name as guide, owner.status <> 'active' as is_waiting
        from follows f
        join staff owner on owner.staff_id = f.staff_id
        where f.customer_id = c.customer_id and ${followInScopeOfMe()}
        order by ${bestFollowFirst({ staffId: sql`me.staff_id`, isGuide: sql`me.role = 'guide'` })}
        limit 1) f on true
      ${boughtLast}
      left join lateral (
        select s.started_at, s.staff_id, s.title, writer.name
        from sends s
        join staff writer on writer.staff_id = s.staff_id
        where s.customer_id = f.customer_id and s.outcome in (${contactOutcomes})
        order by s.started_at desc
        limit 1) contact on true
      where session.token_hash = ${sessionHash}),
      noted as (
        insert into audit_entries (corp_id, at, actor, staff_id, action, subject_kind, subject_id, customer_id, detail)
        select card."corpId", ${at}, 'staff', card."sessionStaffId", 'minorRead', 'person', minor::text, card."customerId",
               ${minorLook({ today, at })}
        from card, unnest(card.minors) minor
        on conflict do nothing)
      select * from card`
}

/** The moment of a statement may be so old. */
const MOMENT_MS = 1_000
interface Compiled {
  moment: Pick<CardQuestion, 'now' | 'today' | 'timeZone'>
  sql: string
  parameters: readonly unknown[]
}
/** Stand where the session and the customer are asked for, in a statement made for a moment. */
const anySession = Buffer.from('any session')
const anyCustomer = 'any customer'
const anyInstant = new Date(0)
let compiled: Compiled | undefined

/** To put the statement together takes longer than to send it: within a second only whose card it is changes, and when that is noted. */
function compiledCard(asked: CardQuestion, db: Db | Tx): CompiledQuery<CardRow> {
  const { now, today, timeZone } = asked
  const age = now.getTime() - (compiled?.moment.now.getTime() ?? -Infinity)
  const isOfNow = age >= 0 && age < MOMENT_MS
  if (!compiled || !isOfNow || compiled.moment.today !== today || compiled.moment.timeZone !== timeZone) {
    const made = cardStatement({
      ...asked,
      sessionHash: anySession,
      externalUserId: anyCustomer,
      at: anyInstant,
    }).compile(db)
    // The driver compares the text with what it has prepared: faster with itself.
    const text = compiled?.sql === made.sql ? compiled.sql : made.sql
    compiled = { moment: { now, today, timeZone }, sql: text, parameters: made.parameters }
  }
  const given = new Map<unknown, unknown>([
    [anySession, asked.sessionHash],
    [anyCustomer, asked.externalUserId],
    [anyInstant, now],
  ])
  return CompiledQuery.raw(
    compiled.sql,
    compiled.parameters.map(value => given.get(value) ?? value),
  ) as CompiledQuery<CardRow>
}

/** The readings of the first screen, whole and in parts: the parts answer the changes made on it. */
export const createCardRepository = (db: Db | Tx) => ({
  /** Session and card in one statement; undefined for a session nobody knows. */
  async open(asked: CardQuestion): Promise<OpenedCard | undefined> {
    const found = await db.executeQuery(compiledCard(asked, db))
    const row = found.rows[0]
    if (!row) return undefined
    return {
      session: row.sessionState,
      lastSeenAt: row.lastSeenAt,
      card: row.followId === null ? undefined : toCard(row, asked),
      phonesSealed: row.phonesSealed,
    }
  },

  /** The tags of a follow with what is suggested to the member beside them. */
  async readTags(actor: StaffActor, followId: number): Promise<CustomerTags | undefined> {
    const found = await sql<{ tags: CustomerTags }>`
      select ${tagsJson(sql`${actor.staffId}`)} as tags
      from follows f
      where f.follow_id = ${followId} and ${followInScope(actor)}`.execute(db)
    return found.rows[0]?.tags
  },

  async readReminder(
    actor: StaffActor,
    reminderId: string,
    { now, today, timeZone }: Pick<CardQuestion, 'now' | 'today' | 'timeZone'>,
  ): Promise<Reminder | undefined> {
    const found = await sql<{ reminder: ReminderJson } & Omit<OfferRow, 'unfinishedSend'>>`
      select ${reminderJson({ now, today, timeZone })} as reminder, ${writerJson} as writer, ${tagsJson(sql`${actor.staffId}`)} as tags,
             ${recentScriptsJson({ timeZone })} as "recentScripts", c.salutation, c.tier,
             c.ring_size as "ringSize", c.wrist_size as "wristSize",
             bought.day as "purchaseDay", bought.piece as "purchasePiece"
      from reminders r
      join staff me on me.staff_id = r.staff_id
      join follows f on f.customer_id = r.customer_id and ${ownFollow(actor)}
      join customers c on c.customer_id = r.customer_id
      ${boughtLast}
      left join important_dates d on d.date_id = r.date_id
      left join people p on p.person_id = d.person_id
      where r.reminder_id = ${reminderId} and r.corp_id = ${actor.corpId} and r.staff_id = ${actor.staffId}`.execute(
      db,
    )
    const row = found.rows[0]
    return row && toReminder(row.reminder, toOfferFacts({ ...row, unfinishedSend: null }, today))
  },
})
