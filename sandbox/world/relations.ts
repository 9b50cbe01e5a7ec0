import type { CorpState } from './corp.ts'
import { WorldRefusal } from './refusal.ts'
import type { Customer, Follow, Member } from './types.ts'

/** WeCom user ids know no case [D90196]. */
export const sameUser = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

const byAge = (one: Follow, other: Follow) =>
  one.createdAt - other.createdAt || (one.externalUserId < other.externalUserId ? -1 : 1)

/**
 * Members, customers and the follows between them, each found by its id: a page of a member's customers costs the
 * same among 300 customers and among 50,000. Arrays and objects inside are replaced, never changed, so that whoever
 * holds one keeps what was true when it was asked for.
 */
export function createRelations(state: Pick<CorpState, 'members' | 'customers' | 'follows'>) {
  const members = new Map(state.members.map(member => [member.userId.toLowerCase(), member]))
  const customers = new Map(state.customers.map(customer => [customer.externalUserId, customer]))
  /** per member (lower case), oldest first; per customer, in the order they were made */
  const ofMember = new Map<string, Follow[]>()
  const ofCustomer = new Map<string, Follow[]>()
  for (const follow of state.follows) {
    listIn(ofMember, follow.userId.toLowerCase()).push(follow)
    listIn(ofCustomer, follow.externalUserId).push(follow)
  }
  for (const follows of ofMember.values()) follows.sort(byAge)

  const findMember = (userId: string) => members.get(userId.toLowerCase())
  const findFollow = (userId: string, externalUserId: string) =>
    ofCustomer.get(externalUserId)?.find(follow => sameUser(follow.userId, userId))

  return {
    members: () => [...members.values()],
    customers: () => [...customers.values()],
    findMember,
    findCustomer: (externalUserId: string) => customers.get(externalUserId),
    findFollow,
    /** any status, oldest first */
    followsOf: (userId: string) => [...(ofMember.get(userId.toLowerCase()) ?? [])],
    followersOf: (externalUserId: string) => [...(ofCustomer.get(externalUserId) ?? [])],
    follows: () => [...ofMember.values()].flat(),

    addCustomer: (customer: Customer) => customers.set(customer.externalUserId, customer),
    addFollow(follow: Follow) {
      const userId = follow.userId.toLowerCase()
      ofMember.set(userId, [...(ofMember.get(userId) ?? []), follow].sort(byAge))
      ofCustomer.set(follow.externalUserId, [...(ofCustomer.get(follow.externalUserId) ?? []), follow])
    },
    /** @throws WorldRefusal when there is no such member */
    updateMember(userId: string, change: Partial<Member>): Member {
      const member = findMember(userId)
      if (!member) throw new WorldRefusal(`no member ${userId}`)
      const changed = { ...member, ...change, userId: member.userId }
      members.set(userId.toLowerCase(), changed)
      return changed
    },
    /** @throws WorldRefusal when there is no such customer */
    updateCustomer(externalUserId: string, change: Partial<Customer>): Customer {
      const customer = customers.get(externalUserId)
      if (!customer) throw new WorldRefusal(`no customer ${externalUserId}`)
      const changed = { ...customer, ...change, externalUserId }
      customers.set(externalUserId, changed)
      return changed
    },
    /** @throws WorldRefusal when there is no such follow */
    updateFollow(userId: string, externalUserId: string, change: Partial<Follow>): Follow {
      const follow = findFollow(userId, externalUserId)
      if (!follow) throw new WorldRefusal(`no follow of ${externalUserId} by ${userId}`)
      const changed = { ...follow, ...change, userId: follow.userId, externalUserId }
      const swap = (candidate: Follow) => (candidate === follow ? changed : candidate)
      const key = userId.toLowerCase()
      const own = (ofMember.get(key) ?? []).map(swap)
      ofMember.set(key, changed.createdAt === follow.createdAt ? own : own.sort(byAge))
      ofCustomer.set(externalUserId, (ofCustomer.get(externalUserId) ?? []).map(swap))
      return changed
    },
  }
}

function listIn(lists: Map<string, Follow[]>, key: string): Follow[] {
  const known = lists.get(key)
  if (known) return known
  const fresh: Follow[] = []
  lists.set(key, fresh)
  return fresh
}
