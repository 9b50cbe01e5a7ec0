import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CouponAtTill } from '../../../shared/contract/coupons.ts'
import type { UndoneRedemption } from '../../../shared/contract/redemptions.ts'
import { couponCode } from '../../../shared/rules/couponCode.ts'
import { useSessionStore } from '../../../web/domains/session/session.store.ts'
import { fakeBridge } from '../../support/fakeBridge.ts'
import { later, noNetwork, ok, problem, type Answer } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const code = couponCode(Uint8Array.from({ length: 16 }, (_, place) => place * 13))
const couponId = '3f5ad1c2-0000-4000-8000-000000000001'
const couponOf = (given: Partial<CouponAtTill> = {}): CouponAtTill => ({
  couponId,
  code,
  name: '周年庆满减券',
  face: {
    kind: 'amountOff',
    amountFen: 20_000,
    percent: null,
    words: null,
    thresholdFen: 300_000,
    goods: '足金饰品',
  },
  state: 'claimed',
  customer: { address: '王**', isMasked: true },
  validFrom: null,
  expiresOn: '2026-11-30',
  hours: [{ weekdays: [1, 2, 3, 4, 5], from: '10:00', until: '18:00' }],
  stores: ['国贸店'],
  isStackable: false,
  terms: '特价款除外',
  refusal: null,
  redemption: null,
  ...given,
})
const redemption = {
  at: '2026-11-21T02:21:00Z',
  by: '陈露',
  store: '国贸店',
  amountFen: 368_000,
  discountFen: 20_000,
  mayUndo: false,
}
const used = (mayUndo = false): CouponAtTill =>
  couponOf({
    state: 'redeemed',
    refusal: { reason: 'used', detail: '这张券已经用过了' },
    redemption: { ...redemption, mayUndo },
  })
const aDay = (coupons: CouponAtTill[]) => ({
  day: '2026-11-21',
  undone,
  redemptions: coupons.map(({ name, face, customer, redemption: use, couponId: id }) => ({
    couponId: id,
    name,
    face,
    customer,
    redemption: use,
  })),
  total: { count: coupons.length, amountFen: 368_000 * coupons.length, discountFen: 20_000 * coupons.length },
})

let stand: Stand
let listed: CouponAtTill[]
let undone: UndoneRedemption[]
beforeEach(() => (listed = undone = []))
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(role: 'guide' | 'manager' = 'guide', found: Answer = ok(couponOf())) {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/redemptions$/, () => ok(aDay(listed)))
  stand.api.on('post', /^\/coupons\/find$/, () => found)
  const page = await openPage(stand, '/redeem')
  await whenDrawn(() => page.get('#coupon-code'))
  return page
}
async function typeCode(page: VueWrapper, text: string) {
  await page.get('#coupon-code').setValue(text)
  await flushPromises()
}
async function pressAmount(page: VueWrapper, keys: string) {
  for (const key of keys) await byText(page, '[aria-label=数字键] button', key).trigger('click')
}
const redeemButton = (page: VueWrapper) => page.get('[aria-label=结账] .button--wide')
const say = (page: VueWrapper) => page.text().replace(/\s+/g, ' ')

