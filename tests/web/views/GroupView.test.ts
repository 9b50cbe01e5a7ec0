import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupCard } from '../../../shared/contract/groups.ts'
import GroupView from '../../../web/views/GroupView.vue'
import { later, noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { fakeBridge, inGroup } from '../../support/fakeBridge.ts'
import { makeRule } from '../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../support/mountInChat.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const groupOf = (name: string, members: string[], rules: GroupCard['contact']['rules'] = []) => ({
  chatId: 'wrG',
  name,
  memberCount: 48,
  mine: members.map((address, index) => ({
    externalUserId: `wm${index}`,
    address,
    avatarUrl: null,
    tier: '金卡',
    tags: ['足金'],
  })),
  colleagues: [{ name: '周敏', customers: 3 }],
  contact: { rules, quietHours: null, lastAt: null, lastByName: null, lastWhat: null },
})

let stand: Stand
beforeEach(async () => {
  stand = await standInChat(inGroup('wrG'))
  stand.api.on('get', /^\/groups\/wrG$/, () => ok(groupOf('国贸店会员群', ['婉清姐', '何先生'])))
  stand.api.on('get', /^\/scripts$/, () => ok({ scripts: [] }))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened() {
  const view = stand.mount(GroupView)
  await flushPromises()
  return view
}

describe('in a group', () => {
  it('shows which members are mine and how many colleagues serve', async () => {
    const view = await opened()
    expect(view.find('h1').text()).toBe('国贸店会员群')
    expect(view.find('header').text()).toContain('48 人')
    expect(view.find('header').text()).toContain('2 位是你的客户')
    expect(view.text()).toContain('周敏服务着群里 3 位')
    await byText(view, 'li button', '何先生').trigger('click')
    expect(fakeBridge.opened).toEqual(['wm1'])
  })

  it('says whether something may be posted into it, and what the corp’s rules leave', async () => {
    const plain = await opened()
    expect(plain.get('.group__budget').text()).toBe('可以发群里还没发过')
    expect(plain.find('.group__rules').exists()).toBe(false)
    const rule = makeRule({ scope: 'group' as never, channel: 'group' as never, periodDays: 1, maxCount: 2 })
    let used = 1
    stand.api.on('get', /^\/groups\/wrG$/, () =>
      ok(groupOf('国贸店会员群', [], [{ ...rule, used, freeOn: used < 2 ? null : '2026-11-22' }])),
    )
    const view = await opened()
    expect(view.get('.group__budget').text()).toBe('可以发群里还没发过')
    expect(view.get('.group__rules').text()).toBe('每个客户群，群消息，1 天最多 2 次，已有 1 次')
    used = 2
    stand.current.noteChange()
    await flushPromises()
    expect(view.get('.group__budget').text()).toBe('缓一缓群里今天已发过 2 次，有要紧事再发，明天起可以再发')
  })

  it('says who posted last, in words about the group', async () => {
    const found = groupOf('国贸店会员群', ['婉清姐'])
    const last = { lastAt: '2026-11-18T10:00:00+08:00', lastByName: '周敏', lastWhat: '新品到店 · 首饰' }
    stand.api.on('get', /^\/groups\/wrG$/, () => ok({ ...found, contact: { ...found.contact, ...last } }))
    expect((await opened()).get('.group__budget').text()).toBe('可以发群里上次发 11月18日，周敏发的新品到店')
  })

  it('has none of mine: says so, colleagues stay', async () => {
    stand.api.on('get', /^\/groups\/wrG$/, () => ok(groupOf('国贸店会员群', [])))
    const view = await opened()
    expect(view.text()).toContain('群里还没有你的客户')
    expect(view.text()).toContain('周敏服务着群里 3 位')
  })

  it('is not known here yet: says that scripts can be sent all the same', async () => {
    stand.api.on('get', /^\/groups\/wrG$/, () => problem('not_found'))
    const view = await opened()
    expect(view.text()).toContain('这个群还没有取过来')
    await byText(view, '[role=tab]', '话术').trigger('click')
    expect(view.find('[aria-label=话术]').exists()).toBe(true)
    expect(byText(view, '[role=tab]', '话术').attributes('aria-selected')).toBe('true')
  })

  it('has coupons to send, also to a group that has not been fetched yet', async () => {
    stand.api.on('get', /^\/groups\/wrG$/, () => problem('not_found'))
    stand.api.on('get', /^\/groups\/wrG\/coupons$/, () => ok({ offers: [], shares: [] }))
    const view = await opened()
    await byText(view, '[role=tab]', '优惠券').trigger('click')
    await vi.waitFor(() => expect(view.text()).toContain('现在没有能发到群里的券'), { timeout: 10_000 })
  })

  it('did not come: says so and fetches again', async () => {
    stand.api.on('get', /^\/groups\/wrG$/, noNetwork)
    const view = await opened()
    expect(view.text()).toContain('这一页没取到')
    stand.api.on('get', /^\/groups\/wrG$/, () => ok(groupOf('国贸店会员群', ['婉清姐'])))
    await byText(view, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(view.text()).toContain('婉清姐')
  })

  it('another group that is slow: the former one is not shown under its name', async () => {
    const view = await opened()
    expect(view.text()).toContain('婉清姐')
    stand.api.on('get', /^\/groups\/wrH$/, () => later<ReturnType<typeof ok>>().promise)
    await stand.turnTo(inGroup('wrH'))
    expect(view.text()).not.toContain('婉清姐')
    expect(view.find('h1').text()).toBe('客户群')
  })

  it('another group: the former one disappears at once, its late answer never paints', async () => {
    const slow = later<null>()
    stand.api.on('get', /^\/groups\/wrG$/, async () => {
      await slow.promise
      return ok(groupOf('旧群', ['旧人']))
    })
    stand.api.on('get', /^\/groups\/wrH$/, () => ok(groupOf('新群', ['新人'])))
    const view = await opened()
    await stand.turnTo(inGroup('wrH'))
    expect(view.find('h1').text()).toBe('新群')
    slow.settle(null)
    await flushPromises()
    expect(view.text()).toContain('新人')
    expect(view.text()).not.toContain('旧人')
  })
})
