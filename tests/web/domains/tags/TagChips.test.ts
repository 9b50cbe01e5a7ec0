import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CustomerTag, CustomerTags } from '../../../../shared/contract/tags.ts'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import { usePendingStore } from '../../../../web/domains/drafts/pending.store.ts'
import TagChips from '../../../../web/domains/tags/TagChips.vue'
import { useTagsStore } from '../../../../web/domains/tags/tags.store.ts'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import { createFakeApi, later, ok, problem, type Answer } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard } from '../../../support/makeCard.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const tag = (tagId: string, name: string, groupId = 'g1'): CustomerTag => ({
  tagId,
  groupId,
  name,
  sync: 'done',
})
const gold = tag('t1', '足金')
const plain = { tagId: 't2', groupId: 'g1', name: '喜欢简约' }
const before: CustomerTags = { tags: [gold], suggested: [plain], refused: [] }

let api = createFakeApi()
/** How the tags stand on the server. */
let stored: CustomerTags
beforeEach(async () => {
  setActivePinia(createPinia())
  fakeBridge.reset(inChatWith('wmA'))
  stored = before
  api = createFakeApi()
  await api.install()
  api.on('get', /card$/, request => {
    const id = /customers\/([^/]+)/.exec(request.path)?.[1] ?? ''
    return ok(makeCard(id, { tags: id === 'wmA' ? stored : { tags: [], suggested: [], refused: [] } }))
  })
  api.on('get', /customers\/wmA\/tags$/, () => ok(stored))
  api.on('post', /customers\/wmA\/tags$/, request => {
    const { add, remove } = request.body as { add: string[]; remove: string[] }
    const added = add.map(id => ({ ...(id === 't1' ? gold : plain), sync: 'pending' as const }))
    stored = {
      tags: [...stored.tags.filter(one => !remove.includes(one.tagId)), ...added],
      suggested: stored.suggested.filter(one => !add.includes(one.tagId)),
      refused: [],
    }
    return ok(stored)
  })
  await useCurrentCustomerStore().follow()
  await vi.waitFor(() => expect(useCurrentCustomerStore().card).toBeDefined())
})
afterEach(() => {
  hideToast()
  vi.unstubAllGlobals()
})

const shown = () => mount(TagChips)
const names = () => useCurrentCustomerStore().card?.tags.tags.map(one => one.name)
const writes = () => api.sentTo('post', /tags$/).map(request => request.body)

describe('taking a tag off', () => {
  it('takes one tap, at once, and is written', async () => {
    const view = shown()
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    expect(view.find('[aria-label="去掉标签 足金"]').exists()).toBe(false)
    expect(toast.value?.text).toBe('已去掉「足金」')
    await vi.waitFor(() => expect(writes()).toEqual([{ add: [], remove: ['t1'] }]))
  })

  it('can be undone', async () => {
    const view = shown()
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    toast.value?.undo?.()
    await vi.waitFor(() => expect(writes().length).toBe(2))
    expect(writes()[1]).toEqual({ add: ['t1'], remove: [] })
    await flushPromises()
    expect(names()).toEqual(['足金'])
  })

  it('is not undone on the next customer', async () => {
    const view = shown()
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    await vi.waitFor(() => expect(writes().length).toBe(1))
    const undo = toast.value?.undo
    fakeBridge.contact = inChatWith('wmB')
    await useCurrentCustomerStore().follow()
    undo?.()
    await flushPromises()
    expect(writes().length).toBe(1)
    expect(names() ?? []).toEqual([])
    expect(toast.value?.text).toBe('聊天换人了，标签没有改')
  })

  it('is taken back when the server refuses', async () => {
    api.on('post', /tags$/, () => problem('database_unavailable'))
    const view = shown()
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    await vi.waitFor(() => expect(names()).toEqual(['足金']))
    expect(toast.value?.text).toBe('数据暂时取不到，马上就好，标签没有改')
  })

  it('is taken back and written nowhere when the chat has changed', async () => {
    const view = shown()
    fakeBridge.contact = inChatWith('wmB')
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    await vi.waitFor(() => expect(useCurrentCustomerStore().externalUserId).toBe('wmB'))
    await flushPromises()
    expect(writes()).toEqual([])
    fakeBridge.contact = inChatWith('wmA')
    await useCurrentCustomerStore().follow()
    expect(names()).toEqual(['足金'])
  })
})

