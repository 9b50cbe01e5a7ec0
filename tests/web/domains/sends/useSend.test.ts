import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { PartResults, SendDraft } from '../../../../shared/contract/sends.ts'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import { useSend } from '../../../../web/domains/sends/useSend.ts'
import { BridgeSilent, type SendResult } from '../../../../web/wecom/bridge.ts'
import { createFakeApi, later, noNetwork, ok, problem, type Answer } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeSend, serveSends } from '../../../support/fakeSends.ts'
import { makeCard } from '../../../support/makeCard.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const draftOf = (...texts: string[]): SendDraft => ({
  title: '生日祝福',
  parts: texts.map(text => ({ kind: 'text', text })),
  script: null,
  reminderId: null,
})
let api = createFakeApi()
let scope: EffectScope
beforeEach(async () => {
  setActivePinia(createPinia())
  fakeBridge.reset(inChatWith('wmA'))
  api = createFakeApi()
  await api.install()
  scope = effectScope()
  api.on('get', /\/card$/, request => ok(makeCard(/customers\/([^/]+)/.exec(request.path)?.[1] ?? '')))
  serveSends(api)
  localStorage.clear()
  await useCurrentCustomerStore().follow()
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const machine = () => scope.run(() => useSend()) as ReturnType<typeof useSend>
const starts = () => api.sentTo('post', /\/sends$/)
/** What was told of the parts; which attempt it was is the pages' and the server's own affair. */
const results = () =>
  api
    .sentTo('patch', /\/sends\//)
    .map(request => (request.body as PartResults).results.map(({ attempt: _attempt, ...told }) => told))

describe('a message that leaves', () => {
  it('is recorded first, sent word for word, and recorded as sent', async () => {
    const { state, send } = machine()
    expect(await send(draftOf('阿姨生日快乐'))).toBe(true)
    expect(state.value).toEqual({ kind: 'sent' })
    expect(starts()[0]?.path).toBe('/customers/wmA/sends')
    expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '阿姨生日快乐' }])
    await vi.waitFor(() => expect(results()).toEqual([[{ index: 0, outcome: 'ok', reason: null }]]))
  })

  it('counts against the budget at once, but not when nothing arrived', async () => {
    const current = useCurrentCustomerStore()
    await vi.waitFor(() => expect(current.card).toBeDefined())
    const used = () => current.card?.contact.rules[0]?.used
    const before = used() ?? Number.NaN
    const { send } = machine()
    fakeBridge.answers = ['cancelled', 'ok', 'cancelled']
    await send(draftOf('一'))
    expect(used()).toBe(before)
    await send(draftOf('一', '二'))
    expect(used()).toBe(before + 1)
    expect(current.card?.contact).toMatchObject({
      lastByMe: true,
      lastWhat: '生日祝福',
    })
  })

  it('goes part by part, in order', async () => {
    const { state, send } = machine()
    const slow = later<SendResult>()
    fakeBridge.answers = ['ok', slow.promise]
    const sending = send(draftOf('一', '二'))
    await vi.waitFor(() => expect(state.value).toEqual({ kind: 'sending', states: ['ok', 'leaving'] }))
    slow.settle('ok')
    await sending
    expect(fakeBridge.sent).toEqual([
      { kind: 'text', text: '一' },
      { kind: 'text', text: '二' },
    ])
  })

  it('goes to the group when a group is in view', async () => {
    fakeBridge.contact = inGroup('wrG')
    await useCurrentCustomerStore().follow()
    await machine().send(draftOf('大家好'))
    expect(starts()[0]?.path).toBe('/groups/wrG/sends')
  })

  it('is sent once however often the button is tapped', async () => {
    const { send } = machine()
    await Promise.all([send(draftOf('一')), send(draftOf('一')), send(draftOf('一'))])
    expect(fakeBridge.sent.length).toBe(1)
    expect(starts().length).toBe(1)
  })

  it('is another intention the next time', async () => {
    const { send } = machine()
    await send(draftOf('一'))
    await send(draftOf('一'))
    const [first, second] = starts().map(request => request.idempotencyKey)
    expect(first).toBeTruthy()
    expect(first).not.toBe(second)
  })
})

