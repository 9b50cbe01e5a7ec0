import type { z } from 'zod'
import type {
  WecomAgent,
  WecomFollow,
  WecomGroupChat,
  WecomMember,
  WecomTagGroup,
  WecomTransferResult,
  WecomUnassigned,
  WecomVisitor,
} from './types.ts'
import type * as wire from './wire.ts'

export const toAgent = (found: z.output<typeof wire.AgentAnswer>): WecomAgent => ({
  name: found.name,
  userIds: (found.allow_userinfos?.user ?? []).map(({ userid }) => userid),
  departmentIds: found.allow_partys?.partyid ?? [],
  homeUrl: found.home_url,
  redirectDomain: found.redirect_domain,
  isClosed: found.close === 1,
})

export function toVisitor(found: z.output<typeof wire.LoginAnswer>): WecomVisitor | undefined {
  if (found.userid !== '') return { kind: 'member', userId: found.userid }
  if (found.openid === '') return undefined
  return { kind: 'outsider', openId: found.openid, externalUserId: found.external_userid || null }
}

const memberStatus = new Map<number, WecomMember['status']>([
  [1, 'active'],
  [5, 'left'],
])
export const toMember = (found: z.output<typeof wire.MemberAnswer>): WecomMember => ({
  userId: found.userid,
  name: found.name === '' ? found.userid : found.name,
  departmentIds: found.department,
  mainDepartmentId: found.main_department,
  leadsDepartmentIds: found.department.filter((_, index) => found.is_leader_in_dept[index] === 1),
  status: memberStatus.get(found.status) ?? 'disabled',
})

type WireFollow = z.output<typeof wire.FollowsAnswer>['external_contact_list'][number]
export const toFollow = ({ external_contact, follow_info }: WireFollow): WecomFollow =>
  joinFollow(toCustomer(external_contact), follow_info, follow_info.tag_id)

/** 企业标签 and 规则组标签; a member's own tags have no id. */
const CORP_TAGS = [1, 3]
type WireFollower = z.output<typeof wire.CustomerAnswer>['follow_user'][number]
export const toFollowOf = (customer: WecomFollow['customer'], follower: WireFollower): WecomFollow =>
  joinFollow(
    customer,
    follower,
    follower.tags.filter(tag => CORP_TAGS.includes(tag.type) && tag.tag_id !== '').map(tag => tag.tag_id),
  )

export const toCustomer = (contact: WireFollow['external_contact']): WecomFollow['customer'] => ({
  externalUserId: contact.external_userid,
  name: contact.name,
  avatarUrl: toAvatarUrl(contact.avatar),
  kind: contact.type === 2 ? 2 : 1,
  gender: contact.gender === 1 || contact.gender === 2 ? contact.gender : 0,
  corpName: emptyToNull(contact.corp_name),
})

const joinFollow = (
  customer: WecomFollow['customer'],
  follow: Omit<WireFollow['follow_info'], 'tag_id'>,
  tagIds: string[],
): WecomFollow => ({
  customer,
  userId: follow.userid,
  remark: emptyToNull(follow.remark),
  description: emptyToNull(follow.description),
  addedAt: toInstant(follow.createtime),
  tagIds,
  mobiles: follow.remark_mobiles.filter(mobile => mobile !== ''),
  addWay: follow.add_way,
  channel: emptyToNull(follow.state),
})

/** Seconds since 1970; 0 stands for none. */
const toInstant = (seconds: number) => (seconds > 0 ? new Date(seconds * 1000) : null)

const emptyToNull = (text: string) => (text === '' ? null : text)

/** WeChat's avatar hosts answer https too, and a page under https may not show others. */
const toAvatarUrl = (url: string) =>
  emptyToNull(url.replace(/^http:(?=\/\/[\w.-]+\.(qlogo|qpic)\.cn\/)/, 'https:'))

export const toTagGroup = (
  group: z.output<typeof wire.TagGroupsAnswer>['tag_group'][number],
): WecomTagGroup => ({
  groupId: group.group_id,
  name: group.group_name,
  sort: group.order,
  tags: group.tag
    .filter(tag => !tag.deleted)
    .map(({ id, name, order }) => ({ tagId: id, name, sort: order })),
})

export const toGroupChat = ({ group_chat }: z.output<typeof wire.GroupChatAnswer>): WecomGroupChat => ({
  chatId: group_chat.chat_id,
  name: group_chat.name,
  ownerUserId: group_chat.owner,
  members: group_chat.member_list.map(({ userid, type }) => ({
    id: userid,
    kind: type === 1 ? 'staff' : 'external',
  })),
})

const transferStatus = new Map<number, WecomTransferResult['status']>([
  [1, 'done'],
  [2, 'waiting'],
  [3, 'refused'],
  [4, 'full'],
])
/** While waiting, WeCom's takeover_time lies ahead: when it would happen by itself. */
export const toTransferResult = (
  found: z.output<typeof wire.TransferResultsAnswer>['customer'][number],
): WecomTransferResult => {
  const status = transferStatus.get(found.status) ?? 'unknown'
  return {
    externalUserId: found.external_userid,
    status,
    takenOverAt: status === 'done' ? toInstant(found.takeover_time) : null,
  }
}

export const toUnassigned = (
  found: z.output<typeof wire.UnassignedAnswer>['info'][number],
): WecomUnassigned => ({
  handoverUserId: found.handover_userid,
  externalUserId: found.external_userid,
  leftAt: new Date(found.dimission_time * 1000),
})

/** Ids as WeCom lists them (`a|b`, lower case), in the spelling they were given in. */
export function pickGiven(given: string[], listed: string): string[] {
  const lowered = new Set(listed.toLowerCase().split('|'))
  return given.filter(id => lowered.has(id.toLowerCase()))
}

/** Cut at a whole character, where WeCom counts bytes of UTF-8. */
export function cutBytes(text: string, most: number): string {
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > most) break
    kept += character
  }
  return kept
}

/** Cut at a whole character; WeCom counts characters, not UTF-16 units. */
export const cutText = (text: string, most: number): string => [...text].slice(0, most).join('')
