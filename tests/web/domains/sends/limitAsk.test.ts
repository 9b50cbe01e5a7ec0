import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { CouponReservation } from '../../../../shared/contract/coupons.ts'
import type { ReachedLimit } from '../../../../shared/contract/reasonClass.ts'
import type { SendDraft } from '../../../../shared/contract/sends.ts'
import { ApiError } from '../../../../web/api/apiError.ts'
import { useCouponSend } from '../../../../web/domains/coupons/useCouponSend.ts'
import LimitAsk from '../../../../web/domains/sends/LimitAsk.vue'
import { useLimitAskStore } from '../../../../web/domains/sends/limitAsk.store.ts'
import { useSend } from '../../../../web/domains/sends/useSend.ts'
import { later, noNetwork, ok, problem, type Answer, type FakeRequest } from '../../../support/fakeApi.ts'
import type { SendResult } from '../../../../web/wecom/bridge.ts'
import { fakeBridge, inChatWith } from '../../../support/fakeBridge.ts'
import { makeSend, serveSends } from '../../../support/fakeSends.ts'
import { newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const WORDS = '周敏昨天刚写过，有要紧事再写，11月27日起可以再写'
const refusal = (limit: Partial<ReachedLimit> = {}): Answer => {
  const answer = problem('limit_reached')
  return {
    ...answer,
    body: {
      ...(answer.body as object),
      detail: WORDS,
      limit: { hardness: 'soft', endsOn: '2026-11-27', bypass: ['orderReady', 'answer'], ...limit },
    },
  }
}
const draft: SendDraft = {
  title: '问候',
  parts: [{ kind: 'text', text: '您好' }],
  script: null,
  reminderId: null,
}
let stand: Stand
let scope: EffectScope
/** The server lets a message pass that says this for itself. */
let passes: (body: Partial<SendDraft>) => boolean
let limit: Partial<ReachedLimit>
beforeEach(async () => {
  stand = await standInChat(inChatWith('wmA'))
  scope = effectScope()
  serveSends(stand.api)
  passes = ({ confirmed }) => confirmed === true
  limit = {}
  stand.api.on('post', /\/sends$/, ({ body }: FakeRequest) =>
    passes(body as SendDraft) ? ok(makeSend(body as SendDraft), 201) : refusal(limit),
  )
})
afterEach(() => {
  scope.stop()
  stand.leave()
  vi.unstubAllGlobals()
})
const machine = () => scope.run(() => useSend()) as ReturnType<typeof useSend>
const starts = () => stand.api.sentTo('post', /\/sends$/)
async function asked() {
  const limits = useLimitAskStore()
  await vi.waitFor(() => expect(limits.asked).toBeDefined())
  return limits
}
/** Whether it was sent, or the question that came first. */
const answerOrQuestion = (sending: Promise<boolean>) =>
  Promise.race([sending, asked().then(({ asked: question }) => question)])
const shown = async () => {
  const { asked: question } = await asked()
  const mounted = stand.mount(LimitAsk, { asked: question })
  await flushPromises()
  const box = () => document.querySelector('[role=alertdialog]')
  const tap = (word: string) =>
    [...(box()?.querySelectorAll('button') ?? [])].find(button => button.textContent?.includes(word))?.click()
  return { mounted, tap, text: box()?.textContent ?? '' }
}

describe('a message that had better wait', () => {
  it('is asked about once; one tap sends the very words', async () => {
    const { state, send } = machine()
    const sending = send(draft)
    const { tap, text } = await shown()
    expect(text).toContain('缓一缓')
    expect(text).toContain(WORDS)
    expect(fakeBridge.sent).toEqual([])
    tap('仍要发')
    expect(await sending).toBe(true)
    expect(state.value.kind).toBe('sent')
    expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '您好' }])
    expect(starts().map(({ body }) => (body as SendDraft).confirmed)).toEqual([undefined, true])
    const keys = starts().map(({ idempotencyKey }) => idempotencyKey)
    expect(new Set(keys).size).toBe(2)
  })

  it('puts holding back first, and each reason says that it sends', async () => {
    const sending = machine().send(draft)
    await shown()
    const found = [...document.querySelectorAll('[role=alertdialog] button')].map(button => [
      button.textContent?.trim(),
      button.classList.contains('button') && !button.classList.contains('button--outline'),
    ])
    expect(found).toEqual([
      ['货到了，现在发', false],
      ['她先来的消息，现在发', false],
      ['先不发', true],
      ['仍要发', false],
    ])
    useLimitAskStore().answer(undefined)
    await sending
  })

  it('that is an answer by its nature says so by itself, once, where the limit lets that pass', async () => {
    passes = ({ reasonClass }) => reasonClass === 'answer'
    expect(await machine().send(draft, 'answer')).toBe(true)
    expect(starts().map(({ body }) => (body as SendDraft).reasonClass)).toEqual([undefined, 'answer'])
    expect(useLimitAskStore().asked).toBeUndefined()
  })

  it.each([
    ['a limit that does not let answers pass', { bypass: ['orderReady'] }, () => false],
    ['a hard limit', { hardness: 'hard' }, () => false],
    ['what is left after it said so', {}, () => false],
  ] as [string, Partial<ReachedLimit>, () => boolean][])('asks all the same: %s', async (_, stands, may) => {
    limit = stands
    passes = may
    const sending = machine().send(draft, 'answer')
    ;(await asked()).answer(undefined)
    expect(await sending).toBe(false)
    expect(fakeBridge.sent).toEqual([])
  })

  it('goes for a reason too', async () => {
    const { send } = machine()
    passes = ({ reasonClass }) => reasonClass === 'answer'
    const sending = send(draft)
    const { tap } = await shown()
    tap('她先来的消息，现在发')
    expect(await sending).toBe(true)
  })

  it.each(['先不发', 'Escape'])('stays unsent without a complaint: %s', async how => {
    const { state, send } = machine()
    const sending = send(draft)
    const { tap } = await shown()
    if (how === 'Escape') dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))
    else tap(how)
    expect(await sending).toBe(false)
    expect(state.value).toEqual({ kind: 'idle' })
    expect(starts()).toHaveLength(1)
    expect(fakeBridge.sent).toEqual([])
  })

  it('P14 goes nowhere when the chat changes while it is asked', async () => {
    const { send } = machine()
    const sending = send(draft)
    const limits = await asked()
    await stand.turnTo(inChatWith('wmB'))
    expect(await sending).toBe(false)
    expect(limits.asked).toBeUndefined()
    expect(starts()).toHaveLength(1)
  })

  it('is not sent when another one is asked about meanwhile', async () => {
    const limits = useLimitAskStore()
    const start = ({ confirmed }: { confirmed?: true }) =>
      confirmed
        ? Promise.resolve('started')
        : Promise.reject(new ApiError(refusal().body as ConstructorParameters<typeof ApiError>[0]))
    const starting = { contact: stand.current.contact, claims: {} }
    const first = limits.startAsAllowed(starting, start)
    await asked()
    const second = limits.startAsAllowed(starting, start)
    expect(await first).toBeUndefined()
    limits.answer({ confirmed: true })
    expect(await second).toBe('started')
  })

  it('nor when it has changed and the page does not know yet', async () => {
    const { send } = machine()
    const sending = send(draft)
    const limits = await asked()
    stand.turnSilently(inChatWith('wmB'))
    limits.answer({ confirmed: true })
    expect(await sending).toBe(false)
    expect(starts()).toHaveLength(1)
    expect(fakeBridge.sent).toEqual([])
  })

  it.each(['turnTo', 'turnSilently'] as const)(
    'P14 is not asked about when the chat has changed before the server answers: %s',
    async turn => {
      const slow = later<Answer>()
      stand.api.on('post', /\/sends$/, () => slow.promise)
      const { send } = machine()
      const sending = send(draft)
      await vi.waitFor(() => expect(starts()).toHaveLength(1))
      await stand[turn](inChatWith('wmB'))
      slow.settle(refusal())
      expect(await answerOrQuestion(sending)).toBe(false)
      expect(fakeBridge.sent).toEqual([])
    },
  )

  it('P11 keeps what was said, and its key, when the answer is lost', async () => {
    const { send } = machine()
    const sending = send(draft)
    const limits = await asked()
    stand.api.on('post', /\/sends$/, noNetwork)
    limits.answer({ confirmed: true })
    expect(await sending).toBe(false)
    stand.api.on('post', /\/sends$/, ({ body }) => ok(makeSend(body as SendDraft), 201))
    expect(await send(draft)).toBe(true)
    const [, second, third] = starts()
    expect(third).toMatchObject({ body: { confirmed: true }, idempotencyKey: second?.idempotencyKey })
  })
})

