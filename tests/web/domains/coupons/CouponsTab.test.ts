import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponOffer, CustomerCoupon } from '../../../../shared/contract/coupons.ts'
import CouponsTab from '../../../../web/domains/coupons/CouponsTab.vue'
import type { SendResult } from '../../../../web/wecom/bridge.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeReminder, newUuid } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'

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
  validity: { kind: 'until', day: '2026-12-31' },
  occasions: [],
  stockLeft: 218,
  perPerson: 1,
  given: 0,
  refusal: null,
  ...given,
})
const couponOf = (given: Partial<CustomerCoupon> = {}): CustomerCoupon => ({
  couponId: newUuid(),
  name: '生日礼券',
  face: { ...face, amountFen: 10_000, thresholdFen: 0 },
  state: 'issued',
  issuedAt: '2026-11-06T10:00:00+08:00',
  issuedBy: '周敏',
  origin: 'chat',
  claimedAt: null,
  redemption: null,
  mayRevoke: false,
  expiresOn: '2026-11-30',
  ...given,
})
const couponId = newUuid()
const reservation = () => ({
  couponId,
  sendId: newUuid(),
  deadline: '2026-11-21T10:30:00+08:00',
  words: [],
  card: { title: '足金饰品券', description: '满 3000 减 200', link: 'https://shop.test/c/abc', imageUrl: '' },
})

