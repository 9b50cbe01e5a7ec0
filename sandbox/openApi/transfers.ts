import { settleTransfers, startTransfer, transferRefusal } from '../world/transfers.ts'
import type { Follow, Member, Transfer, World } from '../world/types.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse, wordsOf } from './refusal.ts'
import { visibleMember } from './visible.ts'

type Kind = Transfer['kind']

const daySeconds = 86_400
const statusOf = { done: 1, waiting: 2, refused: 3, full: 4 } as const
const nowSeconds = (world: World) => Math.floor(world.now() / 1000)

/** Somebody whose customers can be handed over: for 离职继承 also one who has left. */
function handoverMember(world: World, kind: Kind, userId: string | undefined): Member {
  const member = kind === 'resigned' && userId ? world.findMember(userId) : undefined
  return member?.status === 5 && member.inVisibleRange ? member : visibleMember(world, userId)
}

/** In range and with 客户联系; the code for one without it is UNVERIFIED. */
function takeoverMember(world: World, userId: string | undefined): Member {
  const member = visibleMember(world, userId)
  if (!member.hasCustomerContact) refuse(60011)
  return member
}

/** errcode 0 = started; the customer is taken over a day later unless she refuses [D92125, D94081]. */
const transferCustomers =
  (kind: Kind) =>
  ({ world, body, itemFault }: Call) => {
    settleTransfers(world)
    const { customersPerTransfer, transferMessageLength } = world.limits()
    const handover = handoverMember(world, kind, body.text('handover_userid'))
    const takeover = takeoverMember(world, body.text('takeover_userid'))
    const ids = body.texts('external_userid')
    if (!ids || ids.length === 0 || ids.length > customersPerTransfer) refuse(40058)
    const message = body.text('transfer_success_msg') ?? ''
    if (kind === 'onJob' && [...message].length > transferMessageLength) refuse(40058)
    return {
      customer: ids.map(id => {
        const errcode = itemFault(id) || transferRefusal(world, kind, handover, takeover, id)
        if (errcode === 0) startTransfer(world, kind, handover.userId, takeover.userId, id)
        return { external_userid: id, errcode }
      }),
    }
  }

/** The latest transfer of each customer between the two; while it waits, the time is when it will happen [D94088]. */
const transferResults =
  (kind: Kind) =>
  ({ world, body }: Call) => {
    settleTransfers(world)
    const handover = handoverMember(world, kind, body.text('handover_userid'))
    const takeover = visibleMember(world, body.text('takeover_userid'))
    const latest = new Map(
      world
        .transfers()
        .filter(transfer => transfer.kind === kind)
        .filter(transfer => transfer.handoverUserId === handover.userId)
        .filter(transfer => transfer.takeoverUserId === takeover.userId)
        .map(transfer => [transfer.externalUserId, transfer]),
    )
    const about = `transfers ${kind} ${handover.userId} ${takeover.userId}`
    const { page, next } = pageOf(
      [...latest.values()],
      about,
      body.text('cursor'),
      world.limits().transferResultsPerPage,
    )
    return {
      customer: page.map(({ externalUserId, status, dueAt, endedAt }) => ({
        external_userid: externalUserId,
        status: statusOf[status],
        takeover_time: endedAt ?? dueAt,
      })),
      next_cursor: next,
    }
  }

/** Customers of leavers whom nobody has taken over yet [D92124]. */
function listUnassigned({ world, body }: Call) {
  settleTransfers(world)
  const { unassignedPerPage } = world.limits()
  const size = body.number('page_size') ?? unassignedPerPage
  if (size < 1 || size > unassignedPerPage) refuse(40058, { info: [] })
  const leavers = world.members().filter(({ status, inVisibleRange }) => status === 5 && inVisibleRange)
  const left = leavers.flatMap(member =>
    world
      .followsOf(member.userId)
      .filter(({ status }: Follow) => status === 'active')
      .map(({ externalUserId }) => ({
        handover_userid: member.userId,
        external_userid: externalUserId,
        dimission_time: member.leftAt ?? 0,
      })),
  )
  const { page, next } = pageOf(left, 'unassigned', body.text('cursor'), size)
  return { info: page, is_last: next === '', next_cursor: next }
}

