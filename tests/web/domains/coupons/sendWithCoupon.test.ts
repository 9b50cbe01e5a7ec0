import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Reminder } from '../../../../shared/contract/reminders.ts'
import NextStepCard from '../../../../web/domains/reminders/NextStepCard.vue'
import type { SendResult } from '../../../../web/wecom/bridge.ts'
import { toast } from '../../../../web/ui/undoToast.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeCard, makeReminder, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const couponId = newUuid()
const templateId = newUuid()
const coupon: NonNullable<Reminder['coupon']> = {
  templateId,
  name: '生日礼券',
  face: {
    kind: 'amountOff',
    amountFen: 10_000,
    percent: null,
    words: null,
    thresholdFen: 0,
    goods: null,
  },
  validity: { kind: 'daysAfterClaim', days: 30 },
}
const held = {
  couponId,
  name: '生日礼券',
  face: coupon.face,
  state: 'issued',
  issuedAt: '2026-11-21T10:00:00+08:00',
}
const given = {
  ...held,
  issuedBy: '陈露',
  origin: 'chat',
  claimedAt: null,
  expiresOn: null,
  redemption: null,
  mayRevoke: false,
}
const reservation = (words: string[]) => ({
  couponId,
  sendId: newUuid(),
  deadline: '2026-11-21T10:30:00+08:00',
  words: words.map(text => ({ kind: 'text', text })),
  card: { title: '生日礼券', description: '无门槛', link: 'https://shop.test/c/abc', imageUrl: '' },
})

let stand: Stand
let reminders: Reminder[]
beforeEach(async () => {
  reminders = [makeReminder({ coupon }, ['{称呼}，生日快乐。'])]
  stand = await standInChat(inChatWith('wmA'), { card: id => makeCard(id, { reminders }) })
  stand.api.on('post', /^\/coupons$/, () => ok(reservation(['婉清姐，生日快乐。']), 201))
  stand.api.on('post', /\/confirm$/, () => ok(given))
  stand.api.on('post', /\/release$/, () => ok({ ...given, state: 'released' }))
})
afterEach(() => {
  stand.leave()
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

describe('a reminder with a coupon', () => {
  it('shows it below the words, and one tap sends both as one message', async () => {
    const view = await shown()
    expect(view.get('.next__coupon').text()).toContain('带一张「生日礼券」')
    expect(view.get('.next__coupon').text()).toContain('¥100 无门槛')
    await send(view)
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1), { timeout: 10_000 })
    expect(reserved()[0]?.body).toMatchObject({
      templateId,
      externalUserId: 'wmA',
      reminderId: reminders[0]?.reminderId,
      message: { title: '话术 1', parts: [{ kind: 'text', text: '婉清姐，生日快乐。' }] },
    })
    expect(fakeBridge.sent).toEqual([
      { kind: 'text', text: '婉清姐，生日快乐。' },
      expect.objectContaining({ kind: 'news', link: 'https://shop.test/c/abc' }),
    ])
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(0)
    expect(view.get('.send').text()).toBe('已发出')
  })

  it('can be left here: then the words go alone', async () => {
    const view = await shown()
    await view.get('[aria-label=这次不带生日礼券]').trigger('click')
    expect(view.find('.next__coupon').exists()).toBe(false)
    await send(view)
    await vi.waitFor(() => expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1), { timeout: 10_000 })
    expect(reserved()).toHaveLength(0)
  })

  it('sold out meanwhile: nothing leaves, and the next tap sends the words alone', async () => {
    stand.api.on('post', /^\/coupons$/, () => problem('coupon_sold_out'))
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(view.text()).toContain('再点就只发文字'), { timeout: 10_000 })
    expect(fakeBridge.sent).toEqual([])
    expect(view.find('.next__coupon').exists()).toBe(false)
    await send(view)
    expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(1)
  })

  it('P11 no answer, tapped again: the same piece', async () => {
    stand.api.on('post', /^\/coupons$/, noNetwork)
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(view.text()).toContain('网络没有通，没有发出'), { timeout: 10_000 })
    await send(view)
    await vi.waitFor(() => expect(reserved()).toHaveLength(2))
    expect(reserved()[0]?.idempotencyKey).toBe(reserved()[1]?.idempotencyKey)
  })

  it.each<[string, SendResult[], object, string]>([
    ['the words', ['cancelled'], { outcome: 'cancelled', words: ['cancelled'] }, '你取消了，没有发出'],
    ['the words', ['unknown'], { outcome: 'failed', words: ['unknown'] }, '先看看聊天里有没有'],
    ['the words', [{ failed: 'x' }], { outcome: 'failed', words: ['failed'] }, '券退回了'],
  ])(
    '%s did not arrive (%o): the card does not leave, the piece goes back',
    async (_, answers, told, words) => {
      fakeBridge.answers = answers
      const view = await shown()
      await send(view)
      await vi.waitFor(() => expect(released()).toHaveLength(1), { timeout: 10_000 })
      expect(fakeBridge.sent).toHaveLength(1)
      expect(released()[0]?.body).toMatchObject(told)
      expect(view.get('.next__note').text()).toContain(words)
    },
  )

  it('the card was cancelled: the words are said, the piece goes back, and both are told', async () => {
    fakeBridge.answers = ['ok', 'cancelled']
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(released()).toHaveLength(1), { timeout: 10_000 })
    expect(released()[0]?.body).toEqual({ outcome: 'cancelled', reason: null, words: ['ok'] })
    expect(toast.value?.text).toBe('文字已送到，券你取消了，退回了')
    expect(view.get('.send').text()).toBe('已发出')
  })

  it('silence about the card: neither, and it says until when the piece is held', async () => {
    fakeBridge.answers = ['ok', 'unknown']
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(view.text()).toContain('10 分钟后自动退回'), { timeout: 10_000 })
    expect([...confirmed(), ...released()]).toHaveLength(0)
  })

  it('P14 another chat before the card: it is not sent there, the piece goes back', async () => {
    const answer = later<SendResult>()
    fakeBridge.answers = [answer.promise]
    const view = await shown()
    await send(view)
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1), { timeout: 10_000 })
    stand.turnSilently(inChatWith('wmB'))
    answer.settle('ok')
    await vi.waitFor(() => expect(released()).toHaveLength(1))
    expect(released()[0]?.body).toMatchObject({ outcome: 'failed', words: ['ok'] })
    expect(fakeBridge.sent).toHaveLength(1)
  })

  it('a double tap sends once', async () => {
    const view = await shown()
    void view.get('button.send').trigger('click')
    void view.get('button.send').trigger('click')
    await vi.waitFor(() => expect(confirmed()).toHaveLength(1), { timeout: 10_000 })
    expect(reserved()).toHaveLength(1)
    expect(fakeBridge.sent).toHaveLength(2)
  })
})
