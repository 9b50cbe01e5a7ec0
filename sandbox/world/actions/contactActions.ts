import { WorldRefusal } from '../refusal.ts'
import type { Customer, Follow, World } from '../types.ts'
import { getCustomer, getFollow, getGuide, nowSeconds, tell } from './actor.ts'
import type { Quietly } from './actor.ts'

interface Pair {
  userId: string
  externalUserId: string
}

interface Adding extends Quietly {
  userId: string
  /** a known customer; absent = somebody new */
  externalUserId?: string
  customer?: Partial<Omit<Customer, 'externalUserId'>>
  addWay?: number
  /** the console greets for this member, so the app gets no welcome code */
  hasConsoleWelcome?: boolean
}

/** Who scans: a known customer, or somebody new. */
interface Scanning extends Pick<Adding, 'externalUserId' | 'customer' | 'hasConsoleWelcome' | 'silent'> {
  configId: string
}

interface ClientEdit {
  remark?: string
  description?: string
  remarkCompany?: string
  mobiles?: string[]
  tagIds?: string[]
}

const mayBeAdded = (world: World, userId: string) => {
  const member = world.findMember(userId)
  return member?.status === 1 && member.hasCustomerContact
}

/** What guides and customers do to each other in their clients. */
export function contactActions(world: World) {
  const find = (externalUserId: string | undefined, customer: Adding['customer']) =>
    externalUserId === undefined ? world.addCustomer(customer ?? {}, []) : getCustomer(world, externalUserId)

  /** None for those who have talked already, for people of other corps, or when the console greets [D92130]. */
  function welcomeFor(pair: Pair, hasConsoleWelcome: boolean | undefined): { welcomeCode?: string } {
    const hasTalked = world.messages(`single:${pair.userId}:${pair.externalUserId}`).length > 0
    const isColleague = world.findCustomer(pair.externalUserId)?.type === 2
    return hasTalked || isColleague || hasConsoleWelcome
      ? {}
      : { welcomeCode: world.giveWelcomeCode(pair.userId, pair.externalUserId) }
  }

  /**
   * A friendship begins, or begins again. Who was deleted by the customer alone kept what is written about her; who was
   * deleted by the member starts afresh (UNVERIFIED).
   */
  function begin(pair: Pair, how: Partial<Follow>): Follow {
    const former = world.findFollow(pair.userId, pair.externalUserId)
    if (former?.status === 'active') throw new WorldRefusal('他们已经是好友')
    if (former?.status === 'half') throw new WorldRefusal('客户已经加了成员，等成员确认')
    const start = { status: 'active' as const, createdAt: nowSeconds(world), state: '', ...how }
    return former?.status === 'lost'
      ? world.updateFollow(pair.userId, pair.externalUserId, start)
      : world.addFollow(pair.externalUserId, { userId: pair.userId, ...start })
  }

  function adds(input: Adding & { state?: string; skipVerify?: boolean }): Follow {
    const { userId } = getGuide(world, input.userId)
    const { externalUserId } = find(input.externalUserId, input.customer)
    const pair = { userId, externalUserId }
    const welcome = welcomeFor(pair, input.hasConsoleWelcome)
    const follow = begin(pair, {
      status: input.skipVerify ? 'half' : 'active',
      state: input.state ?? '',
      addWay: input.addWay ?? 1,
      operUserId: externalUserId,
    })
    tell(world, input, {
      event: 'change_external_contact',
      changeType: input.skipVerify ? 'add_half_external_contact' : 'add_external_contact',
      ...pair,
      state: follow.state,
      ...welcome,
    })
    return follow
  }

  return {
    /**
     * A customer scans a member's code (`addWay` 1) or finds her otherwise, and is accepted at once; a code that asks
     * nobody (`skipVerify`) leaves the friendship half until `guideConfirms`.
     */
    customerAdds: adds,

    /**
     * A customer scans a 联系我 code. Of several members she gets the one who has the fewest by it; one she is a friend of
     * already is not added again. A code that asks nobody leaves the friendship half until `guideConfirms`.
     */
    customerScans(input: Scanning): Follow {
      const way = world.findContactWay(input.configId)
      if (!way) throw new WorldRefusal('这个渠道活码已经失效')
      const { externalUserId } = find(input.externalUserId, input.customer)
      const isFree = (userId: string) => {
        const status = world.findFollow(userId, externalUserId)?.status
        return status !== 'active' && status !== 'half'
      }
      const broughtTo = (userId: string) =>
        world.followsOf(userId).filter(({ state }) => state !== '' && state === way.state).length
      const [userId] = way.userIds
        .filter(id => isFree(id) && mayBeAdded(world, id))
        .toSorted((one, other) => broughtTo(one) - broughtTo(other))
      if (userId === undefined) throw new WorldRefusal('这个码上的人她都加过了，或者都不能加')
      return adds({
        userId,
        externalUserId,
        state: way.state,
        skipVerify: way.skipVerify,
        silent: input.silent ?? false,
        ...(input.hasConsoleWelcome !== undefined && { hasConsoleWelcome: input.hasConsoleWelcome }),
      })
    },

    /** The member answers a half friend: no welcome code, for it came with the half event. */
    guideConfirms({ userId, externalUserId, ...quietly }: Pair & Quietly): Follow {
      const half = getFollow(world, getGuide(world, userId).userId, externalUserId, ['half'])
      const follow = world.updateFollow(half.userId, externalUserId, { status: 'active' })
      tell(world, quietly, {
        event: 'change_external_contact',
        changeType: 'add_external_contact',
        userId: half.userId,
        externalUserId,
        state: half.state,
      })
      return follow
    },

    guideAdds(input: Adding): Follow {
      const { userId } = getGuide(world, input.userId)
      const { externalUserId } = find(input.externalUserId, input.customer)
      const pair = { userId, externalUserId }
      const welcome = welcomeFor(pair, input.hasConsoleWelcome)
      const follow = begin(pair, { addWay: input.addWay ?? 2, operUserId: userId })
      tell(world, input, {
        event: 'change_external_contact',
        changeType: 'add_external_contact',
        ...pair,
        ...welcome,
      })
      return follow
    },

    /** WeCom tells of remark, phones and tags; a description or a company changes without a word [D92130]. */
    guideEdits({ userId, externalUserId, silent, ...edit }: Pair & ClientEdit & Quietly): Follow {
      const former = getFollow(world, getGuide(world, userId).userId, externalUserId, ['active', 'lost'])
      const living = new Set(
        world.tagGroups().flatMap(({ tags }) => tags.filter(({ deleted }) => !deleted).map(({ id }) => id)),
      )
      const unknown = edit.tagIds?.find(id => !living.has(id))
      if (unknown !== undefined) throw new WorldRefusal(`没有标签 ${unknown}`)
      const change = Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined))
      const follow = world.updateFollow(former.userId, externalUserId, change)
      const isTold = (['remark', 'mobiles', 'tagIds'] as const).some(
        field => JSON.stringify(former[field]) !== JSON.stringify(follow[field]),
      )
      if (isTold) {
        tell(
          world,
          { silent },
          {
            event: 'change_external_contact',
            changeType: 'edit_external_contact',
            userId: former.userId,
            externalUserId,
          },
        )
      }
      return follow
    },

    guideDeletes({ userId, externalUserId, ...quietly }: Pair & Quietly): Follow {
      const former = getFollow(world, userId, externalUserId, ['active', 'lost', 'half'])
      const follow = world.updateFollow(former.userId, externalUserId, { status: 'removed' })
      tell(world, quietly, {
        event: 'change_external_contact',
        changeType: 'del_external_contact',
        userId: former.userId,
        externalUserId,
      })
      return follow
    },

    /** The member keeps her side of it, unless she had never confirmed. */
    customerDeletes({ userId, externalUserId, ...quietly }: Pair & Quietly): Follow {
      const former = getFollow(world, userId, externalUserId, ['active', 'half'])
      const follow = world.updateFollow(former.userId, externalUserId, {
        status: former.status === 'half' ? 'removed' : 'lost',
      })
      tell(world, quietly, {
        event: 'change_external_contact',
        changeType: 'del_follow_user',
        userId: former.userId,
        externalUserId,
      })
      return follow
    },
  }
}
