import { memberVersion } from '../world/memberVersion.ts'
import type { CustomerGroup, World } from '../world/types.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { formerOrVisibleMember } from './visible.ts'

/** 0 normal, 1 the owner has left, 3 inherited from a leaver [D92120]; inheriting takes no time here, so 2 never is. */
function statusOf(world: World, group: CustomerGroup): 0 | 1 | 3 {
  if (world.findMember(group.ownerUserId)?.status === 5) return 1
  return group.handedOverAt?.at(-1)?.kind === 'resigned' ? 3 : 0
}

/** Groups of those who left come only when their owner is named [D92120]. */
function isAskedFor(world: World, ownerIds: string[], ownerUserId: string): boolean {
  if (ownerIds.length > 0) return ownerIds.includes(ownerUserId)
  const owner = world.findMember(ownerUserId)
  return owner !== undefined && owner.inVisibleRange && owner.status !== 5
}

function listGroups({ world, body }: Call) {
  const empty = { group_chat_list: [] }
  const limit = body.number('limit')
  const filter = body.number('status_filter') ?? 0
  const { groupsPerPage, groupOwnersPerCall, membersWithoutOwnerFilter } = world.limits()
  if (limit === undefined || limit < 1 || limit > groupsPerPage || filter < 0 || filter > 3)
    refuse(40058, empty)
  const owners = body.object('owner_filter')?.texts('userid_list') ?? []
  if (owners.length > groupOwnersPerCall) refuse(40058, empty)
  const inRange = world.members().filter(({ inVisibleRange, status }) => inVisibleRange && status !== 5)
  if (owners.length === 0 && inRange.length > membersWithoutOwnerFilter) refuse(81017, empty)
  const ownerIds = owners.map(userId => formerOrVisibleMember(world, userId, empty).userId)
  const about = `groups ${filter} ${ownerIds.join('|')}`
  const after = readCursor(about, body.text('cursor'))
  const found = world
    .groups()
    .filter(({ ownerUserId }) => isAskedFor(world, ownerIds, ownerUserId))
    .filter(group => filter === 0 || statusOf(world, group) === filter)
  const start = after === undefined ? 0 : found.findIndex(({ chatId }) => chatId === after) + 1
  const page = found.slice(start, start + limit)
  const last = page.at(-1)
  return {
    group_chat_list: page.map(group => ({ chat_id: group.chatId, status: statusOf(world, group) })),
    next_cursor: last && start + limit < found.length ? writeCursor(about, last.chatId) : '',
  }
}

function getGroup({ world, body }: Call) {
  const chatId = body.text('chat_id')
  if (!chatId) refuse(40058)
  const group = world.findGroup(chatId)
  if (!group) refuse(world.wasDismissed(chatId) ? 49008 : 86001)
  // Which code a group outside the range gets is UNVERIFIED.
  if (!world.findMember(group.ownerUserId)?.inVisibleRange) refuse(86003)
  const withName = body.number('need_name') === 1
  const nameOf = ({ id, type, name }: CustomerGroup['members'][number]) =>
    name ?? (type === 1 ? world.findMember(id)?.name : world.findCustomer(id)?.name) ?? ''
  return {
    group_chat: {
      chat_id: group.chatId,
      name: group.name,
      owner: group.ownerUserId,
      create_time: group.createdAt,
      ...(group.notice && { notice: group.notice }),
      member_list: group.members.map(member => ({
        userid: member.id,
        type: member.type,
        join_time: member.joinedAt,
        join_scene: member.joinScene,
        ...(member.joinScene === 1 && { invitor: { userid: group.ownerUserId } }),
        group_nickname: '',
        ...(withName && { name: nameOf(member) }),
      })),
      admin_list: [],
      member_version: memberVersion(group),
    },
  }
}

/** Customer groups [D92120, D92122]. */
export const groupEndpoints: Endpoints = {
  'externalcontact/groupchat/list': post(listGroups),
  'externalcontact/groupchat/get': post(getGroup),
}