/** Pages by position, which is how far one has come in a list that seldom changes. */
function pageOf<Item>(items: Item[], about: string, cursor: string | undefined, size: number) {
  const start = Number(readCursor(about, cursor) ?? 0)
  const end = start + size
  return { page: items.slice(start, end), next: end < items.length ? writeCursor(about, String(end)) : '' }
}

/**
 * A group gets another owner at once; like all that an app does itself, it raises no callback. Only 90501 and the range
 * 90500–90508 are on our sheet: which code means what is UNVERIFIED [D92127, D95703].
 */
const transferGroups =
  (kind: Kind) =>
  ({ world, body, itemFault }: Call) => {
    const chatIds = body.texts('chat_id_list')
    if (!chatIds || chatIds.length === 0 || chatIds.length > world.limits().groupsPerTransfer) refuse(40058)
    const owner = visibleMember(world, body.text('new_owner'))
    const failed = chatIds.flatMap(chatId => {
      const errcode = itemFault(chatId) || groupRefusal(world, kind, chatId, owner)
      if (errcode !== 0) return [{ chat_id: chatId, errcode, errmsg: wordsOf(errcode) }]
      giveGroup(world, kind, chatId, owner)
      return []
    })
    return { failed_chat_list: failed }
  }

function groupRefusal(world: World, kind: Kind, chatId: string, owner: Member): number {
  const group = world.findGroup(chatId)
  const former = group && world.findMember(group.ownerUserId)
  if (!group || !former?.inVisibleRange) return 90501
  if (former.userId === owner.userId) return 90502
  if (kind === 'resigned' && former.status !== 5) return 90500
  if (kind === 'onJob' && former.status === 5) return 90502
  if (!owner.hasCustomerContact) return 90504
  if (owner.status !== 1) return 90505
  const now = nowSeconds(world)
  const recent = (group.handedOverAt ?? []).filter(
    given => given.kind === 'onJob' && given.at > now - 90 * daySeconds,
  )
  if (kind === 'onJob' && recent.length >= world.limits().groupTransfersPer90Days) return 90508
  const today = world
    .groups()
    .flatMap(({ handedOverAt = [] }) => handedOverAt)
    .filter(given => given.ownerUserId === owner.userId && given.at > now - daySeconds)
  return today.length >= world.limits().groupsPerNewOwnerPerDay ? 90507 : 0
}

function giveGroup(world: World, kind: Kind, chatId: string, owner: Member): void {
  const group = world.findGroup(chatId)
  if (!group) return
  const at = nowSeconds(world)
  const isIn = group.members.some(({ id }) => id === owner.userId)
  world.updateGroup(chatId, {
    ownerUserId: owner.userId,
    members: isIn
      ? group.members
      : [...group.members, { id: owner.userId, type: 1, joinedAt: at, joinScene: 1 }],
    handedOverAt: [...(group.handedOverAt ?? []), { kind, at, ownerUserId: owner.userId }],
  })
}

/** 继承 of customers and groups, from members at work and from leavers. */
export const transferEndpoints: Endpoints = {
  'externalcontact/transfer_customer': post(transferCustomers('onJob')),
  'externalcontact/transfer_result': post(transferResults('onJob')),
  'externalcontact/resigned/transfer_customer': post(transferCustomers('resigned')),
  'externalcontact/resigned/transfer_result': post(transferResults('resigned')),
  'externalcontact/get_unassigned_list': post(listUnassigned),
  'externalcontact/groupchat/onjob_transfer': post(transferGroups('onJob')),
  'externalcontact/groupchat/transfer': post(transferGroups('resigned')),
}
