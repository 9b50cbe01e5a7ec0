import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponOffer } from '../../../../shared/contract/coupons.ts'
import type { CouponShare } from '../../../../shared/contract/couponShares.ts'
import GroupCouponsTab from '../../../../web/domains/coupons/GroupCouponsTab.vue'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inGroup } from '../../../support/fakeBridge.ts'
import { newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const face = {
  kind: 'amountOff',
  amountFen: 20_000,
  percent: null,
  words: null,
  thresholdFen: 300_000,
  goods: null,
} as const
const offerOf = (given: Partial<CouponOffer> = {}): CouponOffer => ({
  templateId: newUuid(),
  name: '足金饰品券',
  face,
  validity: { kind: 'daysAfterClaim', days: 30 },
  occasions: [],
  stockLeft: 218,
  perPerson: 1,
  given: 0,
  refusal: null,
  ...given,
})
const shareOf = (given: Partial<CouponShare> = {}): CouponShare => ({
  shareId: newUuid(),
  templateId: newUuid(),
  name: '足金饰品券',
  face,
  state: 'issued',
  count: 10,
  claimed: 3,
  by: '周敏',
  endsAt: '2026-11-23T10:30:00+08:00',
  mayWithdraw: false,
  ...given,
})
const shareId = newUuid()
const reservation = () => ({
  shareId,
  sendId: newUuid(),
  deadline: '2026-11-21T10:30:00+08:00',
  endsAt: '2026-11-23T10:30:00+08:00',
  count: 10,
  card: { title: '足金饰品券', description: '一人一张', link: 'https://shop.test/c/abc', imageUrl: '' },
})

let stand: Stand
let offers: CouponOffer[]
let shares: CouponShare[]
beforeEach(async () => {
  offers = [offerOf()]
  shares = []
  stand = await standInChat(inGroup('wrG'))
  stand.api.on('get', /^\/groups\/wrG\/coupons$/, () => ok({ offers, shares }))
  stand.api.on('get', /^\/groups\/wrH\/coupons$/, () => ok({ offers: [], shares: [] }))
  stand.api.on('post', /^\/coupon-shares$/, () => ok(reservation(), 201))
  stand.api.on('post', /\/confirm$/, () => ok(shareOf({ shareId })))
  stand.api.on('post', /\/release$/, () => ok(shareOf({ shareId, state: 'released' })))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

async function opened(memberCount = 48) {
  const tab = stand.mount(GroupCouponsTab, { memberCount })
  await flushPromises()
  return tab
}
type Tab = Awaited<ReturnType<typeof opened>>
const give = async (tab: Tab) => {
  await tab.find('button.act').trigger('click')
  await flushPromises()
}
const reserved = () => stand.api.sentTo('post', /^\/coupon-shares$/)
const confirmed = () => stand.api.sentTo('post', /\/confirm$/)
const released = () => stand.api.sentTo('post', /\/release$/)
const count = (tab: Tab) => tab.get<HTMLInputElement>('.stepper input').element.value

describe('how many', () => {
  it('ten to begin with, up by one and by ten, typed; never more than are left or than there are members', async () => {
    offers = [offerOf({ stockLeft: 35 })]
    const tab = await opened()
    const [less, more] = tab.findAll('.stepper button')
    expect(count(tab)).toBe('10')
    await more?.trigger('click')
    expect(count(tab)).toBe('20')
    await less?.trigger('click')
    await less?.trigger('click')
    expect(count(tab)).toBe('9')
    await tab.get('.stepper input').setValue('400')
    expect(count(tab)).toBe('35')
    expect(more?.attributes('disabled')).toBeDefined()
    await tab.get('.stepper input').setValue('很多')
    expect(count(tab)).toBe('35')
    stand.leave()
    expect(count(await opened(6))).toBe('5')
  })

  it('what is typed counts as it is typed, also where the field is never left', async () => {
    const tab = await opened()
    const field = tab.get<HTMLInputElement>('.stepper input')
    const type = async (text: string) => {
      field.element.value = text
      await field.trigger('input')
    }
    const named = () => tab.get('button.act').attributes('aria-label')
    await type('3')
    await type('30')
    expect(named()).toBe('发送 30 张足金饰品券到群里')
    expect(count(tab)).toBe('30')
    // More than there are members: what stands there is what goes out.
    await type('300')
    expect(count(tab)).toBe('47')
    await type('4')
    await type('470')
    expect(count(tab)).toBe('47')
    // Emptied to write another: nothing is written into it meanwhile.
    await type('')
    expect(count(tab)).toBe('')
    await type('0')
    expect(count(tab)).toBe('1')
    await type('25')
    await give(tab)
    expect(reserved()[0]?.body).toMatchObject({ count: 25 })
  })

  it('what cannot go into a group says why and has no count', async () => {
    offers = [offerOf({ refusal: 'tier' })]
    const tab = await opened()
    expect(tab.text()).toContain('只给指定会员等级，不能发到群里')
    expect(tab.find('.stepper').exists()).toBe(false)
    expect(tab.find('button.act').exists()).toBe(false)
  })
})

describe('taking a link back', () => {
  it('is for who may, as long as something is left; a conflict says why and changes nothing', async () => {
    shares = [
      shareOf({ mayWithdraw: true, shareId }),
      shareOf({ mayWithdraw: true, claimed: 10 }),
      shareOf({ mayWithdraw: false }),
    ]
    stand.api.on('post', /\/withdraw$/, () => problem('state_conflict'))
    const tab = await opened()
    const buttons = tab.findAll('[aria-label=撤回足金饰品券]')
    expect(buttons).toHaveLength(1)
    await buttons[0]?.trigger('click')
    await vi.waitFor(
      () =>
        expect(document.querySelector('[role=dialog]')?.textContent).toContain(
          '没人领的 7 张退回库存，已领的 3 张还能用',
        ),
      { timeout: 15_000 },
    )
    const act = () =>
      [...document.querySelectorAll<HTMLButtonElement>('[role=dialog] button')].find(
        each => each.textContent?.trim() === '撤回',
      )
    act()?.click()
    await flushPromises()
    expect(document.querySelector('[role=dialog] [role=alert]')?.textContent).toContain('没有撤回')
    stand.api.on('post', /\/withdraw$/, () => ok(shareOf({ shareId, state: 'ended' })))
    shares = [shareOf({ shareId, state: 'ended' })]
    act()?.click()
    await flushPromises()
    expect(stand.api.sentTo('post', /\/withdraw$/).at(-1)?.path).toContain(shareId)
    expect(tab.text()).toContain('退回 7 张')
  })
})

describe('giving to a group', () => {
  it('takes the pieces, sends one link, confirms', async () => {
    const tab = await opened()
    await tab.get('.stepper input').setValue('12')
    expect(tab.get('button.act').attributes('aria-label')).toBe('发送 12 张足金饰品券到群里')
    await give(tab)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(reserved()[0]?.body).toMatchObject({ chatId: 'wrG', count: 12 })
    expect(fakeBridge.sent).toEqual([
      expect.objectContaining({ kind: 'news', link: 'https://shop.test/c/abc' }),
    ])
    expect(tab.get('.act--sent').text()).toBe('已发出')
  })

  it('cancelled: all pieces go back', async () => {
    fakeBridge.answers = ['cancelled']
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(tab.get('.offer__note').text()).toBe('你取消了，券退回了')
    expect(confirmed()).toHaveLength(0)
  })

  it('silence: neither, and it says until when they are held', async () => {
    fakeBridge.answers = ['unknown']
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(tab.get('.offer__note').text()).toContain('10 分钟后自动退回'))
    expect([...confirmed(), ...released()]).toHaveLength(0)
  })

  it('too few are left: the server’s words, nothing sent', async () => {
    stand.api.on('post', /^\/coupon-shares$/, () => ({
      ...problem('coupon_sold_out'),
      body: { ...(problem('coupon_sold_out').body as object), detail: '没有 10 张了，少发一些试试' },
    }))
    const tab = await opened()
    await give(tab)
    expect(tab.get('.offer__note').text()).toBe('没有 10 张了，少发一些试试，没有发出')
    expect(fakeBridge.sent).toEqual([])
  })

  it('P11 no answer, tapped again: the same pieces; with another count they are others', async () => {
    stand.api.on('post', /^\/coupon-shares$/, noNetwork)
    const tab = await opened()
    await give(tab)
    await give(tab)
    await tab.get('.stepper input').setValue('5')
    await give(tab)
    const [first, second, third] = reserved().map(one => one.idempotencyKey)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it('P11 no answer, another tab and back: the same pieces', async () => {
    stand.api.on('post', /^\/coupon-shares$/, noNetwork)
    const tab = await opened()
    await give(tab)
    tab.unmount()
    await give(await opened())
    expect(reserved()).toHaveLength(2)
    expect(reserved()[0]?.idempotencyKey).toBe(reserved()[1]?.idempotencyKey)
  })

  it('P14 another chat while the pieces are taken: nothing is sent, they go back', async () => {
    const slow = later<null>()
    stand.api.on('post', /^\/coupon-shares$/, async () => {
      await slow.promise
      return ok(reservation(), 201)
    })
    const tab = await opened()
    await give(tab)
    await stand.turnTo(inGroup('wrH'))
    slow.settle(null)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(fakeBridge.sent).toEqual([])
    await stand.turnTo(inGroup('wrG'))
    expect(tab.findAll('.offer')).toHaveLength(1)
    expect(tab.find('.offer__note').exists()).toBe(false)
    expect(tab.find('button.act').exists()).toBe(true)
  })

  it('a double tap gives one link', async () => {
    const tab = await opened()
    void tab.find('button.act').trigger('click')
    void tab.find('button.act').trigger('click')
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(reserved()).toHaveLength(1)
    expect(fakeBridge.sent).toHaveLength(1)
  })
})

describe('what was given', () => {
  it.each<[Partial<CouponShare>, string, string]>([
    [{}, '可以领', '到11月23日 10:30'],
    [{ claimed: 10 }, '领完了', '已领 10 / 10'],
    [{ state: 'ended' }, '已结束', '退回 7 张'],
    [{ state: 'reserved', claimed: 0 }, '等 10 分钟', '已领 0 / 10'],
  ])('%o reads %s', async (given, word, fact) => {
    shares = [shareOf(given)]
    const ticket = (await opened()).findAll('.ticket').at(-1)
    expect(ticket?.get('.ticket__act').text()).toBe(word)
    expect(ticket?.text()).toContain(fact)
    expect(ticket?.text()).toContain('周敏发出')
  })
})
