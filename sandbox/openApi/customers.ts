import type { Customer, Follow, World } from '../world/types.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { get, post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { assertMedia, isStanding, knownCustomer, standingFollow, visibleMember } from './visible.ts'
import type { WireBody } from './wireBody.ts'
import type { Write } from './writes.ts'

function toExternalContact(customer: Customer, origin: string) {
  const common = {
    external_userid: customer.externalUserId,
    name: customer.name,
    avatar: customer.avatar && new URL(customer.avatar, origin).href,
    type: customer.type,
    gender: customer.gender,
  }
  if (customer.type === 1) return customer.unionId ? { ...common, unionid: customer.unionId } : common
  return {
    ...common,
    position: customer.position ?? '',
    corp_name: customer.corpName ?? '',
    corp_full_name: customer.corpFullName ?? '',
    external_profile: { external_attr: [] },
  }
}

/** What both customer endpoints say of a follow; absent company and state stay away, as on WeCom. */
const toFollowCommon = (follow: Follow) => ({
  userid: follow.userId,
  remark: follow.remark,
  description: follow.description,
  createtime: follow.createdAt,
  ...(follow.remarkCompany && { remark_corp_name: follow.remarkCompany }),
  remark_mobiles: follow.mobiles,
  add_way: follow.addWay,
  oper_userid: follow.operUserId,
  ...(follow.state && { state: follow.state }),
})

function toFollowUser(world: World, follow: Follow) {
  const tags = world
    .tagGroups()
    .flatMap(group => group.tags.map(tag => ({ group, tag })))
    .filter(({ tag }) => follow.tagIds.includes(tag.id))
  return {
    ...toFollowCommon(follow),
    tags: tags.map(({ group, tag }) => ({
      group_name: group.name,
      tag_name: tag.name,
      type: 1,
      tag_id: tag.id,
    })),
  }
}

const toFollowInfo = (follow: Follow) => ({ ...toFollowCommon(follow), tag_id: follow.tagIds })

function listOfMember({ world, query }: Call) {
  const empty = { external_userid: [] }
  const member = visibleMember(world, query('userid'), empty)
  const follows = world.followsOf(member.userId).filter(isStanding)
  // A member with no customers gets an error, not an empty list [SEC WxJava#1528].
  if (follows.length === 0) refuse(84061, empty)
  return { external_userid: follows.map(({ externalUserId }) => externalUserId) }
}

function getOne({ world, query, origin }: Call) {
  const id = query('external_userid')
  if (!id) refuse(40096)
  const customer = knownCustomer(world, id)
  // Who left follows nobody any more; whether WeCom goes on naming them is UNVERIFIED.
  const followers = world
    .followersOf(customer.externalUserId)
    .filter(isStanding)
    .filter(({ userId }) => world.findMember(userId)?.status !== 5)
  if (followers.length === 0) refuse(84061)
  const inRange = followers.filter(({ userId }) => world.findMember(userId)?.inVisibleRange)
  if (inRange.length === 0) refuse(40096)
  const start = Number(readCursor(`get ${id}`, query('cursor')) ?? 0)
  const end = start + world.limits().followersPerPage
  return {
    external_contact: toExternalContact(customer, origin),
    follow_user: inRange.slice(start, end).map(follow => toFollowUser(world, follow)),
    ...(inRange.length > end && { next_cursor: writeCursor(`get ${id}`, String(end)) }),
  }
}

/** Pages through the follows of several members; the cursor names the last one given, so that new ones do not shift it. */
function batchByUser({ world, body, origin, itemFault }: Call) {
  const userIds = body.texts('userid_list')
  if (!userIds || userIds.length === 0 || userIds.length > world.limits().usersPerBatch) refuse(40058)
  const asked = [...new Set(userIds.map(userId => visibleMember(world, userId).userId))]
  // Which members have no licence is a matter of third-party apps; a fault can say it of any [D92994].
  const unlicensed = asked.filter(userId => itemFault(userId) !== 0)
  const members = asked.filter(userId => !unlicensed.includes(userId))
  const about = `batch ${userIds.join('|')}`
  const after = readCursor(about, body.text('cursor'))
  const limit = pageSize(world, body.number('limit'))
  // One more than fits, to know whether another page follows.
  const found = followsAfter(world, members, after, limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    external_contact_list: page.map(follow => ({
      external_contact: toExternalContact(knownCustomer(world, follow.externalUserId), origin),
      follow_info: toFollowInfo(follow),
    })),
    next_cursor:
      last && found.length > limit
        ? writeCursor(about, `${last.userId} ${last.createdAt} ${last.externalUserId}`)
        : '',
    ...(unlicensed.length > 0 && { fail_info: { unlicensed_userid_list: unlicensed } }),
  }
}

