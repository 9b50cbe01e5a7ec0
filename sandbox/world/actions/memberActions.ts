import { WorldRefusal } from '../refusal.ts'
import type { Member, World } from '../types.ts'
import { getMember, nowSeconds } from './actor.ts'

/** What an admin does to members. A self-built app hears of none of it [D90970]: it has to look. */
export function memberActions(world: World) {
  const getDepartment = (id: number) => {
    if (!world.departments().some(department => department.id === id))
      throw new WorldRefusal(`没有部门 ${id}`)
    return id
  }

  return {
    memberLeaves({ userId }: { userId: string }): Member {
      const { status } = getMember(world, userId)
      if (status === 5) throw new WorldRefusal(`${userId} 已经离职`)
      return world.updateMember(userId, { status: 5, leftAt: nowSeconds(world) })
    },

    memberDisabled({ userId }: { userId: string }): Member {
      if (getMember(world, userId).status === 5) throw new WorldRefusal(`${userId} 已经离职`)
      return world.updateMember(userId, { status: 2 })
    },

    /** Back to work, after having left or been disabled. */
    memberReturns({ userId }: { userId: string }): Member {
      getMember(world, userId)
      return world.updateMember(userId, { status: 1, leftAt: undefined })
    },

    /** To other departments, as a plain member; the first is the main one. */
    memberMoves({ userId, departments }: { userId: string; departments: number[] }): Member {
      getMember(world, userId)
      const [main] = departments.map(getDepartment)
      if (main === undefined) throw new WorldRefusal('至少要有一个部门')
      return world.updateMember(userId, {
        departments,
        mainDepartment: main,
        isLeaderIn: departments.map(() => false),
      })
    },

    memberLeads({
      userId,
      department,
      isLeader,
    }: {
      userId: string
      department: number
      isLeader: boolean
    }): Member {
      const { departments, isLeaderIn } = getMember(world, userId)
      const index = departments.indexOf(getDepartment(department))
      if (index < 0) throw new WorldRefusal(`${userId} 不在部门 ${department}`)
      return world.updateMember(userId, { isLeaderIn: isLeaderIn.with(index, isLeader) })
    },

    memberInRange({ userId, inVisibleRange }: { userId: string; inVisibleRange: boolean }): Member {
      getMember(world, userId)
      return world.updateMember(userId, { inVisibleRange })
    },

    memberMayContact({
      userId,
      hasCustomerContact,
    }: {
      userId: string
      hasCustomerContact: boolean
    }): Member {
      getMember(world, userId)
      return world.updateMember(userId, { hasCustomerContact })
    },
  }
}
