import { sql, type RawBuilder } from 'kysely'
import type { CivilDay } from '../../shared/rules/civilDay.ts'
import type { StaffActor } from '../actor.ts'

/**
 * Who may see and change what, as conditions for statements: the one place that says it.
 * guide → her own live follows · manager → also those of her stores' members, of members who have left too (待接替) · admin → the corp.
 * Whatever a condition keeps out is answered as if it did not exist.
 */

type Condition = RawBuilder<boolean>

/** A follow that is one: of leavers too, whose customers still wait, and while it is being handed over. */
const isLive = (follow: string) => sql<boolean>`${sql.ref(`${follow}.status`)} in ('active', 'transferring')`

/** The member's own follow: for what only the guide in the chat may do (sends, coupons, her reminders). */
export const ownFollow = (
  actor: Pick<StaffActor, 'corpId' | 'staffId'>,
  follow = 'f',
): Condition => sql<boolean>`(
  ${sql.ref(`${follow}.staff_id`)} = ${actor.staffId} and ${sql.ref(`${follow}.corp_id`)} = ${actor.corpId}
  and ${sql.ref(`${follow}.status`)} = 'active')`

/** Follows the actor may look at and whose customer's facts she may change. */
export function followInScope(actor: StaffActor, follow = 'f'): Condition {
  if (actor.role === 'guide') return ownFollow(actor, follow)
  const isOfCorp = sql<boolean>`${sql.ref(`${follow}.corp_id`)} = ${actor.corpId} and ${isLive(follow)}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and (${ownFollow(actor, follow)} or exists (
    select from staff in_store
    where in_store.staff_id = ${sql.ref(`${follow}.staff_id`)} and in_store.store_id = any(${actor.managedStoreIds}::integer[]))))`
}

/**
 * As `followInScope`, for a statement that finds the actor itself: `me` is her row of `staff`, `follow` the follow's alias.
 * Both must say the same; tests/server/scope.test.ts asks them the same questions.
 */
export const followInScopeOfMe = (follow = 'f'): Condition => sql<boolean>`(
  ${sql.ref(`${follow}.corp_id`)} = me.corp_id and (
    (${sql.ref(`${follow}.staff_id`)} = me.staff_id and ${sql.ref(`${follow}.status`)} = 'active')
    or (me.role <> 'guide' and ${isLive(follow)} and (me.role = 'admin' or exists (
      select from store_managers managed
      join staff in_store on in_store.store_id = managed.store_id
      where managed.staff_id = me.staff_id and in_store.staff_id = ${sql.ref(`${follow}.staff_id`)})))))`

/**
 * Of several follows of one customer the one to act on: her own, else the active colleague's with the newest contact, else a
 * leaver's. For `order by`; `owner` is the follow's member.
 */
export const bestFollowFirst = (
  me: { staffId: RawBuilder<unknown>; isGuide: RawBuilder<unknown> },
  follow = 'f',
  owner = 'owner',
): RawBuilder<unknown> => sql`
  ${sql.ref(`${follow}.staff_id`)} = ${me.staffId} desc, ${sql.ref(`${owner}.status`)} = 'active' desc,
  case when ${me.isGuide} then null else (
    select max(sent.started_at) from sends sent
    where sent.customer_id = ${sql.ref(`${follow}.customer_id`)} and sent.staff_id = ${sql.ref(`${follow}.staff_id`)}) end desc nulls last,
  ${sql.ref(`${follow}.added_at`)} desc nulls last, ${sql.ref(`${follow}.follow_id`)} desc`

/** The same for an actor. */
export const bestFollowFirstFor = (actor: StaffActor, follow = 'f', owner = 'owner'): RawBuilder<unknown> =>
  bestFollowFirst({ staffId: sql`${actor.staffId}`, isGuide: sql.lit(actor.role === 'guide') }, follow, owner)