/** The next follows behind the one the cursor names, also when that one has gone meanwhile. */
function followsAfter(world: World, userIds: string[], after: string | undefined, most: number): Follow[] {
  const [userId = '', createdAt = '', externalUserId = ''] = (after ?? '').split(' ')
  const turn = Math.max(0, userIds.indexOf(userId))
  const isBehind = (follow: Follow) =>
    follow.userId !== userId ||
    follow.createdAt > Number(createdAt) ||
    (follow.createdAt === Number(createdAt) && follow.externalUserId > externalUserId)
  const found: Follow[] = []
  for (const member of userIds.slice(turn)) {
    if (found.length >= most) break
    found.push(...world.followsOf(member).filter(follow => isStanding(follow) && isBehind(follow)))
  }
  return found.slice(0, most)
}

/** Default 50; more than 100 is taken as 100 without a word [D92994]. */
function pageSize(world: World, limit: number | undefined): number {
  const { usualFollowsPerPage, followsPerPage } = world.limits()
  return limit === undefined || limit < 1 ? usualFollowsPerPage : Math.min(limit, followsPerPage)
}

/** WeCom counts 字: characters, not UTF-16 units. */
const isTooLong = (text: string | undefined, most: number) => text !== undefined && [...text].length > most

/** Lengths [D92115]; the code for too long ones is UNVERIFIED (40058). */
function readRemark(world: World, body: WireBody, customerType: 1 | 2): Partial<Follow> {
  const [remark, description, company] = [
    body.text('remark'),
    body.text('description'),
    body.text('remark_company'),
  ]
  const [mobiles, picture] = [body.texts('remark_mobiles'), body.text('remark_pic_mediaid')]
  if ([remark, description, company, mobiles, picture].every(field => field === undefined)) refuse(40058)
  const { remarkLength, descriptionLength, remarkCompanyLength } = world.limits()
  if (
    isTooLong(remark, remarkLength) ||
    isTooLong(description, descriptionLength) ||
    isTooLong(company, remarkCompanyLength)
  )
    refuse(40058)
  if (company !== undefined && customerType !== 1) refuse(40058)
  if (picture !== undefined) assertMedia(world, picture, 'image')
  return {
    ...(remark !== undefined && { remark }),
    ...(description !== undefined && { description }),
    ...(company !== undefined && { remarkCompany: company }),
    // An empty list leaves the numbers alone; one empty text clears them.
    ...(mobiles !== undefined && mobiles.length > 0 && { mobiles: mobiles.filter(mobile => mobile !== '') }),
  }
}

/** Customers of members in the visible range [D92571, D92113, D92114, D92994, D92115]. */
export const customerEndpoints = (write: Write): Endpoints => ({
  'externalcontact/get_follow_user_list': get(({ world }) => ({
    follow_user: world
      .members()
      .filter(
        ({ hasCustomerContact, inVisibleRange, status }) =>
          hasCustomerContact && inVisibleRange && status === 1,
      )
      .map(({ userId }) => userId),
  })),
  'externalcontact/list': get(listOfMember),
  'externalcontact/get': get(getOne),
  'externalcontact/batch/get_by_user': post(batchByUser),
  'externalcontact/remark': post(({ world, body }) => {
    const follow = standingFollow(world, body.text('userid'), body.text('external_userid'))
    const change = readRemark(world, body, knownCustomer(world, follow.externalUserId).type)
    return write(follow.externalUserId, () => {
      world.updateFollow(follow.userId, follow.externalUserId, change)
      return {}
    })
  }),
})
