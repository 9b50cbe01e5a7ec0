import type { CallbackEvent } from './callbackEvent.ts'
import type { Follow, Member, Transfer, World } from './types.ts'

const daySeconds = 86_400

/** Why a customer cannot be handed over: errcodes of the API [D92125], 0 = it can. */
export type TransferRefusal = 0 | 40096 | 40097 | 40098 | 40099 | 40128 | 40129 | 40130 | 40131

const seconds = (world: World) => Math.floor(world.now() / 1000)
const waiting = (world: World) => world.transfers().filter(({ status }) => status === 'waiting')

/** Those who take up one of a member's places. */
const countOf = (world: World, userId: string) =>
  world.followsOf(userId).filter(({ status }) => status === 'active' || status === 'lost').length

function hasLeftLately(world: World, { status, leftAt }: Member): boolean {
  if (status !== 5) return false
  return leftAt === undefined || leftAt >= seconds(world) - world.limits().resignedWithinDays * daySeconds
}

export function transferRefusal(
  world: World,
  kind: Transfer['kind'],
  handover: Member,
  takeover: Member,
  externalUserId: string,
): TransferRefusal {
  if (handover.userId === takeover.userId) return 40130
  if (kind === 'resigned' && !hasLeftLately(world, handover)) return 40097
  if (takeover.status !== 1) return 40098
  if (!world.findCustomer(externalUserId)) return 40096
  // Whether a customer who deleted the member can still be handed over is UNVERIFIED.
  if (world.findFollow(handover.userId, externalUserId)?.status !== 'active') return 40131
  const ofCustomer = world.transfers().filter(transfer => transfer.externalUserId === externalUserId)
  if (ofCustomer.some(({ status }) => status === 'waiting')) return 40129
  const { transfersPer90Days, customersPerMember } = world.limits()
  const recent = ofCustomer.filter(
    ({ startedAt, status }) => status === 'done' && startedAt > seconds(world) - 90 * daySeconds,
  )
  if (kind === 'onJob' && recent.length >= transfersPer90Days) return 40128
  if (countOf(world, takeover.userId) >= customersPerMember) return 40099
  return 0
}

/** The customer is told and has a day to say no. */
export function startTransfer(
  world: World,
  kind: Transfer['kind'],
  handoverUserId: string,
  takeoverUserId: string,
  externalUserId: string,
): Transfer {
  const startedAt = seconds(world)
  return world.addTransfer({
    kind,
    handoverUserId,
    takeoverUserId,
    externalUserId,
    startedAt,
    dueAt: startedAt + world.limits().takeoverSeconds,
    status: 'waiting',
  })
}

/** Takes over whom nobody refused in time; to be asked before anything that shows relations. */
export function settleTransfers(world: World): void {
  const now = seconds(world)
  for (const transfer of waiting(world)) {
    if (transfer.dueAt <= now) endTransfer(world, transfer, true)
  }
}

/**
 * Ends a waiting transfer and tells the app: the old member lost the customer, the new one got her — whoever started
 * it, for the platform does it and not the API call.
 */
export function endTransfer(
  world: World,
  transfer: Transfer,
  isAccepted: boolean,
  { silent = false } = {},
): Transfer {
  const raise = (event: CallbackEvent) => {
    if (!silent) world.raise(event)
  }
  const { takeoverUserId: userId, handoverUserId, externalUserId } = transfer
  const old = world.findFollow(handoverUserId, externalUserId)
  const present = world.findFollow(userId, externalUserId)
  const end = (status: Transfer['status']) =>
    world.updateTransfer(transfer.id, { status, endedAt: seconds(world) })
  const fail = (failReason: 'customer_refused' | 'customer_limit_exceed') =>
    raise({
      event: 'change_external_contact',
      changeType: 'transfer_fail',
      userId,
      externalUserId,
      failReason,
    })

  if (!isAccepted || old?.status !== 'active') {
    const refused = end('refused')
    fail('customer_refused')
    return refused
  }
  if (present?.status !== 'active' && countOf(world, userId) >= world.limits().customersPerMember) {
    const full = end('full')
    fail('customer_limit_exceed')
    return full
  }
  // Asked before this one counts: a customer who comes back to her former member is no new one [D92125].
  const isBack = world
    .transfers()
    .some(
      former =>
        former.status === 'done' &&
        former.externalUserId === externalUserId &&
        former.handoverUserId === userId,
    )
  world.updateFollow(handoverUserId, externalUserId, { status: 'removed' })
  if (present?.status !== 'active') world.addFollow(externalUserId, carriedOver(world, old, userId))
  const done = end('done')
  raise({
    event: 'change_external_contact',
    changeType: 'del_external_contact',
    userId: handoverUserId,
    externalUserId,
    source: 'DELETE_BY_TRANSFER',
  })
  if (present?.status !== 'active' && !isBack) {
    raise({
      event: 'change_external_contact',
      changeType: 'add_external_contact',
      userId,
      externalUserId,
    })
  }
  return done
}

/** What the former member wrote goes along (UNVERIFIED); "assigned" is way 202. */
const carriedOver = (world: World, old: Follow, userId: string): Follow => ({
  ...old,
  userId,
  operUserId: userId,
  addWay: 202,
  createdAt: seconds(world),
  status: 'active',
})
