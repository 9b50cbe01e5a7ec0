import type { ChatEvent } from '../callbackEvent.ts'
import { memberVersion } from '../memberVersion.ts'
import { WorldRefusal } from '../refusal.ts'
import { stableId } from '../random.ts'
import type { CustomerGroup, World } from '../types.ts'
import { getGroup, getGuide, nowSeconds, tell } from './actor.ts'
import type { Quietly } from './actor.ts'

type Person = CustomerGroup['members'][number]

/** A member, a customer, or (by name alone) a stranger whom nobody of ours has added. */
interface Joining {
  id?: string
  name?: string
}

/** What people do in and to a customer group. */
export function groupActions(world: World) {
  let strangers = 0

  function toPerson({ id, name }: Joining, joinScene: Person['joinScene']): Person {
    const joined = { joinedAt: nowSeconds(world), joinScene }
    const member = id === undefined ? undefined : world.findMember(id)
    if (member) return { id: member.userId, type: 1, ...joined }
    if (id !== undefined && world.findCustomer(id)) return { id, type: 2, ...joined }
    if (name === undefined) throw new WorldRefusal(`没有成员或客户 ${id ?? ''}；外人要有名字`)
    return { id: id ?? stableId('wm', `stranger:${name}:${++strangers}`), type: 2, name, ...joined }
  }

  const tellChange = (chatId: string, quietly: Quietly, update: NonNullable<ChatEvent['update']>) =>
    tell(world, quietly, { event: 'change_external_chat', changeType: 'update', chatId, update })

  function changeMembers(group: CustomerGroup, members: Person[]) {
    const changed = world.updateGroup(group.chatId, { members })
    return {
      changed,
      versions: { lastVersion: memberVersion(group), currentVersion: memberVersion(changed) },
    }
  }

  return {
    groupCreated(
      input: Quietly & { ownerUserId: string; name: string; members: Joining[]; notice?: string },
    ): CustomerGroup {
      const owner = getGuide(world, input.ownerUserId).userId
      const members = [{ id: owner }, ...input.members].map(person => toPerson(person, 1))
      const group = world.addGroup({
        name: input.name,
        ownerUserId: owner,
        notice: input.notice ?? '',
        members,
      })
      tell(world, input, { event: 'change_external_chat', changeType: 'create', chatId: group.chatId })
      return group
    },

    /** @param input.by invited, through a link, or by scanning the group's code */
    groupJoined(
      input: Quietly & { chatId: string; members: Joining[]; by?: 'invitation' | 'link' | 'code' },
    ): CustomerGroup {
      const group = getGroup(world, input.chatId)
      const scene = ({ invitation: 1, link: 2, code: 3 } as const)[input.by ?? 'invitation']
      const joining = input.members.map(person => toPerson(person, scene))
      const present = joining.find(({ id }) => group.members.some(member => member.id === id))
      if (present) throw new WorldRefusal(`${present.id} 已经在群里`)
      const { changed, versions } = changeMembers(group, [...group.members, ...joining])
      tellChange(group.chatId, input, {
        detail: 'add_member',
        joinScene: scene === 3 ? 3 : 0,
        memberIds: joining.map(({ id }) => id),
        ...versions,
      })
      return changed
    },

    /** Somebody goes, or (`isRemoved`) is taken out by the owner. */
    groupLeft(input: Quietly & { chatId: string; memberIds: string[]; isRemoved?: boolean }): CustomerGroup {
      const group = getGroup(world, input.chatId)
      const absent = input.memberIds.find(id => !group.members.some(member => member.id === id))
      if (absent !== undefined) throw new WorldRefusal(`${absent} 不在群里`)
      if (input.memberIds.includes(group.ownerUserId)) throw new WorldRefusal('群主要先转让群再退出')
      const { changed, versions } = changeMembers(
        group,
        group.members.filter(({ id }) => !input.memberIds.includes(id)),
      )
      tellChange(group.chatId, input, {
        detail: 'del_member',
        quitScene: input.isRemoved ? 1 : 0,
        memberIds: input.memberIds,
        ...versions,
      })
      return changed
    },

    groupRenamed(input: Quietly & { chatId: string; name: string }): CustomerGroup {
      const { chatId } = getGroup(world, input.chatId)
      const changed = world.updateGroup(chatId, { name: input.name })
      tellChange(chatId, input, { detail: 'change_name' })
      return changed
    },

    groupOwnerChanged(input: Quietly & { chatId: string; ownerUserId: string }): CustomerGroup {
      const group = getGroup(world, input.chatId)
      const owner = getGuide(world, input.ownerUserId).userId
      if (!group.members.some(({ id }) => id === owner)) throw new WorldRefusal(`${owner} 不在群里`)
      const changed = world.updateGroup(group.chatId, { ownerUserId: owner })
      tellChange(group.chatId, input, { detail: 'change_owner' })
      return changed
    },

    groupNoticed(input: Quietly & { chatId: string; notice: string }): CustomerGroup {
      const { chatId } = getGroup(world, input.chatId)
      const changed = world.updateGroup(chatId, { notice: input.notice })
      tellChange(chatId, input, { detail: 'change_notice' })
      return changed
    },

    groupDismissed(input: Quietly & { chatId: string }): { chatId: string } {
      const { chatId } = getGroup(world, input.chatId)
      // Told first: once it is gone, nobody knows whose group it was.
      tell(world, input, { event: 'change_external_chat', changeType: 'dismiss', chatId })
      world.dismissGroup(chatId)
      return { chatId }
    },
  }
}