describe('one intention', () => {
  it('is asked about once: taken back in the client’s dialog and sent after all', async () => {
    const { state, send } = machine()
    fakeBridge.answers = ['cancelled']
    const sending = send(draft)
    ;(await asked()).answer({ confirmed: true })
    expect(await sending).toBe(false)
    expect(state.value.kind).toBe('cancelled')
    expect(await send(draft)).toBe(true)
    expect(starts().map(({ body }) => (body as SendDraft).confirmed)).toEqual([
      undefined,
      true,
      undefined,
      true,
    ])
    const keys = starts().map(({ idempotencyKey }) => idempotencyKey)
    expect(new Set(keys).size).toBe(4)
  })

  it('is asked about again when another limit stands against it since: a colleague has written', async () => {
    const { send } = machine()
    fakeBridge.answers = ['cancelled']
    const sending = send(draft)
    ;(await asked()).answer({ confirmed: true })
    await sending
    limit = { endsOn: '2026-11-28' }
    const again = send(draft)
    expect((await asked()).asked?.limit.endsOn).toBe('2026-11-28')
    useLimitAskStore().answer(undefined)
    expect(await again).toBe(false)
    expect(fakeBridge.sent).toHaveLength(1)
  })

  it.each([
    ['other words', { ...draft, parts: [{ kind: 'text' as const, text: '别的话' }] }, 0],
    ['half an hour later', draft, 30 * 60_000],
  ])('is another one: %s', async (_, next, millis) => {
    const { send } = machine()
    fakeBridge.answers = ['cancelled']
    const sending = send(draft)
    ;(await asked()).answer({ confirmed: true })
    await sending
    const now = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(now + millis)
    const again = send(next)
    ;(await asked()).answer(undefined)
    expect(await again).toBe(false)
    vi.mocked(Date.now).mockRestore()
  })

  it('is over once something of it has left', async () => {
    const { send } = machine()
    const sending = send(draft)
    ;(await asked()).answer({ confirmed: true })
    expect(await sending).toBe(true)
    const again = send(draft)
    ;(await asked()).answer(undefined)
    expect(await again).toBe(false)
  })

  it('is over once its first part has left, also when the chat changed after it', async () => {
    const { send } = machine()
    const parts = ['一', '二'].map(text => ({ kind: 'text' as const, text }))
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise]
    const sending = send({ ...draft, parts })
    ;(await asked()).answer({ confirmed: true })
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    stand.turnSilently(inChatWith('wmB'))
    slow.settle('ok')
    expect(await sending).toBe(false)
    await stand.turnTo(inChatWith('wmA'))
    const again = send({ ...draft, parts })
    ;(await asked()).answer(undefined)
    expect(await again).toBe(false)
    expect(fakeBridge.sent).toHaveLength(1)
  })
})