describe('a keyboard at the counter', () => {
  const key = (target: Element, name: string, more: KeyboardEventInit = {}) =>
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more }),
    )

  it('leads from the code over the amount to the next one without a mouse', async () => {
    const page = await opened()
    stand.api.on('post', /\/redeem$/, () => ok(used()))
    await typeCode(page, code)
    const amount = page.get<HTMLInputElement>('#till-amount').element
    expect(document.activeElement).toBe(amount)
    for (const digit of '3680') {
      key(amount, digit)
      await flushPromises()
    }
    expect(say(page)).toContain('¥3,480')
    key(amount, 'Enter')
    await flushPromises()
    expect(stand.api.sentTo('post', /\/redeem$/)[0]?.body).toMatchObject({ amountFen: 368_000 })
    expect(document.activeElement?.textContent).toContain('下一张')
    ;(document.activeElement as HTMLElement).click()
    await flushPromises()
    expect(document.activeElement?.textContent).toContain('扫客户的券')
  })

  it('begins with the code wherever it is typed, and takes no shortcut and no other field for it', async () => {
    const page = await opened()
    const field = page.get('#coupon-code').element
    ;(document.activeElement as HTMLElement | null)?.blur()
    key(document.body, 'a', { ctrlKey: true })
    expect(document.activeElement).not.toBe(field)
    key(document.body, 'Tab')
    expect(document.activeElement).not.toBe(field)
    key(document.body, 'k')
    expect(document.activeElement).toBe(field)
  })

  it('types into no sheet that is open, and into the code again when it has closed', async () => {
    // As a browser tells it, also of what is fixed: nothing has a box within what is not displayed.
    vi.spyOn(Element.prototype, 'getClientRects').mockImplementation(function (this: Element) {
      if (this.closest('[style*="display: none"]')) return [] as unknown as DOMRectList
      return [this.getBoundingClientRect()] as unknown as DOMRectList
    })
    onTestFinished(() => void vi.restoreAllMocks())
    listed = [used(true)]
    const page = await opened('manager')
    const field = page.get('#coupon-code').element
    const sheet = () => document.querySelector<HTMLElement>('[role=dialog]')
    await page.get('[aria-label^=撤销]').trigger('click')
    await whenDrawn(() => expect(document.activeElement).toBe(sheet()))
    key(document.body, 'k')
    expect(document.activeElement).not.toBe(field)
    sheet()?.querySelector<HTMLElement>('[aria-label=关闭]')?.click()
    await vi.waitFor(() => expect(sheet()?.getClientRects()).toHaveLength(0))
    ;(document.activeElement as HTMLElement | null)?.blur()
    key(document.body, 'k')
    expect(document.activeElement).toBe(field)
  })

  it('is back at the amount when the redemption was refused', async () => {
    const page = await opened()
    stand.api.on('post', /\/redeem$/, () => problem('coupon_not_redeemable'))
    await typeCode(page, code)
    await pressAmount(page, '3680')
    await redeemButton(page).trigger('click')
    await flushPromises()
    expect(page.get('[aria-label=结账] [role=alert]').text()).not.toBe('')
    expect(document.activeElement).toBe(page.get('#till-amount').element)
  })
})

describe('finding the coupon', () => {
  it('tells a mistyped code at once and asks nobody', async () => {
    const page = await opened()
    await typeCode(page, `${code.slice(0, 11)}${code.endsWith('A') ? 'B' : 'A'}`)
    expect(page.get('#coupon-code-trouble').text()).toContain('有一个字不对')
    expect(page.get('#coupon-code').attributes('aria-invalid')).toBe('true')
    expect(stand.api.sentTo('post', /^\/coupons\/find$/)).toEqual([])
  })

  it('looks as soon as the code is whole, and shows rules and as much of the customer as she may see', async () => {
    const page = await opened()
    await typeCode(page, code.toLowerCase())
    expect(stand.api.sentTo('post', /^\/coupons\/find$/).map(({ body }) => body)).toEqual([{ code }])
    for (const words of [
      '周年庆满减券',
      '王**，不是你的客户，只看得到姓',
      '满 3000',
      '足金饰品',
      '还有 9 天到期',
      '周一至周五 10:00–18:00',
      '国贸店',
      '不和别的优惠一起用',
      '特价款除外',
    ])
      expect(say(page)).toContain(words)
  })

  it('takes what the client’s scanner reads', async () => {
    const page = await opened()
    fakeBridge.scanned = { text: 'https://shop.test/c/Zm9vYmFyYmF6cXV4MTIzNA' }
    await byText(page, 'button', '扫客户的券').trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('post', /^\/coupons\/find$/).map(({ body }) => body)).toEqual([
      { token: 'Zm9vYmFyYmF6cXV4MTIzNA' },
    ])
    expect(say(page)).toContain('周年庆满减券')
  })

  it('falls back to typing where there is no scanner and no camera', async () => {
    const page = await opened()
    fakeBridge.scanned = { failed: 'scanQRCode:function not exist' }
    await byText(page, 'button', '扫客户的券').trigger('click')
    await flushPromises()
    expect(page.get('#coupon-code-trouble').text()).toContain('照着客户的手机输入券码')
    expect(document.activeElement?.id).toBe('coupon-code')
  })

  it('gives the focus to the code when the camera is refused, after the sheet has let go of it', async () => {
    vi.stubGlobal('BarcodeDetector', class {})
    const getUserMedia = () => Promise.reject(new Error('refused'))
    Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia }, configurable: true })
    onTestFinished(() => void Reflect.deleteProperty(navigator, 'mediaDevices'))
    const page = await opened()
    fakeBridge.scanned = { failed: 'scanQRCode:function not exist' }
    const scan = byText(page, 'button', '扫客户的券')
    ;(scan.element as HTMLElement).focus()
    await scan.trigger('click')
    await whenDrawn(() => expect(page.get('#coupon-code-trouble').text()).toContain('没有拿到相机'))
    await flushPromises()
    expect(document.activeElement?.id).toBe('coupon-code')
  })

  it('shows the code typed last, while the one before it is still being looked for', async () => {
    const page = await opened()
    const answers = [later<Answer>(), later<Answer>()]
    let asked = 0
    stand.api.on('post', /^\/coupons\/find$/, () => answers[asked++]?.promise ?? noNetwork())
    await typeCode(page, code)
    const other = couponCode(Uint8Array.from({ length: 16 }, (_, place) => place * 7))
    await typeCode(page, other)
    expect(stand.api.sentTo('post', /^\/coupons\/find$/).map(({ body }) => body)).toEqual([
      { code },
      { code: other },
    ])
    answers[1]?.settle(ok(couponOf({ code: other, name: '会员日券' })))
    answers[0]?.settle(ok(couponOf()))
    await flushPromises()
    expect(page.get('[aria-label=这张券]').text()).toContain('会员日券')
  })

  it('lets go of the coupon being looked for as soon as the code is edited', async () => {
    const page = await opened()
    const answer = later<Answer>()
    stand.api.on('post', /^\/coupons\/find$/, () => answer.promise)
    await typeCode(page, code)
    await typeCode(page, code.slice(0, 5))
    answer.settle(ok(couponOf()))
    await flushPromises()
    expect(page.find('[aria-label=这张券]').exists()).toBe(false)
    expect(page.text()).not.toContain('正在查')
  })

  it('says of one nobody has claimed that it is so, whoever holds it', async () => {
    const page = await opened('guide', ok(couponOf({ state: 'issued' })))
    await typeCode(page, code)
    expect(page.get('.till__state').text()).toBe('还没领取')
  })

  it('says nothing of a scan that was closed', async () => {
    const page = await opened()
    fakeBridge.scanned = 'cancelled'
    await byText(page, 'button', '扫客户的券').trigger('click')
    await flushPromises()
    expect(page.get('#coupon-code-trouble').text()).toBe('')
  })

  it.each([
    [problem('not_found'), '没有这张券'],
    [noNetwork(), '什么都没核销'],
    [{ ...problem('rate_limited') }, '太'],
  ])('says why there is none', async (answer, words) => {
    const page = await opened('guide', answer)
    await typeCode(page, code)
    expect(page.get('#coupon-code-trouble').text()).toContain(words)
    expect((page.get('#coupon-code').element as HTMLInputElement).value.replace(/ /g, '')).toBe(code)
  })

  it('says which rule stands against it and offers no button', async () => {
    const detail = '只能在国贸店用'
    const page = await opened('guide', ok(couponOf({ refusal: { reason: 'store', detail } })))
    await typeCode(page, code)
    expect(page.get('[role=alert].till__refusal').text()).toContain(detail)
    expect(page.find('[aria-label=结账]').exists()).toBe(false)
  })
})