let stand: Stand
let offers: CouponOffer[]
let held: CustomerCoupon[]
beforeEach(async () => {
  offers = [offerOf()]
  held = []
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('get', /\/coupons$/, () => ok({ offers, held }))
  stand.api.on('post', /^\/coupons$/, () => ok(reservation(), 201))
  stand.api.on('post', /\/confirm$/, () => ok(couponOf({ couponId })))
  stand.api.on('post', /\/release$/, () => ok(couponOf({ couponId, state: 'released' })))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function opened() {
  const tab = stand.mount(CouponsTab)
  await flushPromises()
  return tab
}
type Tab = Awaited<ReturnType<typeof opened>>
const give = async (tab: Tab) => {
  await tab.find('button.act').trigger('click')
  await flushPromises()
}
const reserved = () => stand.api.sentTo('post', /^\/coupons$/)
const confirmed = () => stand.api.sentTo('post', /\/confirm$/)
const released = () => stand.api.sentTo('post', /\/release$/)
const note = (tab: Tab) => tab.find('.offer__note').text()

describe('the shelf', () => {
  it('shows what can be given with face, days left and stock, and names whom it goes to', async () => {
    const tab = await opened()
    expect(tab.find('.ticket__face').text()).toBe('¥200满 3000')
    expect(tab.find('.ticket__body').text()).toContain('至12月31日')
    expect(tab.find('.ticket__body').text()).toContain('剩 218 张')
    expect(tab.find('button.act').attributes('aria-label')).toBe('发送足金饰品券给婉清姐')
  })

  it('closes what is sold out or already held, and says which', async () => {
    offers = [offerOf({ refusal: 'soldOut', stockLeft: 0 }), offerOf({ refusal: 'alreadyHeld', given: 1 })]
    const tab = await opened()
    expect(tab.findAll('.ticket--closed')).toHaveLength(2)
    expect(tab.text()).toContain('发完了')
    expect(tab.find('h3').text()).toBe('现在都不能发')
    expect(tab.findAll('.ticket__body p').at(-1)?.text()).toBe('每人限 1 张，已发 1 张')
    expect(tab.find('button.act').exists()).toBe(false)
  })

  it.each<[CouponOffer['refusal'], string]>([
    ['tier', '她的会员等级还不能得'],
    ['paused', '店长暂停了，恢复后就能发'],
    ['dayLimit', '你今天的份发完了，明天再发'],
  ])('one that is refused for %s says why in one line', async (refusal, words) => {
    offers = [offerOf({ refusal })]
    const tab = await opened()
    expect(tab.find('.ticket__body p').text()).toBe(words)
    expect(tab.find('.ticket__act').text()).toBe('暂不能发')
  })

  it('of one she has had before, and may have again, says how many of how many', async () => {
    offers = [offerOf({ perPerson: 3, given: 2 })]
    const tab = await opened()
    const lines = tab.findAll('.ticket__body p').map(line => line.text())
    expect(lines).toEqual(['至12月31日，剩 218 张', '每人限 3 张，已发 2 张'])
    expect(tab.find('button.act').exists()).toBe(true)
  })

  it.each<[CustomerCoupon['origin'], string]>([
    ['chat', '11月6日 周敏发出'],
    ['share', '11月6日 周敏发到群里'],
    ['welcome', '11月6日 欢迎语送出'],
  ])('one that came by %s says so', async (origin, words) => {
    held = [couponOf({ origin })]
    const tab = await opened()
    expect(tab.findAll('.ticket').at(-1)?.text()).toContain(words)
  })

  it('what can be given stands first, and of that what fits the reason to write', async () => {
    stand.leave()
    stand = await standInChat(inChatWith('wmA'), {
      card: id => ({ ...makeCard(id), reminders: [makeReminder()] }),
    })
    stand.api.on('get', /\/coupons$/, () =>
      ok({
        offers: [
          offerOf({ name: '发完的', refusal: 'soldOut' }),
          offerOf({ name: '平常的' }),
          offerOf({ name: '生日的', occasions: ['birthday'] }),
        ],
        held: [],
      }),
    )
    const tab = await opened()
    expect(tab.findAll('h4').map(one => one.text())).toEqual(['生日的', '平常的', '发完的'])
  })

  it('says from when it holds where that is still to come', async () => {
    offers = [offerOf({ validity: { kind: 'until', from: '2026-12-01', day: '2026-12-31' } })]
    expect((await opened()).find('.ticket__body').text()).toContain('12月1日至12月31日')
  })

  it('tells of one that was used when, where and what was paid', async () => {
    held = [
      couponOf({
        state: 'redeemed',
        claimedAt: '2026-11-15T10:00:00+08:00',
        redemption: {
          at: '2026-11-20T10:00:00+08:00',
          store: '国贸店',
          amountFen: 369_600,
          discountFen: 20_000,
        },
      }),
    ]
    const ticket = (await opened()).findAll('.ticket').at(-1)
    expect(ticket?.text()).toContain('11月20日 国贸店')
    expect(ticket?.text()).toContain('实付 ¥3,496')
  })

  it('says 他 of a man', async () => {
    stand.leave()
    const api = stand.api
    stand = await standInChat(inChatWith('wmA'), {
      card: id => ({ ...makeCard(id), customer: { ...makeCard(id).customer, gender: 'male' } }),
    })
    stand.api.on('get', /\/coupons$/, () =>
      ok({ offers: [offerOf({ refusal: 'tier' })], held: [couponOf()] }),
    )
    expect(api).not.toBe(stand.api)
    const tab = await opened()
    expect(tab.text()).toContain('他的会员等级还不能得')
    expect(tab.text()).toContain('他的券')
    expect(tab.text()).toContain('等他领取')
  })

  it.each<[CustomerCoupon['state'], string, boolean]>([
    ['issued', '等她领取', true],
    ['claimed', '已领取', true],
    ['redeemed', '已核销', false],
    ['expired', '已过期', false],
    ['revoked', '已收回', false],
  ])('a held coupon that is %s reads %s', async (state, words, isAlive) => {
    held = [couponOf({ state })]
    const tab = await opened()
    const ticket = tab.findAll('.ticket').at(-1)
    expect(ticket?.find('.ticket__act').text()).toBe(words)
    expect(ticket?.classes('ticket--closed')).toBe(!isAlive)
    expect(ticket?.text()).toContain('11月6日 周敏发出')
    expect(ticket?.text().includes('还有 9 天到期')).toBe(isAlive)
  })

  it('is empty: says who fills it', async () => {
    offers = []
    expect((await opened()).text()).toContain('现在没有能送的券')
  })

  it('did not come: says so and fetches again', async () => {
    stand.api.on('get', /\/coupons$/, noNetwork)
    const tab = await opened()
    expect(tab.text()).toContain('这一页没取到')
    stand.api.on('get', /\/coupons$/, () => ok({ offers, held }))
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(tab.findAll('.ticket')).toHaveLength(1)
  })

  it("never shows one customer's coupons at another's", async () => {
    const slow = later<null>()
    held = [couponOf({ name: '她的礼券' })]
    stand.api.on('get', /wmB\/coupons$/, async () => {
      await slow.promise
      return ok({ offers: [], held: [] })
    })
    const tab = await opened()
    expect(tab.text()).toContain('她的礼券')
    await stand.turnTo(inChatWith('wmB'))
    expect(tab.text()).not.toContain('她的礼券')
    slow.settle(null)
    await flushPromises()
    expect(tab.text()).toContain('现在没有能送的券')
  })
})

describe('giving', () => {
  it('reserves, sends the card as a link, confirms', async () => {
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(tab.find('.act--sent').text()).toBe('已发出')
    expect(reserved()[0]?.body).toMatchObject({ externalUserId: 'wmA', templateId: offers[0]?.templateId })
    expect(fakeBridge.sent).toEqual([
      expect.objectContaining({ kind: 'news', link: 'https://shop.test/c/abc' }),
    ])
    expect(released()).toHaveLength(0)
  })

  it('confirms again when the line was cut, and gives the next one with another key', async () => {
    vi.useFakeTimers()
    let attempts = 0
    stand.api.on('post', /\/confirm$/, () => (++attempts === 1 ? noNetwork() : ok(couponOf({ couponId }))))
    const tab = stand.mount(CouponsTab)
    await vi.advanceTimersByTimeAsync(0)
    await tab.find('button.act').trigger('click')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(confirmed()).toHaveLength(2)
    expect(confirmed()[0]?.idempotencyKey).toBe(confirmed()[1]?.idempotencyKey)
    await tab.find('button.act').trigger('click')
    await vi.advanceTimersByTimeAsync(10)
    expect(reserved()).toHaveLength(2)
    expect(reserved()[0]?.idempotencyKey).not.toBe(reserved()[1]?.idempotencyKey)
  })

  it('cancelled: the piece goes back', async () => {
    fakeBridge.answers = ['cancelled']
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(released()[0]?.body).toEqual({ outcome: 'cancelled', reason: null, words: [] })
    expect(note(tab)).toBe('你取消了，券退回了')
    expect(tab.get('.offer__note').classes()).toContain('offer__note--calm')
    expect(confirmed()).toHaveLength(0)
  })

  it('failed: the piece goes back with the reason', async () => {
    fakeBridge.answers = [{ failed: `sendChatMessage:fail ${'x'.repeat(300)}` }]
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    const body = released()[0]?.body as { outcome: string; reason: string }
    expect(body.outcome).toBe('failed')
    expect(body.reason).toHaveLength(200)
    expect(note(tab)).toContain('没有发出，券退回了')
  })

  it('silence: neither confirmed nor released, and it says until when the piece is held', async () => {
    fakeBridge.answers = ['unknown']
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(note(tab)).toContain('10 分钟后自动退回'))
    expect(confirmed()).toHaveLength(0)
    expect(released()).toHaveLength(0)
  })

  it('silence: the row and its words stay where the tap was, though the piece is held by then', async () => {
    const [first, second] = [offerOf({ name: '先' }), offerOf({ name: '后' })]
    offers = [first, second]
    fakeBridge.answers = ['unknown']
    const tab = await opened()
    offers = [{ ...first, refusal: 'alreadyHeld', given: 1 }, second]
    await give(tab)
    await vi.waitFor(() => expect(tab.find('.offer').text()).toContain('已发 1 张'))
    const rows = tab.findAll('.offer').map(row => row.text())
    expect(rows).toEqual([expect.stringContaining('先'), expect.stringContaining('后')])
    expect(rows[0]).toContain('企业微信没有回应')

    const again = stand.mount(CouponsTab)
    await flushPromises()
    expect(again.findAll('h4').map(one => one.text())).toEqual(['后', '先'])
  })

  it('sold out meanwhile: nothing leaves, the words are the server’s', async () => {
    stand.api.on('post', /^\/coupons$/, () => problem('coupon_sold_out'))
    const tab = await opened()
    await give(tab)
    expect(note(tab)).toBe('这张券发完了，没有发出')
    expect(fakeBridge.sent).toEqual([])
    expect(stand.api.sentTo('get', /\/coupons$/).length).toBeGreaterThan(1)
  })

  it('a reservation without an answer is asked for again, not taken twice', async () => {
    stand.api.on('post', /^\/coupons$/, noNetwork)
    const tab = await opened()
    await give(tab)
    expect(note(tab)).toBe('网络没有通，没有发出')
    stand.api.on('post', /^\/coupons$/, () => ok(reservation(), 201))
    await give(tab)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(reserved()[0]?.idempotencyKey).toBe(reserved()[1]?.idempotencyKey)
  })

  it('P11 no answer, another tab and back: the same piece', async () => {
    stand.api.on('post', /^\/coupons$/, noNetwork)
    const tab = await opened()
    await give(tab)
    tab.unmount()
    await give(await opened())
    await vi.waitFor(() => expect(reserved()).toHaveLength(2))
    expect(reserved()[0]?.idempotencyKey).toBe(reserved()[1]?.idempotencyKey)
  })

  it('counts as written to her at once, and uses up the reason that was given', async () => {
    const slow = later<null>()
    stand.api.on('post', /\/confirm$/, async () => {
      await slow.promise
      return ok(couponOf({ couponId }))
    })
    stand.current.reasonClass = 'orderReady'
    const before = stand.current.card?.contact.lastAt
    await give(await opened())
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(reserved()[0]?.body).toMatchObject({ reasonClass: 'orderReady' })
    expect(stand.current.reasonClass).toBeUndefined()
    expect(stand.current.card?.contact.lastAt).not.toBe(before)
    expect(stand.current.card?.contact.lastWhat).toBe('优惠券 · 足金饰品券')
    slow.settle(null)
  })

  it('did not leave: she has not been written to, and the reason still stands', async () => {
    fakeBridge.answers = ['cancelled']
    stand.current.reasonClass = 'orderReady'
    const before = stand.current.card?.contact.lastAt
    await give(await opened())
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(stand.current.reasonClass).toBe('orderReady')
    expect(stand.current.card?.contact.lastAt).toBe(before)
  })

  it('a confirmation that is refused is not passed off as done', async () => {
    stand.api.on('post', /\/confirm$/, () => problem('state_conflict'))
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(note(tab)).toContain('没有记上'))
  })

  it('a double tap, also on another coupon, gives one', async () => {
    offers = [offerOf(), offerOf({ name: '免刻字' })]
    const answer = later<SendResult>()
    fakeBridge.answers = [answer.promise]
    const tab = await opened()
    const [first, second] = tab.findAll('button.act')
    void first?.trigger('click')
    void first?.trigger('click')
    void second?.trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    answer.settle('ok')
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(reserved()).toHaveLength(1)
  })

  it('the chat changed unnoticed: nothing is reserved', async () => {
    const tab = await opened()
    stand.turnSilently(inChatWith('wmB'))
    await give(tab)
    expect(reserved()).toHaveLength(0)
    expect(fakeBridge.sent).toEqual([])
    expect(stand.current.notice).toEqual({ kind: 'switched' })
  })

  it('the chat changes during a slow reservation: nothing is sent, the piece goes back, the other chat shows no trace', async () => {
    const slow = later<null>()
    stand.api.on('post', /^\/coupons$/, async () => {
      await slow.promise
      return ok(reservation(), 201)
    })
    const tab = await opened()
    await give(tab)
    await vi.waitFor(() => expect(reserved()).toHaveLength(1))
    await stand.turnTo(inChatWith('wmB'))
    expect(tab.text()).not.toContain('正在发')
    slow.settle(null)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(fakeBridge.sent).toEqual([])
    expect(tab.find('.offer__note').exists()).toBe(false)
  })
})