describe('a message that must not leave', () => {
  it('is stopped with the reason; only what lets it through is offered', async () => {
    limit = { hardness: 'hard', bypass: ['orderReady'] }
    passes = ({ reasonClass }) => reasonClass === 'orderReady'
    const { send } = machine()
    const sending = send(draft)
    const { tap, text } = await shown()
    expect(text).toContain('先别写')
    expect(text).not.toContain('仍要发')
    expect(text).not.toContain('她先来的消息')
    tap('货到了，现在发')
    expect(await sending).toBe(true)
  })

  it('goes at once for the reason the guide has given before', async () => {
    passes = ({ reasonClass }) => reasonClass === 'orderReady'
    stand.current.reasonClass = 'orderReady'
    expect(await machine().send(draft)).toBe(true)
    expect(starts()).toHaveLength(1)
    expect(stand.current.reasonClass).toBeUndefined()
  })
})

const reserved = (): CouponReservation => ({
  couponId: newUuid(),
  sendId: newUuid(),
  deadline: '2026-11-21T02:30:00Z',
  words: [],
  card: {
    title: '券',
    description: '满减',
    link: 'https://guidebar.example/c/1',
    imageUrl: 'https://guidebar.example/c.png',
  },
})

it('a coupon is asked about in the same way', async () => {
  stand.api.on('post', /^\/coupons$/, ({ body }) =>
    (body as { confirmed?: boolean }).confirmed ? ok(reserved(), 201) : refusal(),
  )
  const coupons = scope.run(() => useCouponSend()) as ReturnType<typeof useCouponSend>
  const templateId = newUuid()
  const first = coupons.give(templateId)
  ;(await asked()).answer(undefined)
  await first
  expect(coupons.stateOf(templateId).kind).toBe('idle')
  expect(fakeBridge.sent).toEqual([])
  const second = coupons.give(templateId)
  ;(await asked()).answer({ confirmed: true })
  await second
  expect(fakeBridge.sent).toHaveLength(1)
  const bodies = stand.api.sentTo('post', /^\/coupons$/).map(({ body }) => body)
  expect(bodies[2]).toMatchObject({ templateId, confirmed: true })
})

