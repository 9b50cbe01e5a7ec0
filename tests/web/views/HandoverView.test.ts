import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StaffMember, TransferDraft, WaitingCustomer } from '../../../shared/contract/staff.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const waitingOf = (address: string, given: Partial<WaitingCustomer> = {}): WaitingCustomer => ({
  externalUserId: `wm${[...address].map(letter => letter.codePointAt(0)).join('')}`,
  address,
  name: address,
  avatarUrl: null,
  tier: null,
  addedAt: null,
  transfer: null,
  ...given,
})
const transferOf = (
  state: NonNullable<WaitingCustomer['transfer']>['state'],
  reason: string | null = null,
) => ({
  toName: '周敏',
  state,
  reason,
  createdAt: '2026-11-21T10:00:00+08:00',
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
const leaver = {
  userId: 'zhaoyiming',
  name: '赵一鸣',
  store: { departmentId: 2, name: '国贸店' },
  leftAt: '2026-11-18T10:00:00+08:00',
  waiting: 3,
  inTransfer: 1,
}

let stand: Stand
let customers: WaitingCustomer[]
beforeEach(async () => {
  stand = await standAtWork('manager')
  customers = [
    waitingOf('婉清姐', { tier: '金卡' }),
    waitingOf('何先生', { transfer: transferOf('refused') }),
    waitingOf('孙小姐'),
    waitingOf('吴阿姨', { transfer: transferOf('started') }),
  ]
  stand.api.on('get', /^\/leavers$/, () => ok({ leavers: [leaver] }))
  stand.api.on('get', /^\/leavers\/zhaoyiming\/customers$/, () => ok({ items: customers, nextCursor: null }))
  const members = [
    memberOf('zhoumin', '周敏'),
    memberOf('zhaoyiming', '赵一鸣', { status: 'left' }),
    memberOf('lina', '李娜', { store: { departmentId: 3, name: '西单店' }, customers: 0 }),
    memberOf('off', '停用的', { status: 'disabled' }),
  ]
  stand.api.on('get', /^\/staff$/, ({ query }) => {
    const { store } = query as { store?: number }
    return ok({ items: members.filter(one => !store || one.store?.departmentId === store), nextCursor: null })
  })
  stand.api.on('post', /^\/transfers$/, ({ body }) => {
    const { externalUserIds } = body as TransferDraft
    customers = customers.map(one =>
      externalUserIds.includes(one.externalUserId) ? { ...one, transfer: transferOf('waiting') } : one,
    )
    return ok({ accepted: externalUserIds.length }, 202)
  })
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/console/handover/zhaoyiming')
type Page = Awaited<ReturnType<typeof opened>>
const row = (page: Page, name: string) => byText(page, '[role=checkbox]', name)
const bar = (page: Page) => page.findAll('footer button')
const sheet = () => {
  const found = document.querySelector('section[role=dialog]')
  if (!found) throw new Error('no sheet')
  return found
}
async function tapInSheet(words: string) {
  const button = [...sheet().querySelectorAll('button')].find(one => one.textContent?.includes(words))
  if (!button) throw new Error(`no ${words} in ${sheet().textContent}`)
  button.click()
  await flushPromises()
}
async function openSheet(page: Page) {
  await bar(page)[1]?.trigger('click')
  await whenDrawn(() => expect(sheet().textContent).toContain('周敏'))
}

describe('待接替', () => {
  it('lists who has left, and how many wait for somebody else', async () => {
    const page = await openPage(stand, '/console/handover')
    const words = byText(page, 'main li', '赵一鸣').text()
    for (const word of ['国贸店', '11月18日离职', '1 位等客户确认', '3 位']) expect(words).toContain(word)
    expect(page.find('main li a').attributes('href')).toBe('#/console/handover/zhaoyiming')
  })

  it('nobody: says so; did not come: says so and fetches again', async () => {
    stand.api.on('get', /^\/leavers$/, noNetwork)
    const page = await openPage(stand, '/console/handover')
    expect(page.text()).toContain('这一页没取到')
    stand.api.on('get', /^\/leavers$/, () => ok({ leavers: [] }))
    await byText(page, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('没有待接替的客户')
  })
})

describe('the customers of one who has left', () => {
  it('says how each stands; what is under way cannot be chosen', async () => {
    const page = await opened()
    expect(page.find('h1').text()).toBe('赵一鸣的客户')
    expect(row(page, '吴阿姨').text()).toContain('等客户确认，交给周敏')
    expect(row(page, '何先生').text()).toContain('客户拒绝了')
    await row(page, '吴阿姨').trigger('click')
    expect(row(page, '吴阿姨').attributes('aria-checked')).toBe('false')
    expect(bar(page)[1]?.attributes('disabled')).toBeDefined()
  })

  it('全选 takes all that can be handed over, and a second tap none', async () => {
    const page = await opened()
    await bar(page)[0]?.trigger('click')
    expect(bar(page)[1]?.text()).toBe('分配 3 位')
    await bar(page)[0]?.trigger('click')
    expect(bar(page)[1]?.text()).toBe('先选客户')
  })

  it('no more than a hundred at once', async () => {
    customers = Array.from({ length: 101 }, (_, index) => waitingOf(`客户${index}`))
    const page = await opened()
    await bar(page)[0]?.trigger('click')
    expect(bar(page)[1]?.text()).toBe('分配 100 位')
    await row(page, '客户100').trigger('click')
    expect(bar(page)[1]?.text()).toBe('分配 100 位')
    expect(toast.value?.text).toBe('一次最多分配 100 位')
  })

  it('offers who works there, the store’s own people first', async () => {
    const page = await opened()
    await row(page, '婉清姐').trigger('click')
    await openSheet(page)
    expect([...sheet().querySelectorAll('section h3')].map(store => store.textContent)).toEqual([
      '国贸店',
      '西单店',
    ])
    expect([...sheet().querySelectorAll('section b')].map(name => name.textContent)).toEqual(['周敏', '李娜'])
    expect(sheet().textContent).toContain('30 位客户')
  })

  it('says what will happen before it does, then hands over and shows how it stands', async () => {
    const page = await opened()
    await row(page, '婉清姐').trigger('click')
    await row(page, '孙小姐').trigger('click')
    await openSheet(page)
    await tapInSheet('周敏')
    for (const words of ['婉清姐、孙小姐', '24 小时内可以拒绝', '90 天内最多分配两次'])
      expect(sheet().textContent).toContain(words)
    expect(stand.api.sentTo('post', /./)).toHaveLength(0)
    await tapInSheet('分配 2 位给周敏')
    const [sent] = stand.api.sentTo('post', /^\/transfers$/)
    expect(sent?.body).toEqual({
      fromUserId: 'zhaoyiming',
      toUserId: 'zhoumin',
      externalUserIds: [customers[0]?.externalUserId, customers[2]?.externalUserId],
    })
    expect(sent?.idempotencyKey).toMatch(/^[\w-]{16,}$/)
    await whenDrawn(() => expect(row(page, '婉清姐').text()).toContain('等企业微信，交给周敏'))
    expect(toast.value?.text).toBe('2 位已分配，等企业微信和客户确认')
    expect(bar(page)[1]?.text()).toBe('先选客户')
  })

  it('P11 no answer: it says so, and the same intention goes out under the same key', async () => {
    const page = await opened()
    await row(page, '婉清姐').trigger('click')
    await openSheet(page)
    await tapInSheet('周敏')
    stand.api.on('post', /^\/transfers$/, noNetwork)
    await tapInSheet('分配 1 位')
    expect(sheet().querySelector('[role=alert]')?.textContent).toBe('网络没有通，没有分配')
    await tapInSheet('分配 1 位')
    const keys = stand.api.sentTo('post', /^\/transfers$/).map(({ idempotencyKey }) => idempotencyKey)
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
    await tapInSheet('换一位同事')
    await whenDrawn(() => expect(sheet().textContent).toContain('李娜'))
    await tapInSheet('李娜')
    await tapInSheet('分配 1 位给李娜')
    expect(stand.api.sentTo('post', /^\/transfers$/).at(-1)?.idempotencyKey).not.toBe(keys[0])
  })

  it('refused: the server’s words', async () => {
    const refusal = problem('state_conflict')
    stand.api.on('post', /^\/transfers$/, () => ({
      ...refusal,
      body: { ...(refusal.body as object), detail: '婉清姐刚被分配过' },
    }))
    const page = await opened()
    await row(page, '婉清姐').trigger('click')
    await openSheet(page)
    await tapInSheet('周敏')
    await tapInSheet('分配 1 位')
    expect(sheet().querySelector('[role=alert]')?.textContent).toBe('婉清姐刚被分配过，没有分配')
  })

  it('while WeCom has not answered, looks again until it has', async () => {
    customers = [waitingOf('婉清姐', { transfer: transferOf('waiting') })]
    await opened()
    stand.leave()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = stand.mount((await import('../../../web/views/WorkbenchView.vue')).default)
    await vi.advanceTimersByTimeAsync(0)
    customers = [waitingOf('婉清姐', { transfer: transferOf('failed', '接替的人客户已满') })]
    await vi.advanceTimersByTimeAsync(3_000)
    expect(row(page, '婉清姐').text()).toContain('没有交给周敏：接替的人客户已满')
    const asked = stand.api.requests.length
    await vi.advanceTimersByTimeAsync(30_000)
    expect(stand.api.requests).toHaveLength(asked)
  })

  it('nobody left: says so, and there is nothing to press', async () => {
    customers = []
    const page = await opened()
    expect(page.text()).toContain('都有人接替了')
    expect(bar(page)).toHaveLength(0)
  })
})