describe('a message that does not leave', () => {
  it('was cancelled by the guide', async () => {
    const { state, send } = machine()
    fakeBridge.answers = ['cancelled']
    expect(await send(draftOf('一', '二'))).toBe(false)
    expect(state.value).toEqual({ kind: 'cancelled', sentParts: 0 })
    expect(fakeBridge.sent.length).toBe(1)
    await vi.waitFor(() => expect(results()).toEqual([[{ index: 0, outcome: 'cancelled', reason: null }]]))
  })

  it('was refused by the client, with its words recorded', async () => {
    const { state, send } = machine()
    fakeBridge.answers = ['ok', { failed: 'sendChatMessage:nopermission to execute' }]
    await send(draftOf('一', '二'))
    expect(state.value).toMatchObject({ kind: 'failed', sentParts: 1 })
    await vi.waitFor(() =>
      expect(results()).toEqual([
        [{ index: 0, outcome: 'ok', reason: null }],
        [{ index: 1, outcome: 'failed', reason: 'sendChatMessage:nopermission to execute' }],
      ]),
    )
  })

  it('is unknown when the client never answers, and is not sent again by itself', async () => {
    const { state, send } = machine()
    fakeBridge.answers = ['unknown']
    await send(draftOf('一', '二'))
    expect(state.value).toEqual({ kind: 'unknown', sentParts: 0 })
    expect(fakeBridge.sent.length).toBe(1)
    await vi.waitFor(() => expect(results()).toEqual([[{ index: 0, outcome: 'unknown', reason: null }]]))
  })

  it('waits as a whole for a picture that WeCom does not have yet', async () => {
    const { state, send } = machine()
    api.on('post', /\/sends$/, request => {
      const begun = makeSend(request.body as SendDraft)
      const last = begun.parts.at(-1)
      if (last) last.body = { kind: 'video', assetId: begun.sendId, mediaId: null }
      return ok(begun, 201)
    })
    await send(draftOf('您看这一款', '（视频）'))
    expect(fakeBridge.sent).toEqual([])
    expect(state.value).toMatchObject({ kind: 'failed', words: '视频还在准备，稍后再发', sentParts: 0 })
  })

  it('stays with us when the server cannot record its beginning; the next tap repeats the same intention', async () => {
    const { state, send } = machine()
    api.on('post', /\/sends$/, noNetwork)
    await send(draftOf('一'))
    expect(state.value).toMatchObject({ kind: 'failed', words: '网络没有通，没有发出' })
    expect(fakeBridge.sent).toEqual([])
    api.on('post', /\/sends$/, request => ok(makeSend(request.body as SendDraft), 201))
    await send(draftOf('一'))
    const [first, second] = starts().map(request => request.idempotencyKey)
    expect(second).toBe(first)
    expect(fakeBridge.sent.length).toBe(1)
  })

  it('takes a new intention after other words were chosen', async () => {
    const { send, reset } = machine()
    api.on('post', /\/sends$/, noNetwork)
    await send(draftOf('一'))
    reset()
    await send(draftOf('二'))
    const [first, second] = starts().map(request => request.idempotencyKey)
    expect(second).not.toBe(first)
  })

  it('takes a new intention when a fact in the words changed after a missing answer', async () => {
    const { send } = machine()
    api.on('post', /\/sends$/, noNetwork)
    await send(draftOf('还有 12 天'))
    await send(draftOf('还有 11 天'))
    await send(draftOf('还有 11 天'))
    const [first, second, third] = starts().map(request => request.idempotencyKey)
    expect(second).not.toBe(first)
    expect(third).toBe(second)
  })

  it('shows the refusal of the server', async () => {
    const { state, send } = machine()
    api.on('post', /\/sends$/, () => problem('limit_reached'))
    await send(draftOf('一'))
    expect(state.value).toMatchObject({ kind: 'failed', words: '到上限了，没有发出' })
  })
})

describe('never to the wrong person', () => {
  it('sends and records nothing when the chat has changed before', async () => {
    const { state, send } = machine()
    fakeBridge.contact = inChatWith('wmB')
    expect(await send(draftOf('一'))).toBe(false)
    expect(fakeBridge.sent).toEqual([])
    expect(starts()).toEqual([])
    expect(state.value).toEqual({ kind: 'idle' })
    expect(useCurrentCustomerStore().notice).toEqual({ kind: 'switched' })
    expect(useCurrentCustomerStore().externalUserId).toBe('wmB')
  })

  it('sends nothing when the chat changes while the server is slow', async () => {
    const slow = later<Answer>()
    api.on('post', /\/sends$/, () => slow.promise)
    const { send } = machine()
    const sending = send(draftOf('一'))
    await vi.waitFor(() => expect(starts().length).toBe(1))
    fakeBridge.contact = inChatWith('wmB')
    slow.settle(ok(makeSend(draftOf('一')), 201))
    expect(await sending).toBe(false)
    expect(fakeBridge.sent).toEqual([])
    await vi.waitFor(() =>
      expect(results()).toEqual([[{ index: 0, outcome: 'failed', reason: '聊天换人了' }]]),
    )
    expect(api.sentTo('patch', /\/sends\//)[0]?.path).toContain('/customers/wmA/')
  })

  it('stops between two parts when the chat changes', async () => {
    const { send } = machine()
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise]
    const sending = send(draftOf('一', '二'))
    await vi.waitFor(() => expect(fakeBridge.sent.length).toBe(1))
    fakeBridge.contact = inChatWith('wmB')
    slow.settle('ok')
    await sending
    expect(fakeBridge.sent.length).toBe(1)
  })

  it('sends nothing when the client does not say who is in view', async () => {
    const { send } = machine()
    fakeBridge.contact = new BridgeSilent('getContext')
    await send(draftOf('一'))
    expect(fakeBridge.sent).toEqual([])
  })
})

it('goes on recording the result until the server takes it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let isDown = true
  api.on('patch', /\/sends\//, () => (isDown ? noNetwork() : ok(makeSend(draftOf('x')))))
  const { state, send } = machine()
  const sending = send(draftOf('一'))
  await vi.advanceTimersByTimeAsync(50)
  await sending
  expect(state.value).toEqual({ kind: 'sent' })
  await vi.advanceTimersByTimeAsync(5_000)
  const before = results().length
  expect(before).toBeGreaterThan(1)
  isDown = false
  await vi.advanceTimersByTimeAsync(60_000)
  const after = results().length
  expect(after).toBe(before + 1)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(results().length).toBe(after)
  const keys = new Set(api.sentTo('patch', /\/sends\//).map(request => request.idempotencyKey))
  expect(keys.size).toBe(1)
})
