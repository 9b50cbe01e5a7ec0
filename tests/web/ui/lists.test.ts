import { describe, expect, it, vi } from 'vitest'
import { useForm } from '../../../web/ui/useForm.ts'
import { useLoad } from '../../../web/ui/useLoad.ts'
import { usePages } from '../../../web/ui/usePages.ts'
import { later } from '../../support/fakeApi.ts'

describe('useLoad', () => {
  it('lets only the latest call paint', async () => {
    const first = later<string>()
    const answers = [first.promise, Promise.resolve('second')]
    const load = useLoad(() => answers.shift() ?? Promise.reject(new Error('asked too often')))
    const early = load.run()
    await load.run()
    first.settle('first')
    await early
    expect(load.data.value).toBe('second')
    expect(load.busy.value).toBe(false)
  })

  it('keeps the error, and forgets it at the next try', async () => {
    const answers = [Promise.reject(new Error('down')), Promise.resolve(1)]
    const load = useLoad(() => answers.shift() ?? Promise.reject(new Error('asked too often')))
    await load.run()
    expect(load.error.value).toEqual(new Error('down'))
    await load.run()
    expect([load.error.value, load.data.value]).toEqual([undefined, 1])
  })
})

describe('usePages', () => {
  const pageOf = (items: number[], nextCursor: string | null) => Promise.resolve({ items, nextCursor })

  it('adds page after page and ends', async () => {
    const pages = usePages((cursor: string | undefined) => (cursor ? pageOf([3], null) : pageOf([1, 2], 'c')))
    await pages.restart()
    expect([pages.items.value, pages.hasMore.value]).toEqual([[1, 2], true])
    await pages.more()
    expect([pages.items.value, pages.hasMore.value]).toEqual([[1, 2, 3], false])
    await pages.more()
    expect(pages.items.value).toEqual([1, 2, 3])
  })

  it('drops a page that comes after the list was begun anew', async () => {
    const slow = later<{ items: number[]; nextCursor: null }>()
    const answers = [slow.promise, pageOf([9], null)]
    const pages = usePages(() => answers.shift() ?? pageOf([], null))
    const early = pages.restart()
    await pages.restart()
    slow.settle({ items: [1], nextCursor: null })
    await early
    expect(pages.items.value).toEqual([9])
  })

  it('keeps what is there when the next page does not come', async () => {
    const pages = usePages<number>(cursor => (cursor ? Promise.reject(new Error('down')) : pageOf([1], 'c')))
    await pages.restart()
    await pages.more()
    expect(pages.items.value).toEqual([1])
    expect(pages.error.value).toBeDefined()
  })

  it('gets once more what did not come: the list, however many pages the former one had, or the next page', async () => {
    const asked: (string | undefined)[] = []
    let isDown = false
    const pages = usePages((cursor: string | undefined) => {
      asked.push(cursor)
      return isDown ? Promise.reject(new Error('down')) : pageOf(cursor ? [3] : [1, 2], 'c')
    })
    const failing = async (act: () => Promise<void>) => {
      isDown = true
      await act()
      isDown = false
    }
    await pages.restart()
    await failing(pages.restart)
    expect(pages.isAnew.value).toBe(true)
    await pages.again()
    expect([pages.items.value, pages.error.value]).toEqual([[1, 2], undefined])
    await failing(pages.more)
    expect(pages.isAnew.value).toBe(false)
    await pages.again()
    expect(pages.items.value).toEqual([1, 2, 3])
    expect(asked).toEqual([undefined, undefined, undefined, 'c', 'c'])
  })
})

describe('useForm', () => {
  it('ignores a second tap while it saves', async () => {
    const slow = later<string>()
    const save = vi.fn(() => slow.promise)
    const form = useForm(save)
    const first = form.submit('draft')
    expect(await form.submit('draft')).toBeUndefined()
    slow.settle('saved')
    expect(await first).toBe('saved')
    expect(save).toHaveBeenCalledTimes(1)
  })

  it('repeats a failed try under its key, and takes a new one after an edit or a success', async () => {
    const keys: string[] = []
    let isDown = true
    const form = useForm(async (_draft: string, key: string) => {
      keys.push(key)
      if (isDown) throw new Error('down')
    })
    await form.submit('a')
    expect(form.error.value).toEqual(new Error('down'))
    await form.submit('a')
    form.edited()
    isDown = false
    await form.submit('b')
    await form.submit('c')
    expect(keys[0]).toBe(keys[1])
    expect(new Set(keys).size).toBe(3)
  })
})
