import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Leaver, StaffMember } from '../../../shared/contract/staff.ts'
import { noNetwork, ok } from '../../support/fakeApi.ts'
import { fakeBridge } from '../../support/fakeBridge.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
let count = 0
const leaverOf = (name: string, given: Partial<Leaver> = {}): Leaver => ({
  userId: `left${++count}`,
  name,
  store: { departmentId: 2, name: '国贸店' },
  leftAt: '2026-11-18T10:00:00+08:00',
  waiting: 12,
  inTransfer: 0,
  ...given,
})
const memberOf = (userId: string, name: string, given: Partial<StaffMember> = {}): StaffMember => ({
  userId,
  name,
  role: 'guide',
  status: 'active',
  store: { departmentId: 2, name: '国贸店' },
  manages: [],
  customers: 30,
  leftAt: null,
  ...given,
})

async function standAs(role: 'guide' | 'manager' | 'admin') {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/leavers$/, () =>
    ok({ leavers: [leaverOf('赵一鸣'), leaverOf('何静', { waiting: 3 })] }),
  )
  stand.api.on('get', /^\/outbox$/, () => ok({ items: [], total: 2, waiting: 0, oldestSeconds: null }))
  stand.api.on('get', /^\/staff$/, () =>
    ok({
      items: [
        memberOf('zhoumin', '周敏', { role: 'manager' }),
        memberOf('zhaoyiming', '赵一鸣', { status: 'left', customers: 12 }),
        memberOf('lina', '李娜', {
          status: 'disabled',
          store: { departmentId: 3, name: '西单店' },
          customers: 0,
        }),
        memberOf('it', '王工', { role: 'admin', store: null }),
      ],
      nextCursor: null,
    }),
  )
}
const tabs = (page: Awaited<ReturnType<typeof openPage>>) => page.findAll('nav a').map(tab => tab.text())
const entries = (page: Awaited<ReturnType<typeof openPage>>) =>
  page.findAll('main li a b').map(entry => entry.text())

describe('管理', () => {
  it('a guide has no such tab; at the address she reads whom it is for, and nothing is asked', async () => {
    await standAs('guide')
    const page = await openPage(stand, '/console/staff')
    expect(tabs(page)).toEqual(['今日', '客户', '核销', '我的'])
    expect(page.text()).toContain('这里给店长和管理员用')
    expect(stand.api.requests).toEqual([])
  })

  it('a manager has what concerns her stores, with what waits', async () => {
    await standAs('manager')
    const page = await openPage(stand, '/console')
    expect(tabs(page)).toEqual(['今日', '客户', '核销', '我的', '管理'])
    expect(entries(page)).toEqual([
      '待接替',
      '没同步成',
      '成员',
      '话术',
      '成效',
      '导入购买记录',
      '优惠券',
      '渠道活码',
      '克制',
    ])
    expect(byText(page, 'main li', '待接替').text()).toContain('15')
    expect(byText(page, 'main li', '没同步成').text()).toContain('2')
  })

  it('a manager at the admin’s addresses reads whom they are for', async () => {
    await standAs('manager')
    const page = await openPage(stand, '/console/health')
    expect(page.text()).toContain('这一页给管理员用')
    expect(stand.api.requests).toEqual([])
  })

  it('an admin has stores and the connection too', async () => {
    await standAs('admin')
    const page = await openPage(stand, '/console')
    expect(entries(page)).toEqual([
      '待接替',
      '没同步成',
      '成员',
      '话术',
      '成效',
      '导入购买记录',
      '优惠券',
      '渠道活码',
      '克制',
      '门店',
      '提醒规则',
      '刻字价目',
      '未成年人资料',
      '隐私',
      '操作记录',
      '连接检查',
    ])
  })

  it('a count that does not come is said to be missing, the way there stays', async () => {
    await standAs('manager')
    stand.api.on('get', /^\/leavers$/, noNetwork)
    const page = await openPage(stand, '/console')
    expect(byText(page, 'main li', '待接替').text()).toContain('数没取到')
    expect(byText(page, 'main li a', '待接替').attributes('href')).toBe('#/console/handover')
  })
})

