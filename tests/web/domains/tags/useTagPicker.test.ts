import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TagGroup } from '../../../../shared/contract/tags.ts'
import { useTagsStore } from '../../../../web/domains/tags/tags.store.ts'
import { CHIPS_IN_ROW, useTagPicker } from '../../../../web/domains/tags/useTagPicker.ts'

const tagOf = (tagId: string, name: string, pinyin: string, initials: string) => ({
  tagId,
  name,
  pinyin,
  initials,
})
const groupOf = (groupId: string, name: string) => ({ groupId, name, choice: 'multi' as const })

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
  picker.rows.value.flatMap(row => row.tags.map(tag => tag.name))

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

  it('begins with the group of the best hit, and in it with the best hit', () => {
    useTagsStore().groups = [
      { ...groupOf('g1', '喜好'), tags: [tagOf('t1', '爱足金', 'ai zu jin', 'azj')] },
      {
        ...groupOf('g2', '材质'),
        tags: [tagOf('t2', '老足金', 'lao zu jin', 'lzj'), tagOf('t3', '足金', 'zu jin', 'zj')],
      },
    ]
    const picker = useTagPicker(() => [])
    picker.words.value = '足'
    expect(found(picker)).toEqual(['足金', '老足金', '爱足金'])
  })

  it('cuts ten thousand tags into rows of a bounded length, each of one group, none lost', () => {
    const tags = Array.from({ length: 5_000 }, (_, index) => tagOf(`t${index}`, `标签${index}`, 'biao', 'b'))
    useTagsStore().groups = [
      { ...groupOf('g1', '很多'), tags },
      { ...groupOf('g2', '还有'), tags: tags.map(tag => ({ ...tag, tagId: `${tag.tagId}x` })) },
    ]
    const { rows } = useTagPicker(() => [])
    expect(Math.max(...rows.value.map(row => row.tags.length))).toBe(CHIPS_IN_ROW)
    expect(rows.value.flatMap(row => row.tags)).toHaveLength(10_000)
    expect(rows.value.filter(row => row.isFirst).map(row => row.groupName)).toEqual(['很多', '还有'])
    expect(rows.value.every(row => new Set(row.tags.map(tag => tag.groupId)).size === 1)).toBe(true)
  })

  it('knows which ones she has', () => {
    const picker = useTagPicker(() => [{ tagId: 't2', groupId: 'g1', name: '翡翠', sync: 'done' }])
    expect([picker.isOn('t1'), picker.isOn('t2')]).toEqual([false, true])
  })
})
