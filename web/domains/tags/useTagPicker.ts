import { computed, ref, watch } from 'vue'
import { createSearch } from '../../../shared/rules/searchIndex.ts'
import { inIdleSlices } from '../../ui/whenIdle.ts'
import type { KnownTag } from './tagChanges.ts'
import { useTagsStore } from './tags.store.ts'

/** So many chips stand in one row of the list at most; a group of more goes on in the next. */
export const CHIPS_IN_ROW = 12

const SLICE = 500

interface PickerTag extends KnownTag {
  groupName: string
  isSingle: boolean
  pinyin: string
  initials: string
}

/** A stretch of one group; the first one says whose it is. */
export interface PickerRow {
  groupName: string
  isFirst: boolean
  isSingle: boolean
  tags: readonly KnownTag[]
}

const search = createSearch<PickerTag>(tag => ({
  text: tag.name,
  pinyin: tag.pinyin,
  initials: tag.initials,
  // A group whose own name answers is shown whole.
  body: [tag.groupName],
}))

/** The catalogue as the picker shows it: searched by 汉字, pinyin and initials, group by group, the group of the best hit first. */
export function useTagPicker(worn: () => readonly KnownTag[]) {
  const store = useTagsStore()
  const words = ref('')

  const all = computed<readonly PickerTag[]>(() =>
    (store.groups ?? []).flatMap(group =>
      group.tags.map(tag => ({
        ...tag,
        groupId: group.groupId,
        groupName: group.name,
        isSingle: group.choice === 'single',
      })),
    ),
  )
  // So that the first key does not have to wait for it.
  watch(all, tags => inIdleSlices(tags, SLICE, search.prepare), { immediate: true })
  const rows = computed<PickerRow[]>(() => {
    const byGroup = new Map<string, PickerTag[]>()
    for (const tag of search.find(all.value, words.value).items) {
      const group = byGroup.get(tag.groupId)
      if (group) group.push(tag)
      else byGroup.set(tag.groupId, [tag])
    }
    return [...byGroup.values()].flatMap(rowsOf)
  })
  const on = computed(() => new Set(worn().map(tag => tag.tagId)))

  return { words, rows, isOn: (tagId: string) => on.value.has(tagId) }
}

function rowsOf(tags: readonly PickerTag[]): PickerRow[] {
  const count = Math.ceil(tags.length / CHIPS_IN_ROW)
  return Array.from({ length: count }, (_, index) => ({
    groupName: tags[0]?.groupName ?? '',
    isFirst: index === 0,
    isSingle: tags[0]?.isSingle ?? false,
    tags: tags.slice(index * CHIPS_IN_ROW, (index + 1) * CHIPS_IN_ROW),
  }))
}