it('a coupon taken back in the client’s dialog is not asked about again', async () => {
  stand.api.on('post', /^\/coupons$/, ({ body }) =>
    (body as { confirmed?: boolean }).confirmed ? ok(reserved(), 201) : refusal(),
  )
  stand.api.on('post', /^\/coupons\/[^/]+\/release$/, () => ok({}))
  const coupons = scope.run(() => useCouponSend()) as ReturnType<typeof useCouponSend>
  const templateId = newUuid()
  fakeBridge.answers = ['cancelled']
  const first = coupons.give(templateId)
  ;(await asked()).answer({ confirmed: true })
  await first
  await coupons.give(templateId)
  expect(fakeBridge.sent).toHaveLength(2)
  const keys = stand.api.sentTo('post', /^\/coupons$/).map(({ idempotencyKey }) => idempotencyKey)
  expect(new Set(keys).size).toBe(4)
})

it('a coupon taken back is asked about when another limit stands against it since', async () => {
  stand.api.on('post', /^\/coupons$/, ({ body }) =>
    (body as { confirmed?: boolean }).confirmed ? ok(reserved(), 201) : refusal(limit),
  )
  stand.api.on('post', /^\/coupons\/[^/]+\/release$/, () => ok({}))
  const coupons = scope.run(() => useCouponSend()) as ReturnType<typeof useCouponSend>
  const templateId = newUuid()
  fakeBridge.answers = ['cancelled']
  const first = coupons.give(templateId)
  ;(await asked()).answer({ confirmed: true })
  await first
  limit = { endsOn: '2026-11-28' }
  const second = coupons.give(templateId)
  ;(await asked()).answer(undefined)
  await second
  expect(fakeBridge.sent).toHaveLength(1)
})

it('a reason is no confirmation: what it does not lift is asked about by itself', async () => {
  passes = ({ reasonClass, confirmed }) => reasonClass === 'orderReady' && confirmed === true
  limit = { hardness: 'hard', bypass: ['orderReady'] }
  const limits = useLimitAskStore()
  const { send } = machine()
  const sending = send(draft)
  const { tap, mounted } = await shown()
  limit = { hardness: 'soft', bypass: [] }
  tap('货到了，现在发')
  await vi.waitFor(() => expect(starts()).toHaveLength(2))
  expect(starts()[1]?.body).not.toHaveProperty('confirmed')
  await asked()
  mounted.unmount()
  limits.answer({ confirmed: true })
  expect(await sending).toBe(true)
  expect(starts().at(-1)?.body).toMatchObject({ reasonClass: 'orderReady', confirmed: true })
})
