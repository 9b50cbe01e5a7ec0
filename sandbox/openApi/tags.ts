import type { Tag, TagGroup, World } from '../world/types.ts'
import { post } from './endpoint.ts'
import type { Call, Endpoints } from './endpoint.ts'
import { refuse } from './refusal.ts'
import { standingFollow } from './visible.ts'
import type { WireBody } from './wireBody.ts'
import type { Write } from './writes.ts'

const orderEnd = 2 ** 32

const byOrder = (one: { order: number; createdAt: number }, other: { order: number; createdAt: number }) =>
  other.order - one.order || one.createdAt - other.createdAt

const toTag = (tag: Tag, withDeleted: boolean) => ({
  id: tag.id,
  name: tag.name,
  create_time: tag.createdAt,
  order: tag.order,
  ...(withDeleted && { deleted: tag.deleted }),
})

const toTagGroup = (group: TagGroup, tags: Tag[], withDeleted = false) => ({
  group_id: group.id,
  group_name: group.name,
  create_time: group.createdAt,
  order: group.order,
  ...(withDeleted && { deleted: group.deleted }),
  tag: [...tags].sort(byOrder).map(tag => toTag(tag, withDeleted)),
})

/** `deleted` is told only to those who ask by id; group ids win over tag ids [D92117]. */
function listTags({ world, body }: Call) {
  const [tagIds = [], groupIds = []] = [body.texts('tag_id'), body.texts('group_id')]
  const { tagIdsPerCall } = world.limits()
  if (tagIds.length > tagIdsPerCall || groupIds.length > tagIdsPerCall) refuse(41111, { tag_group: [] })
  const groups = world.tagGroups().sort(byOrder)
  const known = new Set(groups.flatMap(group => [group.id, ...group.tags.map(({ id }) => id)]))
  const asked = groupIds.length > 0 ? groupIds : tagIds
  if (asked.some(id => !known.has(id))) refuse(40068, { tag_group: [] })
  if (groupIds.length > 0) {
    const found = groups.filter(({ id }) => groupIds.includes(id))
    return { tag_group: found.map(group => toTagGroup(group, group.tags, true)) }
  }
  if (tagIds.length > 0) {
    const found = groups.map(group => ({ group, tags: group.tags.filter(({ id }) => tagIds.includes(id)) }))
    return {
      tag_group: found
        .filter(({ tags }) => tags.length > 0)
        .map(({ group, tags }) => toTagGroup(group, tags, true)),
    }
  }
  return { tag_group: groups.filter(isLiving).map(group => toTagGroup(group, group.tags.filter(isLiving))) }
}

const isLiving = ({ deleted }: { deleted: boolean }) => !deleted

/** @throws ApiRefusal 40058 outside [0, 2^32) */
function readOrder(body: WireBody): number | undefined {
  const order = body.number('order')
  if (order !== undefined && (order < 0 || order >= orderEnd)) refuse(40058)
  return order
}

/** @throws ApiRefusal 40058 without a name, 40071 for one that is too long */
function readName(world: World, name: string | undefined): string {
  if (name === undefined || name.trim() === '') refuse(40058)
  if ([...name].length > world.limits().tagNameLength) refuse(40071)
  return name
}

/** The answer holds the group with the tags just made; whether WeCom also repeats the older ones is UNVERIFIED. */
function addTags({ world, body }: Call) {
  const drafts = body.objects('tag')
  if (!drafts || drafts.length === 0) refuse(40058)
  const wanted = new Map(drafts.map(draft => [readName(world, draft.text('name')), readOrder(draft) ?? 0]))
  const living = world.tagGroups().filter(isLiving)
  const count = living.flatMap(({ tags }) => tags.filter(isLiving)).length
  if (count + wanted.size > world.limits().tagsPerCorp) refuse(40126)

  const groupId = body.text('group_id')
  const named = groupId === undefined ? readName(world, body.text('group_name')) : ''
  const order = readOrder(body)
  const standing = living.find(group => (groupId === undefined ? group.name === named : group.id === groupId))
  if (groupId !== undefined && !standing) refuse(40068)
  if (standing?.tags.some(tag => !tag.deleted && wanted.has(tag.name))) refuse(40071)
  const group = standing ?? world.addTagGroup(named, [], 'app', order ?? 0)
  const tags = [...wanted].map(([name, tagOrder]) => world.addTag(group.id, name, 'app', tagOrder))
  return { tag_group: toTagGroup(group, tags) }
}

