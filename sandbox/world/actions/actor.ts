import type { CallbackEvent } from '../callbackEvent.ts'
import { WorldRefusal } from '../refusal.ts'
import type { Customer, CustomerGroup, Follow, Member, World } from '../types.ts'

/** The world changes and the app hears nothing: as if the callback had been lost. */
export interface Quietly {
  silent?: boolean
}

export const tell = (world: World, { silent }: Quietly, event: CallbackEvent) => {
  if (!silent) world.raise(event)
}

export function getMember(world: World, userId: string): Member {
  const member = world.findMember(userId)
  if (!member) throw new WorldRefusal(`企业里没有成员 ${userId}`)
  return member
}

/** @throws WorldRefusal for a member who is not at work or may not use 客户联系 */
export function getGuide(world: World, userId: string): Member {
  const member = getMember(world, userId)
  if (member.status !== 1) throw new WorldRefusal(`${userId} 不在职或未激活`)
  if (!member.hasCustomerContact) throw new WorldRefusal(`${userId} 没有客户联系权限`)
  return member
}

export function getCustomer(world: World, externalUserId: string): Customer {
  const customer = world.findCustomer(externalUserId)
  if (!customer) throw new WorldRefusal(`没有客户 ${externalUserId}`)
  return customer
}

/** @throws WorldRefusal when the relation is in none of these states */
export function getFollow(
  world: World,
  userId: string,
  externalUserId: string,
  states: Follow['status'][],
): Follow {
  const follow = world.findFollow(getMember(world, userId).userId, externalUserId)
  if (!follow || !states.includes(follow.status)) {
    throw new WorldRefusal(`${userId} 和 ${externalUserId} 的关系是 ${follow?.status ?? '没有'}，做不了`)
  }
  return follow
}

export function getGroup(world: World, chatId: string): CustomerGroup {
  const group = world.findGroup(chatId)
  if (!group) throw new WorldRefusal(`没有客户群 ${chatId}`)
  return group
}

export const nowSeconds = (world: World) => Math.floor(world.now() / 1000)