describe('redeeming', () => {
  it('computes what comes off and what is to be paid, and says how much is missing', async () => {
    const page = await opened()
    await typeCode(page, code)
    await pressAmount(page, '2800')
    expect(page.get('#till-amount-hint').text()).toBe('满 3000 可用，还差 ¥200')
    expect(redeemButton(page).attributes('disabled')).toBeDefined()
    await page.get('#till-amount').trigger('keydown', { key: '5' })
    expect(page.get('.bill__sums').text().replace(/\s+/g, '')).toBe('券减¥200应收¥27,805')
    expect(redeemButton(page).attributes('disabled')).toBeUndefined()
  })

  it('takes a million yuan at most, and says so', async () => {
    const page = await opened()
    await typeCode(page, code)
    await pressAmount(page, '1000000')
    expect(redeemButton(page).attributes('disabled')).toBeUndefined()
    await pressAmount(page, '.01')
    expect(page.get('#till-amount-hint').text()).toBe('一笔最多一百万元')
    expect(redeemButton(page).attributes('disabled')).toBeDefined()
  })

  it('P9 P11 redeems once for two taps, and shows what was done', async () => {
    const page = await opened()
    const answer = later<Answer>()
    stand.api.on('post', /redeem$/, () => answer.promise)
    await typeCode(page, code)
    await pressAmount(page, '3680')
    await redeemButton(page).trigger('click')
    await page.get('#till-amount').trigger('keydown', { key: 'Enter' })
    await redeemButton(page).trigger('click')
    listed = [used()]
    answer.settle(ok(used()))
    await flushPromises()
    expect(stand.api.sentTo('post', /redeem$/)).toMatchObject([
      { path: `/coupons/${couponId}/redeem`, body: { code, amountFen: 368_000, piece: null } },
    ])
    expect(say(page)).toContain('核销好了¥3,680 减 ¥200，收 ¥3,480')
    await vi.waitFor(() => expect(page.get('[aria-label=今天核销的券]').text()).toContain('陈露'))
    expect(say(page)).toContain('今天 1 张，用券买了 ¥3,480')
  })

  it('P11 asks with the same key after an answer that was lost, and shows what the first one did', async () => {
    const page = await opened()
    let answers = [noNetwork(), ok(used())]
    stand.api.on('post', /redeem$/, () => answers.shift() ?? noNetwork())
    await typeCode(page, code)
    await pressAmount(page, '3680')
    await redeemButton(page).trigger('click')
    await flushPromises()
    expect(page.get('[aria-label=结账] [role=alert]').text()).toContain('不知道核没核上')
    await byText(page, 'button', '再问一次').trigger('click')
    await flushPromises()
    const [first, second] = stand.api.sentTo('post', /redeem$/)
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
    expect(say(page)).toContain('核销好了')
    answers = []
  })

  it('shows who has used it when somebody else was faster', async () => {
    const page = await opened()
    stand.api.on('post', /redeem$/, () => {
      stand.api.on('post', /^\/coupons\/find$/, () => ok(used()))
      return problem('coupon_not_redeemable')
    })
    await typeCode(page, code)
    await pressAmount(page, '3680')
    await redeemButton(page).trigger('click')
    await flushPromises()
    expect(say(page)).toContain('这张券已经用过了')
    expect(say(page)).toContain('陈露，国贸店，10:21')
    expect(say(page)).not.toContain('核销好了')
  })

  it('redeems nothing without a network, and says so', async () => {
    const page = await opened()
    await typeCode(page, code)
    await pressAmount(page, '3680')
    useSessionStore().isOnline = false
    await flushPromises()
    expect(say(page)).toContain('没有网络，现在核不了券')
    expect(redeemButton(page).attributes('disabled')).toBeDefined()
    await page.get('#till-amount').trigger('keydown', { key: 'Enter' })
    expect(stand.api.sentTo('post', /redeem$/)).toEqual([])
  })

  it('gives a service without a bill', async () => {
    const service = {
      kind: 'service',
      amountFen: null,
      percent: null,
      words: '免刻字',
      thresholdFen: 0,
      goods: null,
    }
    const page = await opened('guide', ok(couponOf({ face: service as CouponAtTill['face'] })))
    stand.api.on('post', /redeem$/, () => ok(used()))
    await typeCode(page, code)
    await page.get('.bill__piece input').setValue('足金戒指')
    await redeemButton(page).trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('post', /redeem$/)[0]?.body).toEqual({ code, amountFen: 0, piece: '足金戒指' })
  })
})