/**
 * People of a customer in scope whom the actor may see: children under 14 only with a follow of her own, or as an admin (P28).
 * `person` is the alias; without a person it holds. `isMine`: whether the customer is in scope by her own follow.
 */
export const personVisible = (
  actor: StaffActor,
  isMine: boolean,
  today: CivilDay,
  person = 'p',
): Condition =>
  isMine || actor.role === 'admin'
    ? sql<boolean>`true`
    : sql<boolean>`(${sql.ref(`${person}.minor_until`)} is null or ${sql.ref(`${person}.minor_until`)} <= ${today}::date)`

/**
 * Whether the words of a send to that customer may be read: whoever may not see one of her children reads none of them, as
 * words name whom they like (P28). `send` is an alias with a `customer_id`.
 */
export const wordsVisible = (
  actor: StaffActor,
  isMine: boolean,
  today: CivilDay,
  send = 's',
): Condition => sql<boolean>`not exists (
  select from people p
  where p.customer_id = ${sql.ref(`${send}.customer_id`)} and not ${personVisible(actor, isMine, today)})`

/** As `personVisible`, for a statement that finds the actor itself; `f` is the follow, `p` the person. */
export const personVisibleToMe = (today: CivilDay): Condition => sql<boolean>`(
  f.staff_id = me.staff_id or me.role = 'admin' or p.minor_until is null or p.minor_until <= ${today}::date)`

/** Members whose work the actor may look at: herself, her stores' people, for an admin everybody. `staff` is the alias. */
export function staffInScope(actor: StaffActor, staff = 's'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${staff}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  const isMe = sql<boolean>`${sql.ref(`${staff}.staff_id`)} = ${actor.staffId}`
  if (actor.role === 'guide') return sql<boolean>`(${isOfCorp} and ${isMe})`
  return sql<boolean>`(${isOfCorp} and (${isMe} or ${sql.ref(`${staff}.store_id`)} = any(${actor.managedStoreIds}::integer[])))`
}

/** Stores the actor runs. `store` is the alias. */
export function storeInScope(actor: StaffActor, store = 'store'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${store}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  if (actor.role === 'guide') return sql<boolean>`false`
  return sql<boolean>`(${isOfCorp} and ${sql.ref(`${store}.store_id`)} = any(${actor.managedStoreIds}::integer[]))`
}

/** Scripts the actor may use: the company's, her store's, her own. */
export const scriptInScope = (actor: StaffActor, script = 's'): Condition => sql<boolean>`(
  ${sql.ref(`${script}.corp_id`)} = ${actor.corpId} and (
    ${sql.ref(`${script}.scope`)} = 'company'
    or (${sql.ref(`${script}.scope`)} = 'store' and ${sql.ref(`${script}.store_id`)} = ${actor.store?.storeId ?? null}::int)
    or (${sql.ref(`${script}.scope`)} = 'personal' and ${sql.ref(`${script}.staff_id`)} = ${actor.staffId})))`

/** Scripts the actor may change: an admin the company's and every store's, a manager those of her stores, everybody her own. */
export function scriptToManage(actor: StaffActor, script = 's'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${script}.corp_id`)} = ${actor.corpId}`
  const isOwn = sql<boolean>`${sql.ref(`${script}.scope`)} = 'personal' and ${sql.ref(`${script}.staff_id`)} = ${actor.staffId}`
  if (actor.role === 'guide') return sql<boolean>`(${isOfCorp} and ${isOwn})`
  if (actor.role === 'admin')
    return sql<boolean>`(${isOfCorp} and (${sql.ref(`${script}.scope`)} in ('company', 'store') or (${isOwn})))`
  return sql<boolean>`(${isOfCorp} and ((${isOwn}) or (
    ${sql.ref(`${script}.scope`)} = 'store' and ${sql.ref(`${script}.store_id`)} = any(${actor.managedStoreIds}::integer[]))))`
}