describe('taking one back', () => {
  const revokes = () => stand.api.sentTo('post', /\/revoke$/)
  const sheet = () => document.querySelector<HTMLElement>('[role=dialog]')
  const press = async (words: string) => {
    const button = [...(sheet()?.querySelectorAll('button') ?? [])].find(
      one => one.textContent?.trim() === words,
    )
    button?.click()
    await flushPromises()
  }

  it('is there only for who may', async () => {
    held = [couponOf()]
    expect((await opened()).find('[aria-label=收回生日礼券]').exists()).toBe(false)
  })

  it('asks for a reason first, and says when it was not taken back', async () => {
    held = [couponOf({ couponId, mayRevoke: true })]
    stand.api.on('post', /\/revoke$/, () => problem('state_conflict'))
    const tab = await opened()
    await tab.get('[aria-label=收回生日礼券]').trigger('click')
    await vi.waitFor(() => expect(sheet()).not.toBeNull(), { timeout: 10_000 })
    await press('收回')
    expect(sheet()?.textContent).toContain('写一句原因')
    expect(revokes()).toHaveLength(0)
    await press('发错了人')
    await press('收回')
    await vi.waitFor(() => expect(revokes()).toHaveLength(1))
    expect(revokes()[0]?.body).toEqual({ reason: '发错了人' })
    expect(sheet()?.textContent).toContain('没有收回')
  })

  it('P11 says neither that it was taken back nor that it was not, while nobody knows', async () => {
    held = [couponOf({ couponId, mayRevoke: true })]
    stand.api.on('post', /\/revoke$/, () => ({ status: 504, body: '<html>' }))
    const tab = await opened()
    await tab.get('[aria-label=收回生日礼券]').trigger('click')
    await vi.waitFor(() => expect(sheet()).not.toBeNull(), { timeout: 10_000 })
    await press('发错了人')
    await press('收回')
    await vi.waitFor(() => expect(sheet()?.textContent).toContain('不知道收没收回'))
    expect(sheet()?.textContent).not.toContain('没有收回')
    await press('再问一次')
    await vi.waitFor(() => expect(revokes()).toHaveLength(2))
    expect(revokes()[1]?.idempotencyKey).toBe(revokes()[0]?.idempotencyKey)
    expect(revokes()[1]?.body).toEqual(revokes()[0]?.body)
  })
})