describe('what was redeemed today', () => {
  it('offers no undo to guides', async () => {
    listed = [used()]
    const page = await opened()
    expect(page.get('[aria-label=今天核销的券]').text()).toContain('¥3,680 减 ¥200，收 ¥3,480')
    expect(page.find('[aria-label^=撤销]').exists()).toBe(false)
  })

  it('shows what was taken back in its place, grey, with who did it and when, and no button', async () => {
    listed = [used(true)]
    const { couponId: id, name, face, customer } = couponOf()
    const sums = { amountFen: 300_000, discountFen: 20_000 }
    undone = [
      {
        couponId: id,
        name,
        face,
        customer,
        at: '2026-11-21T03:05:00Z',
        by: '王一帆',
        store: '国贸店',
        ...sums,
      },
    ]
    const page = await opened('manager')
    const rows = page.get('[aria-label=今天核销的券]').findAll('.use, .undone')
    expect(rows.map(row => row.text().includes('已撤销'))).toEqual([true, false])
    expect(rows[0]?.text()).toContain('王一帆 撤销，国贸店，王**')
    expect(rows[0]?.text()).toContain('11:05')
    expect(rows[0]?.find('button').exists()).toBe(false)
    expect(say(page)).toContain('今天 1 张')
  })

  it('a manager takes one back with a reason, and the list is without it', async () => {
    listed = [used(true)]
    const page = await opened('manager')
    stand.api.on('post', /undo$/, () => {
      listed = []
      return ok(couponOf())
    })
    await page.get('[aria-label^=撤销]').trigger('click')
    const sheet = () => document.querySelector('[role=dialog]')
    await whenDrawn(() => expect(sheet()?.textContent).toContain('券回到客户手里'))
    const act = [...(sheet()?.querySelectorAll('button') ?? [])].find(b =>
      b.textContent?.includes('撤销这次核销'),
    )
    act?.click()
    await flushPromises()
    expect(sheet()?.querySelector('[role=alert]')?.textContent).toContain('写一句原因')
    ;[...(sheet()?.querySelectorAll<HTMLElement>('.chip') ?? [])][0]?.click()
    await flushPromises()
    act?.click()
    await flushPromises()
    expect(stand.api.sentTo('post', /undo$/)).toMatchObject([{ body: { reason: '客户退货' } }])
    await vi.waitFor(() => expect(say(page)).toContain('今天还没有核销过券'))
  })
})
