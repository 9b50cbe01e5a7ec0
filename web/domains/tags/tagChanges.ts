import type { CustomerTag, CustomerTags, SuggestedTag } from '../../../shared/contract/tags.ts'

/** What is known of a tag that is put on or taken off. */
export type KnownTag = SuggestedTag

/** One change: these come on, those come off. */
export interface TagChange {
  add: KnownTag[]
  remove: KnownTag[]
}

/** The tags as they stand after a change, before WeCom knows of it. A tag that is on already stays as it is. */
export function applied(tags: CustomerTags, { add, remove }: TagChange): CustomerTags {
  const gone = new Set(remove.map(tag => tag.tagId))
  const stay = tags.tags.filter(tag => !gone.has(tag.tagId))
  const known = new Set(stay.map(tag => tag.tagId))
  const added: CustomerTag[] = add
    .filter(tag => !known.has(tag.tagId))
    .map(tag => ({ ...tag, sync: 'pending' }))
  const on = new Set([...known, ...added.map(tag => tag.tagId)])
  return { ...tags, tags: [...stay, ...added], suggested: tags.suggested.filter(tag => !on.has(tag.tagId)) }
}

/** The change that takes another one back. */
export const reversed = ({ add, remove }: TagChange): TagChange => ({ add: remove, remove: add })

/** Putting on a tag of a single-choice group takes the others of that group off. */
export function adding(tag: KnownTag, tags: CustomerTags, isSingleChoice: boolean): TagChange {
  const remove = isSingleChoice
    ? tags.tags.filter(other => other.groupId === tag.groupId && other.tagId !== tag.tagId)
    : []
  return { add: [tag], remove }
}

/** Two changes in a row as one: what the second takes back of the first is no change at all. */
export function joined(first: TagChange | undefined, second: TagChange): TagChange {
  if (!first) return second
  const not = (list: KnownTag[], others: KnownTag[]) => {
    const ids = new Set(others.map(tag => tag.tagId))
    return list.filter(tag => !ids.has(tag.tagId))
  }
  return {
    add: [...not(not(first.add, second.remove), second.add), ...not(second.add, first.remove)],
    remove: [...not(not(first.remove, second.add), second.remove), ...not(second.remove, first.add)],
  }
}