describe('putting a tag on', () => {
  it('takes one tap on a suggestion and says 未同步 until WeCom has it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const view = shown()
    await view.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    expect(view.get('[aria-label="去掉标签 喜欢简约"]').text()).toContain('未同步')
    await vi.advanceTimersByTimeAsync(100)
    stored = { ...stored, tags: stored.tags.map(one => ({ ...one, sync: 'done' as const })) }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(view.get('[aria-label="去掉标签 喜欢简约"]').text()).not.toContain('未同步')
    vi.useRealTimers()
    view.unmount()
  })

  it('is looked after anew when it reaches us only after a longer time without a network', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const pending = usePendingStore()
    const waiting = { ...before, tags: [gold, { ...plain, sync: 'pending' as const }] }
    const view = shown()
    pending.writes = [
      { customerId: 'wmA', act: { kind: 'tags' }, draft: { value: { add: [plain], remove: [] } } },
    ]
    await vi.advanceTimersByTimeAsync(60_000)
    expect(view.get('[aria-label="去掉标签 喜欢简约"]').text()).toContain('未同步')
    // The network is back: written with us, WeCom has yet to take it.
    useCurrentCustomerStore().showTags('wmA', waiting)
    pending.writes = []
    pending.settled = { customerId: 'wmA', tags: waiting }
    await vi.advanceTimersByTimeAsync(100)
    expect(view.get('[aria-label="去掉标签 喜欢简约"]').text()).toContain('未同步')
    stored = { ...before, tags: [gold, { ...plain, sync: 'done' }] }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(view.get('[aria-label="去掉标签 喜欢简约"]').text()).not.toContain('未同步')
    vi.useRealTimers()
    view.unmount()
  })

  it('by an Enter that is held down puts on that one, takes none off, and keeps its place', async () => {
    const view = mount(TagChips, { attachTo: document.body })
    view.get<HTMLElement>('[aria-label="加标签 喜欢简约"]').element.focus()
    // As a browser does: each keydown presses what has the focus, also those that are repeated.
    for (const repeat of [false, true, true, true]) {
      const held = document.activeElement as HTMLElement
      const event = new KeyboardEvent('keydown', { key: 'Enter', repeat, bubbles: true, cancelable: true })
      if (held.dispatchEvent(event)) held.click()
      await flushPromises()
    }
    expect(names()).toEqual(['足金', '喜欢简约'])
    expect(document.activeElement?.getAttribute('aria-label')).toBe('去掉标签 喜欢简约')
    await vi.waitFor(() => expect(writes()).toEqual([{ add: ['t2'], remove: [] }]))
    view.unmount()
  })

  it('of a single-choice group replaces the other one', async () => {
    useTagsStore().groups = [{ groupId: 'g1', name: '风格', choice: 'single', tags: [] }]
    const view = shown()
    await view.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    expect(names()).toEqual(['喜欢简约'])
    await vi.waitFor(() => expect(writes()).toEqual([{ add: ['t2'], remove: ['t1'] }]))
  })

  it('goes one after the other, and an early answer does not undo a later tap', async () => {
    const slow = later<Answer>()
    let count = 0
    api.on('post', /tags$/, () => {
      count++
      return count === 1 ? slow.promise : ok({ tags: [], suggested: [], refused: [] })
    })
    const view = shown()
    await view.get('[aria-label="加标签 喜欢简约"]').trigger('click')
    await view.get('[aria-label="去掉标签 足金"]').trigger('click')
    await vi.waitFor(() => expect(count).toBe(1))
    slow.settle(ok({ tags: [gold, { ...plain, sync: 'pending' }], suggested: [], refused: [] }))
    await vi.waitFor(() => expect(count).toBe(2))
    await flushPromises()
    expect(names()).toEqual([])
  })
})

it('a look at WeCom that began before a change does not paint over it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const looks: ReturnType<typeof later<Answer>>[] = []
  api.on('get', /customers\/wmA\/tags$/, () => {
    const look = later<Answer>()
    looks.push(look)
    return look.promise
  })
  const view = shown()
  await view.get('[aria-label="加标签 喜欢简约"]').trigger('click')
  await vi.advanceTimersByTimeAsync(1_600)
  expect(looks.length).toBe(1)
  const old = stored
  await view.get('[aria-label="去掉标签 足金"]').trigger('click')
  await vi.advanceTimersByTimeAsync(100)
  looks[0]?.settle(ok(old))
  await flushPromises()
  expect(names()).toEqual(['喜欢简约'])
  vi.useRealTimers()
  view.unmount()
})

describe('a refusal by WeCom', () => {
  it('is shown, and gone when it was read', async () => {
    stored = {
      ...before,
      refused: [{ tagId: 't9', name: '高净值', change: 'add', reason: '标签数到上限了' }],
    }
    await useCurrentCustomerStore().refresh()
    const view = shown()
    expect(view.text()).toContain('企业微信没收下「高净值」')
    expect(view.text()).toContain('标签数到上限了')
    await view
      .findAll('button')
      .find(button => button.text() === '知道了')
      ?.trigger('click')
    expect(view.text()).not.toContain('高净值')
    await vi.waitFor(() => expect(writes()).toEqual([{ add: [], remove: [] }]))
  })
})
