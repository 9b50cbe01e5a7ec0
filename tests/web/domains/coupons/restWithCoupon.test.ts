import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CouponMessage } from '../../../../shared/contract/coupons.ts'
import type { Reminder } from '../../../../shared/contract/reminders.ts'
import type { SendPart } from '../../../../shared/contract/sends.ts'
import NextStepCard from '../../../../web/domains/reminders/NextStepCard.vue'
import type { SendResult } from '../../../../web/wecom/bridge.ts'
import { later, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeReminder, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const couponId = newUuid()
const templateId = newUuid()
const face = {
  kind: 'amountOff',
  amountFen: 10_000,
  percent: null,
  words: null,
  thresholdFen: 0,
  goods: null,
} as const
const coupon: NonNullable<Reminder['coupon']> = {
  templateId,
  name: '生日礼券',
  face,
  validity: { kind: 'daysAfterClaim', days: 30 },
}
const given = {
  couponId,
  name: '生日礼券',
  face,
  state: 'issued',
  issuedAt: '2026-11-21T10:00:00+08:00',
  issuedBy: '陈露',
  origin: 'chat',
  claimedAt: null,
  expiresOn: null,
  redemption: null,
  mayRevoke: false,
}
const text = (words: string) => ({ kind: 'text' as const, text: words })
const card = expect.objectContaining({ kind: 'news', link: 'https://shop.test/c/abc' }) as unknown
/** As the server has it: the words that were asked for, and the card. */
const reservation = (words: SendPart[]) => ({
  couponId,
  sendId: newUuid(),
  deadline: '2026-11-21T10:30:00+08:00',
  words,
  card: { title: '生日礼券', description: '无门槛', link: 'https://shop.test/c/abc', imageUrl: '' },
})
const asked = (body: unknown) => body as { externalUserId: string; message: CouponMessage | null }

let stand: Stand
/** By customer: each has a reminder of her own. */
const reminders = new Map<string, Reminder>()
function reminderOf(externalUserId: string): Reminder {
  const [script] = makeReminder({}).scripts
  const found =
    reminders.get(externalUserId) ??
    makeReminder({
      coupon,
      scripts: script ? [{ ...script, parts: [text(`给${externalUserId}的第一段`), text('第二段')] }] : [],
    })
  reminders.set(externalUserId, found)
  return found
}
beforeEach(async () => {
  // What a card does a second after it was sent must not run in the next test, whose stores are others.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  reminders.clear()
  stand = await standInChat(inChatWith('wmA'), {
    card: id => makeCard(id, { reminders: [reminderOf(id)] }),
  })
  stand.api.on('post', /^\/coupons$/, ({ body }) =>
    ok(reservation((asked(body).message?.parts ?? []) as SendPart[]), 201),
  )
  stand.api.on('post', /\/confirm$/, () => ok(given))
  stand.api.on('post', /\/release$/, () => ok({ ...given, state: 'released' }))
})
afterEach(() => {
  stand.leave()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function shown() {
  const view = stand.mount(NextStepCard, { isLocked: false })
  await flushPromises()
  return view
}
type View = Awaited<ReturnType<typeof shown>>
const send = async (view: View) => {
  await view.get('button.send').trigger('click')
  await flushPromises()
}
const reserved = () => stand.api.sentTo('post', /^\/coupons$/)
const confirmed = () => stand.api.sentTo('post', /\/confirm$/)
const released = () => stand.api.sentTo('post', /\/release$/)
const REST = '前面 1 段已发，再点只发后面的'
const patiently = { timeout: 10_000 }

describe('P14 the chat a tap was meant for', () => {
  it('another one comes into view before anything is asked: nothing is reserved, nothing is sent there', async () => {
    const view = await shown()
    void view.get('button.send').trigger('click')
    await stand.turnTo(inChatWith('wmB'))
    await vi.waitFor(() => expect(stand.current.notice).toEqual({ kind: 'switched' }), patiently)
    await flushPromises()
    expect(reserved()).toHaveLength(0)
    expect(fakeBridge.sent).toEqual([])
  })

  it('another one comes into view while the piece is taken: it goes back, and is asked for as hers who was tapped for', async () => {
    const slow = later<null>()
    stand.api.on('post', /^\/coupons$/, async ({ body }) => {
      await slow.promise
      return ok(reservation((asked(body).message?.parts ?? []) as SendPart[]), 201)
    })
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(reserved()).toHaveLength(1), patiently)
    await stand.turnTo(inChatWith('wmB'))
    slow.settle(null)
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(asked(reserved()[0]?.body).externalUserId).toBe('wmA')
    expect(fakeBridge.sent).toEqual([])
    expect(view.find('.next__note').exists()).toBe(false)
  })
})

describe('words and coupon that stopped half-way', () => {
  it('a picture is not ready: nothing leaves, the piece goes back', async () => {
    const picture = { kind: 'image' as const, assetId: newUuid(), mediaId: null }
    stand.api.on('post', /^\/coupons$/, () => ok(reservation([text('第一段'), picture]), 201))
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), patiently)
    expect(fakeBridge.sent).toEqual([])
    expect(released()[0]?.body).toMatchObject({ outcome: 'failed', reason: '图片还在准备，稍后再发' })
    expect(view.get('.next__note').text()).toBe('图片还在准备，稍后再发，券退回了')
  })

  it.each<[SendResult, string]>([
    ['cancelled', '后面的你取消了'],
    ['unknown', '下一段企业微信没有回应，先看看聊天里有没有，券退回了'],
    [{ failed: 'no permission' }, '后面的没有发出，企业微信没有给这个权限，券退回了'],
  ])('the second part did not arrive (%o): the next tap sends only what is left', async (answer, words) => {
    fakeBridge.answers = ['ok', answer]
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), patiently)
    expect(view.get('.next__note').text()).toBe(`${words}。${REST}`)
    fakeBridge.sent = []

    await send(view)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(fakeBridge.sent).toEqual([text('第二段'), card])
    expect(asked(reserved()[1]?.body).message?.parts).toEqual([text('第二段')])
    expect(reserved()[1]?.idempotencyKey).not.toBe(reserved()[0]?.idempotencyKey)
    expect(view.get('.send').text()).toBe('已发出')
    expect(view.text()).not.toContain(REST)
  })

  it('a rule that her own first words have used up does not lock the rest of them', async () => {
    fakeBridge.answers = ['ok', 'cancelled']
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), patiently)
    await view.setProps({ isLocked: true })
    expect(view.get('button.send').attributes('disabled')).toBeUndefined()
    await send(view)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
  })

  it('stops again: what has arrived adds up, and the card alone is left', async () => {
    fakeBridge.answers = ['ok', 'cancelled', 'ok', 'unknown']
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), patiently)
    await send(view)
    await vi.waitFor(() => expect(view.text()).toContain('10 分钟后自动退回'))
    expect(view.text()).toContain('前面 2 段已发，再点只发后面的')
    fakeBridge.sent = []

    await send(view)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(asked(reserved()[2]?.body).message).toBeNull()
    expect(fakeBridge.sent).toEqual([card])
  })

  it('P14 another chat after the first part: both chats say so, and back there only the rest is sent', async () => {
    const first = later<SendResult>()
    fakeBridge.answers = [first.promise]
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1), patiently)
    await stand.turnTo(inChatWith('wmB'))
    first.settle('ok')
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(stand.current.notice).toEqual({ kind: 'switched', stopped: { sentParts: 1, leftParts: 2 } })
    expect(view.text()).toContain('给wmB的第一段')
    expect(view.text()).not.toContain(REST)

    await stand.turnTo(inChatWith('wmA'))
    expect(view.get('.next__note').text()).toBe(REST)
    fakeBridge.sent = []
    await send(view)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1))
    expect(fakeBridge.sent).toEqual([text('第二段'), card])
  })

  it('P14 another chat after all the words: they have been said, and are not offered again', async () => {
    const last = later<SendResult>()
    fakeBridge.answers = ['ok', last.promise]
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(2), patiently)
    await stand.turnTo(inChatWith('wmB'))
    last.settle('ok')
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    await stand.turnTo(inChatWith('wmA'))
    expect(view.text()).not.toContain('给wmA的第一段')
  })

  it('the coupon has gone meanwhile, or is left here: what is left of the words goes alone', async () => {
    fakeBridge.answers = ['ok', 'cancelled']
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), patiently)
    stand.api.on('post', /^\/coupons$/, () => problem('coupon_sold_out'))
    await send(view)
    expect(view.text()).toContain('再点就只发文字')
    await send(view)
    await vi.waitFor(() => expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1), patiently)
    expect(stand.api.sentTo('post', /\/sends$/)[0]?.body).toMatchObject({ parts: [text('第二段')] })
  })
})
