import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Unsent, UnsentItem } from '../../../shared/contract/outbox.ts'
import UndoToast from '../../../web/ui/UndoToast.vue'
import { toast, UNDO_MS } from '../../../web/ui/undoToast.ts'
import TodayView from '../../../web/views/TodayView.vue'
import { later, noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { newUuid } from '../../support/makeCard.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const itemOf = (what: string, given: Partial<UnsentItem> = {}): UnsentItem => ({
  outboxId: newUuid(),
  kind: 'tags',
  what,
  customer: { externalUserId: 'wmWan', address: '婉清姐' },
  guide: null,
  isMine: true,
  state: 'refused',
  reason: '这个标签在企业微信里已经删了',
  tries: 1,
  createdAt: '2026-11-20T18:20:00+08:00',
  endedAt: '2026-11-20T18:21:00+08:00',
  ...given,
})

/** A server that keeps what is unsent. */
let items: UnsentItem[]
let stand: Stand
const unsent = (given: Partial<Unsent> = {}): Unsent => ({
  items,
  total: items.length,
  waiting: 0,
  oldestSeconds: null,
  ...given,
})
const idIn = (path: string) => path.split('/')[2]
beforeEach(async () => {
  items = [itemOf('标签 喜欢简约'), itemOf('备注名', { kind: 'remark', reason: '她已不是好友' })]
  stand = await standAtWork('guide')
  stand.api.on('get', /^\/outbox$/, () => ok(unsent()))
  stand.api.on('post', /^\/outbox\/[^/]+\/retry$/, ({ path }) => {
    items = items.filter(item => item.outboxId !== idIn(path))
    return { status: 204 }
  })
  stand.api.on('delete', /^\/outbox\/[^/]+$/, ({ path }) => {
    items = items.filter(item => item.outboxId !== idIn(path))
    return { status: 204 }
  })
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/outbox')
type Page = Awaited<ReturnType<typeof opened>>
const rows = (page: Page) => page.findAll('article h3').map(row => row.text())

describe('没同步成', () => {
  it('P18 says of each what it is, about whom, and why WeCom does not have it', async () => {
    items = [
      itemOf('标签 喜欢简约', {
        isMine: false,
        guide: '周敏',
        state: 'dead',
        tries: 8,
        reason: '企业微信一天都没有回应',
      }),
    ]
    const page = await opened()
    expect(page.find('article h3').text()).toBe('标签 喜欢简约')
    const facts = page.find('article').text()
    for (const words of ['婉清姐', '周敏的', '昨天', '试过 8 次', '企业微信一天都没有回应'])
      expect(facts).toContain(words)
  })

  it('tells what is still on its way, and looks again by itself', async () => {
    const page = await openPageWithTimers()
    expect(page.find('header').text()).toContain('3 项正在路上，最早的等了 5 分钟')
    stand.api.on('get', /^\/outbox$/, () => ok(unsent()))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(page.find('header').text()).not.toContain('正在路上')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(stand.api.sentTo('get', /^\/outbox$/)).toHaveLength(2)
  })
  async function openPageWithTimers() {
    stand.api.on('get', /^\/outbox$/, () => ok(unsent({ waiting: 3, oldestSeconds: 320 })))
    await (await opened()).unmount()
    stand.api.requests.length = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = stand.mount((await import('../../../web/views/WorkbenchView.vue')).default)
    await vi.advanceTimersByTimeAsync(0)
    return page
  }

  it('retries one: it leaves the list, and the toast says that it goes by itself now', async () => {
    const page = await opened()
    await byText(page, 'article', '喜欢简约').findAll('button')[0]?.trigger('click')
    await flushPromises()
    expect(rows(page)).toEqual(['备注名'])
    expect(toast.value?.text).toContain('会自己同步')
    expect(stand.api.sentTo('post', /retry$/)[0]?.idempotencyKey).toMatch(/^[\w-]{16,}$/)
  })

  it('retries all, one after the other', async () => {
    const page = await opened()
    await byText(page, 'button', '全部重试').trigger('click')
    await whenDrawn(() => expect(page.text()).toContain('都同步到企业微信了'))
    expect(stand.api.sentTo('post', /retry$/)).toHaveLength(2)
  })

  it('a retry that does not come through keeps the row and says so', async () => {
    stand.api.on('post', /retry$/, noNetwork)
    const page = await opened()
    await byText(page, 'article', '备注名').findAll('button')[0]?.trigger('click')
    await flushPromises()
    expect(rows(page)).toHaveLength(2)
    expect(toast.value?.text).toBe('网络没有通，这一项没有重试')
  })

  it('知道了 takes the row away at once, and tells the server only when it can no longer be taken back', async () => {
    const page = await opened()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await byText(page, 'article', '喜欢简约').findAll('button')[1]?.trigger('click')
    expect(rows(page)).toEqual(['备注名'])
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
    expect(stand.api.sentTo('delete', /./)).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(stand.api.sentTo('delete', /./)).toHaveLength(1)
    expect(items.map(item => item.what)).toEqual(['备注名'])
  })

  it('taken back within five seconds it was never said', async () => {
    const page = await opened()
    const toaster = stand.mount(UndoToast)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await byText(page, 'article', '喜欢简约').findAll('button')[1]?.trigger('click')
    await byText(toaster, 'button', '撤销').trigger('click')
    await vi.advanceTimersByTimeAsync(UNDO_MS * 2)
    expect(rows(page)).toHaveLength(2)
    expect(stand.api.sentTo('delete', /./)).toHaveLength(0)
  })

  it('a server that does not hear 知道了 leaves the row there', async () => {
    stand.api.on('delete', /./, () => problem('database_unavailable'))
    const page = await opened()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await byText(page, 'article', '喜欢简约').findAll('button')[1]?.trigger('click')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(rows(page)).toHaveLength(2)
  })

  it('is empty: says that WeCom has everything', async () => {
    items = []
    expect((await opened()).text()).toContain('都同步到企业微信了')
  })

  it('has nothing to do while something is on its way: does not say that all is there', async () => {
    items = []
    stand.api.on('get', /^\/outbox$/, () => ok(unsent({ waiting: 1 })))
    const page = await opened()
    expect(page.text()).toContain('没有要处理的')
    expect(page.text()).not.toContain('都同步到企业微信了')
  })

  it('did not come: says so and fetches again', async () => {
    stand.api.on('get', /^\/outbox$/, () => problem('database_unavailable'))
    const page = await opened()
    expect(page.text()).toContain('数据暂时取不到')
    stand.api.on('get', /^\/outbox$/, () => ok(unsent()))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(rows(page)).toHaveLength(2)
  })

  it('is not empty while it is not known', async () => {
    stand.api.on('get', /^\/outbox$/, () => later<ReturnType<typeof ok>>().promise)
    expect((await opened()).text()).not.toContain('都同步到企业微信了')
  })
})

describe('the line on 今日', () => {
  const today = () => ok({ today: '2026-11-21', lunarToday: '农历十月十三', sections: [] })
  it('leads there while something is unsent, and is not there when nothing is', async () => {
    stand.api.on('get', /^\/today$/, today)
    const full = stand.mount(TodayView)
    await flushPromises()
    expect(full.find('a[href="#/outbox"]').text()).toContain('2 项没同步到企业微信')
    stand.leave()
    items = []
    const empty = stand.mount(TodayView)
    await flushPromises()
    expect(empty.find('a[href="#/outbox"]').exists()).toBe(false)
  })
})