/** Codes to add a friend the actor may look at and change: an admin all, a manager those with nobody of other stores on them. */
export function channelCodeInScope(actor: StaffActor, code = 'k'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${code}.corp_id`)} = ${actor.corpId} and ${sql.ref(`${code}.deleted_at`)} is null`
  if (actor.role === 'guide') return sql<boolean>`false`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and not exists (
    select from staff on_code
    where on_code.staff_id = any(${sql.ref(`${code}.staff_ids`)}) and not coalesce(${staffInScope(actor, 'on_code')}, false)))`
}

/** Stores a member works in or runs. */
const ownStores = (actor: StaffActor): number[] => [
  ...new Set([...actor.managedStoreIds, ...(actor.store ? [actor.store.storeId] : [])]),
]

/** Coupon templates the actor may change: an admin all, a manager those that are for stores of hers and no other. */
export function couponTemplateToManage(actor: StaffActor, template = 't'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${template}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'guide') return sql<boolean>`(${isOfCorp} and false)`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and ${sql.ref(`${template}.store_ids`)} <> '{}'
    and ${sql.ref(`${template}.store_ids`)} <@ ${actor.managedStoreIds}::integer[])`
}

/** Coupon templates the actor may see and give: those of all stores and of her own; a draft only if she may change it. */
export function couponTemplateInScope(actor: StaffActor, template = 't'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${template}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and (${couponTemplateToManage(actor, template)} or (
    ${sql.ref(`${template}.state`)} <> 'draft' and (${sql.ref(`${template}.store_ids`)} = '{}'
      or ${sql.ref(`${template}.store_ids`)} && ${ownStores(actor)}::integer[]))))`
}

/** As `couponTemplateInScope` of what is no draft, for a statement that finds the actor itself: `me` is her row of `staff`. */
export const couponTemplateInScopeOfMe = (template = 't'): Condition => sql<boolean>`(
  ${sql.ref(`${template}.corp_id`)} = me.corp_id and ${sql.ref(`${template}.state`)} <> 'draft' and (
    me.role = 'admin' or ${sql.ref(`${template}.store_ids`)} = '{}' or me.store_id = any(${sql.ref(`${template}.store_ids`)})
    or exists (
      select from store_managers managed
      where managed.staff_id = me.staff_id and managed.store_id = any(${sql.ref(`${template}.store_ids`)}))))`

/** Uses of coupons the actor may look at: in her store and by herself, for a manager in her stores, for an admin all. */
export function redemptionInScope(actor: StaffActor, coupon = 'c'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${coupon}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and (${sql.ref(`${coupon}.redeemed_by`)} = ${actor.staffId}
    or ${sql.ref(`${coupon}.redeemed_store_id`)} = any(${ownStores(actor)}::integer[])))`
}

/** As `redemptionInScope`, of a row of the ledger by which a use was taken back; `used` is the row that had noted the use. */
export function undoneInScope(actor: StaffActor, row = 'l', used = 'used'): Condition {
  const isOfCorp = sql<boolean>`${sql.ref(`${row}.corp_id`)} = ${actor.corpId}`
  if (actor.role === 'admin') return sql<boolean>`(${isOfCorp})`
  return sql<boolean>`(${isOfCorp} and (${sql.ref(`${used}.actor`)} = ${`staff:${actor.staffId}`}
    or ${sql.ref(`${row}.store_id`)} = any(${ownStores(actor)}::integer[])))`
}

/** Scripts that stand in the actor's library: those she may change, and for a manager the company's, as long as they are in use. */
export function scriptInLibrary(actor: StaffActor, script = 's'): Condition {
  const isHers = scriptToManage(actor, script)
  if (actor.role !== 'manager') return isHers
  return sql<boolean>`(${isHers} or (${sql.ref(`${script}.corp_id`)} = ${actor.corpId}
    and ${sql.ref(`${script}.scope`)} = 'company' and ${sql.ref(`${script}.archived_at`)} is null))`
}
