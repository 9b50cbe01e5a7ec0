import { WorldRefusal } from '../refusal.ts'
import type { Tag, TagGroup, World } from '../types.ts'
import { tell } from './actor.ts'
import type { Quietly } from './actor.ts'

/** What an admin does to the corp's tags in the console. */
export function tagActions(world: World) {
  const living = () => world.tagGroups().filter(({ deleted }) => !deleted)
  const findGroup = (id: string) => living().find(group => group.id === id)
  const findTag = (id: string) =>
    living()
      .flatMap(({ tags }) => tags)
      .find(tag => tag.id === id && !tag.deleted)

  function tagTypeOf(id: string): 'tag' | 'tag_group' {
    if (findGroup(id)) return 'tag_group'
    if (findTag(id)) return 'tag'
    throw new WorldRefusal(`没有标签或标签组 ${id}`)
  }

  /** Larger comes first, so the first gets the largest number. */
  const orders = (ids: string[]) => ids.map((id, index) => ({ id, order: ids.length - index }))

  return {
    /** One event for the group and one for each tag in it (UNVERIFIED: the sheet only says that both kinds exist). */
    adminCreatesTagGroup(input: Quietly & { name: string; tags: string[] }): TagGroup {
      if (living().some(({ name }) => name === input.name)) throw new WorldRefusal(`已有标签组 ${input.name}`)
      const group = world.addTagGroup(input.name, input.tags, 'console')
      tell(world, input, {
        event: 'change_external_tag',
        changeType: 'create',
        id: group.id,
        tagType: 'tag_group',
      })
      for (const { id } of group.tags) {
        tell(world, input, { event: 'change_external_tag', changeType: 'create', id, tagType: 'tag' })
      }
      return group
    },

    adminCreatesTag(input: Quietly & { groupId: string; name: string }): Tag {
      const group = findGroup(input.groupId)
      if (!group) throw new WorldRefusal(`没有标签组 ${input.groupId}`)
      if (group.tags.some(({ name, deleted }) => !deleted && name === input.name)) {
        throw new WorldRefusal(`组里已有标签 ${input.name}`)
      }
      const tag = world.addTag(group.id, input.name, 'console')
      tell(world, input, { event: 'change_external_tag', changeType: 'create', id: tag.id, tagType: 'tag' })
      return tag
    },

    adminRenamesTag(input: Quietly & { id: string; name: string }): Tag | TagGroup {
      const tagType = tagTypeOf(input.id)
      const change = { name: input.name }
      const changed =
        tagType === 'tag' ? world.updateTag(input.id, change) : world.updateTagGroup(input.id, change)
      tell(world, input, { event: 'change_external_tag', changeType: 'update', id: input.id, tagType })
      return changed
    },

    /** A group goes with its tags and is told of once; so is a group's last tag, with which the group goes. */
    adminDeletesTag(input: Quietly & { id: string }): { id: string } {
      const tagType = tagTypeOf(input.id)
      world.deleteTags(
        tagType === 'tag' ? { tagIds: [input.id], groupIds: [] } : { tagIds: [], groupIds: [input.id] },
      )
      tell(world, input, { event: 'change_external_tag', changeType: 'delete', id: input.id, tagType })
      return { id: input.id }
    },

    /** Puts the tags of a group in this order. */
    adminOrdersTags(input: Quietly & { groupId: string; tagIds: string[] }): TagGroup {
      const group = findGroup(input.groupId)
      if (!group) throw new WorldRefusal(`没有标签组 ${input.groupId}`)
      const stranger = input.tagIds.find(id => !group.tags.some(tag => tag.id === id && !tag.deleted))
      if (stranger !== undefined) throw new WorldRefusal(`组里没有标签 ${stranger}`)
      for (const { id, order } of orders(input.tagIds)) world.updateTag(id, { order })
      tell(world, input, { event: 'change_external_tag', changeType: 'shuffle', id: group.id })
      return findGroup(group.id) ?? group
    },

    adminOrdersTagGroups(input: Quietly & { groupIds: string[] }): TagGroup[] {
      const stranger = input.groupIds.find(id => !findGroup(id))
      if (stranger !== undefined) throw new WorldRefusal(`没有标签组 ${stranger}`)
      const groups = orders(input.groupIds).map(({ id, order }) => world.updateTagGroup(id, { order }))
      tell(world, input, { event: 'change_external_tag', changeType: 'shuffle', id: '' })
      return groups
    },
  }
}
