import { computed, ref } from 'vue'
import type { CustomerTag, TagGroup } from '../../../shared/contract/tags.ts'
import { matchKey } from '../../../shared/rules/searchKey.ts'
import type { KnownTag } from './tagChanges.ts'
import { useTagsStore } from './tags.store.ts'

/** So many chips at most: a search narrows ten thousand tags down, a list of all of them would only be slow. */
export const MOST_SHOWN_TAGS = 200

export interface PickerGroup {
  groupId: string
  name: string
  isSingle: boolean
  tags: KnownTag[]
}

/** The catalogue as the picker shows it: searched by 汉字, pinyin and initials, group by group. */
export function useTagPicker(worn: () => readonly CustomerTag[]) {
  const store = useTagsStore()
  const words = ref('')

  /** A group whose own name answers is shown whole. */
  function found(group: TagGroup): KnownTag[] {
    const isWhole = words.value.trim() !== '' && group.name.includes(words.value.trim())
    return group.tags
      .filter(
        tag =>
          isWhole || matchKey(words.value, { text: tag.name, pinyin: tag.pinyin, initials: tag.initials }),
      )
      .map(tag => ({ tagId: tag.tagId, groupId: group.groupId, name: tag.name }))
  }

  const matching = computed<PickerGroup[]>(() =>
    (store.groups ?? [])
      .map(group => ({
        groupId: group.groupId,
        name: group.name,
        isSingle: group.choice === 'single',
        tags: found(group),
      }))
      .filter(group => group.tags.length > 0),
  )
  const groups = computed(() => {
    let left = MOST_SHOWN_TAGS
    return matching.value.flatMap(group => {
      const tags = group.tags.slice(0, Math.max(0, left))
      left -= tags.length
      return tags.length > 0 ? [{ ...group, tags }] : []
    })
  })
  const total = computed(() => matching.value.reduce((sum, group) => sum + group.tags.length, 0))
  const on = computed(() => new Set(worn().map(tag => tag.tagId)))

  return {
    words,
    groups,
    hidden: computed(() => Math.max(0, total.value - MOST_SHOWN_TAGS)),
    isOn: (tagId: string) => on.value.has(tagId),
  }
}
