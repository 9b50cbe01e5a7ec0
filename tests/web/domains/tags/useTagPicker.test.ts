import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TagGroup } from '../../../../shared/contract/tags.ts'
import { useTagsStore } from '../../../../web/domains/tags/tags.store.ts'
import { MOST_SHOWN_TAGS, useTagPicker } from '../../../../web/domains/tags/useTagPicker.ts'

const groups: TagGroup[] = [
  {
    groupId: 'g1',
    name: '材质',
    choice: 'multi',
    tags: [
      { tagId: 't1', name: '足金', pinyin: 'zu jin', initials: 'zj' },
      { tagId: 't2', name: '翡翠', pinyin: 'fei cui', initials: 'fc' },
    ],
  },
  {
    groupId: 'g2',
    name: '预算',
    choice: 'single',
    tags: [{ tagId: 't3', name: '预算三千', pinyin: 'yu suan san qian', initials: 'yssq' }],
  },
]
beforeEach(() => {
  setActivePinia(createPinia())
  useTagsStore().groups = groups
})
const found = (picker: ReturnType<typeof useTagPicker>) =>
  picker.groups.value.flatMap(group => group.tags.map(tag => tag.name))

describe('the search of the picker', () => {
  it.each([
    ['', ['足金', '翡翠', '预算三千']],
    ['翠', ['翡翠']],
    ['feicui', ['翡翠']],
    ['FC', ['翡翠']],
    ['suan', ['预算三千']],
    ['ysq', []],
    ['材质', ['足金', '翡翠']],
    ['没有的', []],
  ])('finds by %j', (words, names) => {
    const picker = useTagPicker(() => [])
    picker.words.value = words
    expect(found(picker)).toEqual(names)
  })

  it('shows a bounded number of chips and says how many are left', () => {
    useTagsStore().groups = [
      {
        groupId: 'g1',
        name: '很多',
        choice: 'multi',
        tags: Array.from({ length: 10_000 }, (_, index) => ({
          tagId: `t${index}`,
          name: `标签${index}`,
          pinyin: 'biao qian',
          initials: 'bq',
        })),
      },
    ]
    const picker = useTagPicker(() => [])
    expect(found(picker).length).toBe(MOST_SHOWN_TAGS)
    expect(picker.hidden.value).toBe(10_000 - MOST_SHOWN_TAGS)
  })

  it('knows which ones she has', () => {
    const picker = useTagPicker(() => [{ tagId: 't2', groupId: 'g1', name: '翡翠', sync: 'done' }])
    expect([picker.isOn('t1'), picker.isOn('t2')]).toEqual([false, true])
  })
})
