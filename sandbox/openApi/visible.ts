import type { Customer, Follow, Media, Member, World } from '../world/types.ts'
import { refuse } from './refusal.ts'

/** @throws ApiRefusal 40003 malformed, 60111 unknown or gone, 60011 outside the app's visible range */
export function visibleMember(
  world: World,
  userId: string | undefined,
  empty?: Record<string, unknown>,
): Member {
  const member = formerOrVisibleMember(world, userId, empty)
  if (member.status === 5) refuse(60111, empty)
  return member
}

/** Where WeCom also takes members who have left. @throws ApiRefusal as visibleMember, but 60111 only for unknown ones */
export function formerOrVisibleMember(
  world: World,
  userId: string | undefined,
  empty?: Record<string, unknown>,
): Member {
  if (!userId) refuse(41009, empty)
  if (Buffer.byteLength(userId) > 64 || /[\s|]/.test(userId)) refuse(40003, empty)
  const member = world.findMember(userId)
  if (!member) refuse(60111, empty)
  if (!member.inVisibleRange && member.status !== 5) refuse(60011, empty)
  return member
}

/** @throws ApiRefusal 40096 for an id that is no customer of the corp */
export function knownCustomer(world: World, externalUserId: string | undefined): Customer {
  const customer = externalUserId ? world.findCustomer(externalUserId) : undefined
  if (customer) return customer
  // People who are only in one of our groups have an id but no relation: WeCom answers "not external contact".
  const isInGroup = world.groups().some(({ members }) => members.some(({ id }) => id === externalUserId))
  return refuse(isInGroup ? 84061 : 40096)
}

/** A follow the API still answers for: also when only the customer deleted the member; not a half one [EC]. */
export const isStanding = ({ status }: Follow) => status === 'active' || status === 'lost'

/** @throws ApiRefusal as visibleMember and knownCustomer; 84061 when there is no relation */
export function standingFollow(
  world: World,
  userId: string | undefined,
  externalUserId: string | undefined,
): Follow {
  if (!userId || !externalUserId) refuse(40058)
  const member = visibleMember(world, userId)
  const customer = knownCustomer(world, externalUserId)
  const follow = world.findFollow(member.userId, customer.externalUserId)
  if (!follow || !isStanding(follow)) refuse(84061)
  return follow
}

/** @throws ApiRefusal 40145 for media that is too old, 40007 for unknown media or media of another kind */
export function assertMedia(world: World, mediaId: string | undefined, type: Media['type']): void {
  if (mediaId && world.isExpiredMedia(mediaId)) refuse(40145)
  if (!mediaId || world.findMedia(mediaId)?.type !== type) refuse(40007)
}