describe('成员', () => {
  it('lists them by store with what they are and how many customers they have', async () => {
    await standAs('manager')
    const page = await openPage(stand, '/console/staff')
    expect(page.findAll('main h2').map(store => store.text())).toEqual(['国贸店', '西单店', '不在门店'])
    const marks = (name: string) =>
      byText(page, 'main li', name)
        .findAll('i')
        .map(mark => mark.text())
    expect(marks('周敏')).toEqual(['店长'])
    expect(marks('赵一鸣')).toEqual(['已离职'])
    expect(marks('李娜')).toEqual(['已停用'])
    expect(marks('王工')).toEqual(['管理员'])
    expect(byText(page, 'main li', '周敏').text()).toContain('30 位客户')
  })

  it('leads to her customers, of one who has left to handing them over', async () => {
    await standAs('manager')
    const page = await openPage(stand, '/console/staff')
    const href = (name: string) => byText(page, 'main li a', name).attributes('href')
    expect(href('周敏')).toBe('#/customers?of=zhoumin')
    expect(href('赵一鸣')).toBe('#/console/handover/zhaoyiming')
  })

  it('goes on page by page', async () => {
    await standAs('admin')
    stand.api.on('get', /^\/staff$/, ({ query }) =>
      (query as { cursor?: string }).cursor
        ? ok({ items: [memberOf('b', '乙')], nextCursor: null })
        : ok({ items: [memberOf('a', '甲')], nextCursor: 'c1' }),
    )
    const page = await openPage(stand, '/console/staff')
    await byText(page, 'button', '再看一些').trigger('click')
    await flushPromises()
    expect(page.findAll('main li b').map(name => name.text())).toEqual(['甲', '乙'])
  })

  it('did not come: says so and fetches again; nobody there: says where they come from', async () => {
    await standAs('admin')
    stand.api.on('get', /^\/staff$/, noNetwork)
    const page = await openPage(stand, '/console/staff')
    expect(page.text()).toContain('这一页没取到')
    stand.api.on('get', /^\/staff$/, () => ok({ items: [], nextCursor: null }))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('成员会出现在这里')
  })
})

describe('a member’s customers', () => {
  const wan = {
    externalUserId: 'wmWan',
    address: '婉清姐',
    name: '李婉清',
    avatarUrl: null,
    tier: '金卡',
    tags: ['足金', '喜欢简约'],
    addedAt: null,
  }
  it('are shown under her name; a row shows who it is and opens no chat', async () => {
    await standAs('manager')
    stand.api.on('get', /^\/customers$/, () => ok({ items: [wan], nextCursor: null }))
    const page = await openPage(stand, '/customers?of=zhoumin')
    expect(page.find('h1').text()).toBe('周敏的客户')
    expect(page.find('.customers__back').attributes('href')).toBe('#/console/staff')
    expect(stand.api.sentTo('get', /^\/customers$/)[0]?.query).toMatchObject({ of: 'zhoumin' })
    await byText(page, 'main li button', '婉清姐').trigger('click')
    await whenDrawn(() =>
      expect(document.querySelector('section[role=dialog]')?.textContent).toContain('由周敏服务'),
    )
    expect(document.querySelector('section[role=dialog]')?.textContent).toContain('喜欢简约')
    expect(fakeBridge.opened).toEqual([])
  })

  it('one’s own open the chat as ever', async () => {
    await standAs('manager')
    stand.api.on('get', /^\/customers$/, () => ok({ items: [wan], nextCursor: null }))
    const page = await openPage(stand, '/customers?of=chenlu')
    expect(page.find('h1').text()).toBe('客户')
    await byText(page, 'main li button', '婉清姐').trigger('click')
    expect(fakeBridge.opened).toEqual(['wmWan'])
  })

  it('her name is not known: it speaks of a colleague', async () => {
    await standAs('manager')
    stand.api.on('get', /^\/staff$/, noNetwork)
    stand.api.on('get', /^\/customers$/, () => ok({ items: [], nextCursor: null }))
    const page = await openPage(stand, '/customers?of=zhoumin')
    expect(page.text()).toContain('同事还没有客户')
  })
})