/** An app may change only what it made itself; the code for trying otherwise is UNVERIFIED. */
function assertOwn(madeBy: 'console' | 'app') {
  if (madeBy !== 'app') refuse(81011)
}

const findTag = (world: World, id: string) => {
  const group = world.tagGroups().find(({ tags }) => tags.some(tag => tag.id === id && !tag.deleted))
  const tag = group?.tags.find(candidate => candidate.id === id)
  return group && tag && { group, tag }
}

function editTag({ world, body }: Call) {
  const id = body.text('id')
  if (!id) refuse(40058)
  const given = body.text('name')
  const order = readOrder(body)
  if (given === undefined && order === undefined) refuse(40058)
  const name = given === undefined ? undefined : readName(world, given)
  const change = { ...(name !== undefined && { name }), ...(order !== undefined && { order }) }
  const group = world.tagGroups().find(candidate => candidate.id === id && !candidate.deleted)
  if (group) {
    assertOwn(group.madeBy)
    if (world.tagGroups().some(other => other.id !== id && !other.deleted && other.name === name))
      refuse(40071)
    world.updateTagGroup(id, change)
    return {}
  }
  const found = findTag(world, id)
  if (!found) refuse(40068)
  assertOwn(found.tag.madeBy ?? found.group.madeBy)
  if (found.group.tags.some(other => other.id !== id && !other.deleted && other.name === name)) refuse(40071)
  world.updateTag(id, change)
  return {}
}

function deleteTags({ world, body }: Call) {
  const [tagIds = [], groupIds = []] = [body.texts('tag_id'), body.texts('group_id')]
  if (tagIds.length + groupIds.length === 0) refuse(40058)
  for (const id of tagIds) {
    const found = findTag(world, id)
    if (!found) refuse(40068)
    assertOwn(found.tag.madeBy ?? found.group.madeBy)
  }
  for (const id of groupIds) {
    const group = world.tagGroups().find(candidate => candidate.id === id && !candidate.deleted)
    if (!group) refuse(40068)
    // A group of the app goes as a whole, so nobody else's tags may hang in it.
    for (const madeBy of [
      group.madeBy,
      ...group.tags.filter(isLiving).map(tag => tag.madeBy ?? group.madeBy),
    ]) {
      assertOwn(madeBy)
    }
  }
  world.deleteTags({ tagIds, groupIds })
  return {}
}

function markTag({ world, body }: Call, write: Write) {
  const follow = standingFollow(world, body.text('userid'), body.text('external_userid'))
  const [added = [], removed = []] = [body.texts('add_tag'), body.texts('remove_tag')]
  if (added.length + removed.length === 0) refuse(40058)
  if ([...added, ...removed].some(id => !findTag(world, id))) refuse(40068)
  return write(follow.externalUserId, () => {
    const worn = world.findFollow(follow.userId, follow.externalUserId)?.tagIds ?? []
    const kept = worn.filter(id => !removed.includes(id))
    const tagIds = [...new Set([...kept, ...added])]
    if (tagIds.length > world.limits().tagsPerFollow) refuse(40144)
    world.updateFollow(follow.userId, follow.externalUserId, { tagIds })
    return {}
  })
}

/** Corp tags [D92117] and putting them on a customer [D92118]. */
export const tagEndpoints = (write: Write): Endpoints => ({
  'externalcontact/get_corp_tag_list': post(listTags),
  'externalcontact/add_corp_tag': post(addTags),
  'externalcontact/edit_corp_tag': post(editTag),
  'externalcontact/del_corp_tag': post(deleteTags),
  'externalcontact/mark_tag': post(call => markTag(call, write)),
})
