import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import type { OpenSend, PartResults, PartState, SendDraft } from '../../../../shared/contract/sends.ts'
import { holdDeviceKey } from '../../../../web/device/deviceKey.ts'
import RestOfSend from '../../../../web/domains/sends/RestOfSend.vue'
import { useSendsStore } from '../../../../web/domains/sends/sends.store.ts'
import {
  forgetEarlier,
  forgetUnfiled,
  keepUnfiled,
  unfiledOf,
} from '../../../../web/domains/sends/unfiled.ts'
import { useSend } from '../../../../web/domains/sends/useSend.ts'
import { useLimitAskStore } from '../../../../web/domains/sends/limitAsk.store.ts'
import { later, problem, type FakeApi } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeSend, serveSends } from '../../../support/fakeSends.ts'
import { makeCard } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'
import type { SendResult } from '../../../../web/wecom/bridge.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

/** What a chat shows of sending: what is left, and nothing else. */
const Chat = defineComponent({
  setup: () => {
    const sends = useSendsStore()
    return () => (sends.left ? h(RestOfSend, { open: sends.left, key: sends.left.sendId }) : h('p', '没有'))
  },
})
const draft: SendDraft = {
  title: '生日祝福',
  parts: ['一', '二', '三', '四'].map(text => ({ kind: 'text' as const, text })),
  script: null,
  reminderId: null,
}

let stand: Stand
let server: ReturnType<typeof serveSends>
/** An earlier page began it and got as far as this; `left` is what the card tells of it. */
function begunBefore(states: PartState[]): OpenSend {
  const send = makeSend(draft)
  send.parts.forEach((part, index) => {
    part.state = states[index] ?? 'waiting'
    part.outcome = part.state === 'waiting' || part.state === 'leaving' ? null : part.state
  })
  const { sendId, title } = send
  server.sends.push(send)
  return { sendId, title, scriptId: null, reminderId: null, parts: states }
}
async function openedWith(states: PartState[], contact = inChatWith('wmA')): Promise<OpenSend> {
  stand = await standInChat(undefined, { card: id => makeCard(id, { unfinishedSend: server.left() }) })
  server = serveSends(stand.api)
  const open = begunBefore(states)
  await stand.turnTo(contact)
  return open
}
const mounted = async () => {
  const view = stand.mount(Chat)
  await flushPromises()
  return view
}
const sentTexts = () => fakeBridge.sent.map(part => (part as { text: string }).text)
const told = (api: FakeApi) => api.sentTo('patch', /\/sends\//).map(({ body }) => body)
const tap = async (view: VueWrapper, words: string) => {
  await byText(view, 'button', words).trigger('click')
  await flushPromises()
}
const send = async () => {
  const { send: sendIt } = useSend()
  await sendIt(draft)
  await flushPromises()
}

beforeEach(() => localStorage.clear())
afterEach(() => {
  holdDeviceKey(undefined)
  stand.leave()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('where the client posts nothing', () => {
  it('says beside what is left why it cannot go on from here', async () => {
    await openedWith(['ok', 'waiting'], inChatWith('wmA', false))
    const view = await mounted()
    expect(byText(view, 'button', '从第 2 条接着发').attributes('disabled')).toBeDefined()
    expect(view.text()).toContain('打开聊天才能接着发')
  })
})

describe('after a stop in the middle', () => {
  beforeEach(async () => {
    stand = await standInChat(undefined, {
      card: id => makeCard(id, { unfinishedSend: id === 'wmA' ? server.left() : null }),
    })
    server = serveSends(stand.api)
    await stand.turnTo(inChatWith('wmA'))
  })

  it('a cancel stops; the rest is shown part by part and goes on with the part that stopped', async () => {
    fakeBridge.answers = ['ok', 'ok', 'cancelled']
    await send()
    const view = await mounted()
    expect(view.text()).toContain('还有 2 条没发')
    expect(view.findAll('li').map(mark => mark.attributes('aria-label'))).toEqual([
      '第 1 条，共 4 条，已送到',
      '第 2 条，共 4 条，已送到',
      '第 3 条，共 4 条，取消了',
      '第 4 条，共 4 条，还没发',
    ])
    await tap(view, '从第 3 条接着发')
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'ok', 'ok']))
    expect(sentTexts()).toEqual(['一', '二', '三', '三', '四'])
    expect(view.text()).toBe('没有')
  })

  it('is given up in one tap, and nothing more leaves', async () => {
    fakeBridge.answers = ['ok', 'cancelled']
    await send()
    const view = await mounted()
    await tap(view, '不发了')
    expect(server.sends[0]?.isStopped).toBe(true)
    expect(view.text()).toBe('没有')
    expect(fakeBridge.sent).toHaveLength(2)
  })

  it('two and three taps on it send once', async () => {
    fakeBridge.answers = ['ok', 'ok', 'cancelled']
    await send()
    const view = await mounted()
    const button = byText(view, 'button', '从第 3 条接着发').element as HTMLButtonElement
    button.click()
    button.click()
    button.click()
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'ok', 'ok']))
    await flushPromises()
    expect(sentTexts()).toEqual(['一', '二', '三', '三', '四'])
  })

  it('P14 another chat between two parts: nothing more leaves, and the rest waits in the first chat', async () => {
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise]
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    stand.turnSilently(inChatWith('wmB'))
    slow.settle('ok')
    await sending
    const view = await mounted()
    expect(fakeBridge.sent).toHaveLength(1)
    expect(stand.current.notice).toEqual({ kind: 'switched', stopped: { sentParts: 1, leftParts: 3 } })
    expect(view.text()).toBe('没有')
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'waiting', 'waiting', 'waiting']))
    await stand.turnTo(inChatWith('wmA'))
    expect(view.text()).toContain('还有 3 条没发')
    expect(stand.current.notice).toBeUndefined()
  })

  it('P18 no network after the second part: the third does not leave, and goes out when it is wanted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isDown = false
    server.isReachable = () => !isDown
    const slow = later<SendResult>()
    fakeBridge.answers = ['ok', slow.promise]
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(2))
    isDown = true
    slow.settle('ok')
    await sending
    const view = await mounted()
    expect(sentTexts()).toEqual(['一', '二'])
    expect(view.text()).toContain('还有 2 条没发')
    const sendId = server.sends[0]?.sendId ?? ''
    expect(unfiledOf(sendId).map(({ index, outcome }) => [index, outcome])).toEqual([
      [1, 'ok'],
      [2, 'failed'],
    ])
    isDown = false
    await vi.advanceTimersByTimeAsync(1_500)
    expect(server.states()).toEqual(['ok', 'ok', 'failed', 'waiting'])
    expect(unfiledOf(sendId)).toEqual([])
    await tap(view, '从第 3 条接着发')
    expect(sentTexts()).toEqual(['一', '二', '三', '四'])
  })

  it('a cancelled one the server has not heard of is told before the next is begun', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isDown = false
    server.isReachable = () => !isDown
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise, 'ok']
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    isDown = true
    slow.settle('cancelled')
    await sending
    expect(server.states()[0]).toBe('leaving')
    isDown = false
    const asked = stand.api.requests.length
    const again = send()
    await vi.waitFor(() => expect(server.sends).toHaveLength(2))
    await again
    expect(server.sends[0]?.parts[0]?.state).toBe('cancelled')
    const told = stand.api.requests.slice(asked).map(({ method }) => method)
    expect(told.indexOf('patch')).toBeLessThan(told.indexOf('post'))
  })

  it('holds no other chat up: what is untold of one is told with the next send there', async () => {
    holdDeviceKey(Buffer.alloc(32, 1).toString('base64url'))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isDown = false
    server.isReachable = () => !isDown
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise]
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    isDown = true
    slow.settle('cancelled')
    await sending
    expect(localStorage.getItem('guidebar.unfiledParts')).not.toContain('wmA')
    await stand.turnTo(inChatWith('wmB'))
    const asked = stand.api.requests.length
    await useSend().send({ ...draft, parts: draft.parts.slice(0, 1) })
    const toOther = stand.api.requests.slice(asked)
    const start = toOther.findIndex(({ method }) => method === 'post')
    expect(toOther.slice(0, start).filter(({ path }) => path.includes('/sends'))).toEqual([])
    expect(server.sends[0]?.parts[0]?.state).toBe('leaving')
    isDown = false
    await stand.turnTo(inChatWith('wmA'))
    await send()
    expect(server.sends[0]?.parts[0]?.state).toBe('cancelled')
  })

  /** Without network after the second part; then it is back, and the third is with the client, which has not answered. */
  async function thirdLeavesAnew(): Promise<{ sendId: string; answer: (result: SendResult) => void }> {
    let isDown = false
    server.isReachable = () => !isDown
    const [second, third] = [later<SendResult>(), later<SendResult>()]
    fakeBridge.answers = ['ok', second.promise, third.promise]
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(2))
    isDown = true
    second.settle('ok')
    await sending
    const view = await mounted()
    isDown = false
    await tap(view, '从第 3 条接着发')
    await vi.waitFor(() => expect(sentTexts()).toEqual(['一', '二', '三']))
    return { sendId: server.sends[0]?.sendId ?? '', answer: third.settle }
  }

  it('P11 a late word of the attempt before does not overwrite the part that leaves anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { sendId, answer } = await thirdLeavesAnew()
    const before = told(stand.api).length
    await vi.advanceTimersByTimeAsync(120_000)
    expect(told(stand.api)).toHaveLength(before)
    expect(server.states()).toEqual(['ok', 'ok', 'leaving', 'waiting'])
    // The next page would know of nothing but a part that is leaving, and ask.
    expect(unfiledOf(sendId)).toEqual([])
    answer('ok')
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'ok', 'ok']))
    expect(sentTexts()).toEqual(['一', '二', '三', '四'])
  })

  it('forgets what it has told, not what has become known of the part since', () => {
    const failed = { index: 2, outcome: 'failed', reason: null, attempt: 'a' } as const
    keepUnfiled('s', failed)
    keepUnfiled('s', { ...failed, outcome: 'ok', attempt: 'b' })
    forgetUnfiled('s', [failed])
    expect(unfiledOf('s')).toEqual([{ ...failed, outcome: 'ok', attempt: 'b' }])
    forgetEarlier('s', 2)
    expect(unfiledOf('s')).toEqual([])
  })

  it('P18 tells how the parts ended where nothing can be kept on the device', async () => {
    const kept = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('no storage')
    })
    fakeBridge.answers = ['ok', 'cancelled']
    await send()
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'cancelled', 'waiting', 'waiting']))
    kept.mockRestore()
  })
})

describe('a rest that had better wait', () => {
  const refusal = (hardness: 'soft' | 'hard', bypass: string[] = []) => {
    const answer = problem('limit_reached')
    const limit = { hardness, endsOn: '2026-12-15', bypass }
    return { ...answer, body: { ...(answer.body as object), detail: '她说忙，12月15日前不打扰', limit } }
  }
  /** The server lets the rest pass that says this for itself. */
  function weigh(
    passes: (told: Partial<PartResults>) => boolean,
    hardness: 'soft' | 'hard',
    bypass?: string[],
  ) {
    server.refuses = asked => (passes(asked) ? undefined : refusal(hardness, bypass))
  }
  const asked = async () => {
    const limits = useLimitAskStore()
    await vi.waitFor(() => expect(limits.asked).toBeDefined())
    return limits
  }

  it('is asked about once, and goes on as she says', async () => {
    await openedWith(['ok', 'waiting', 'waiting', 'waiting'])
    let isConfirmed = false
    weigh(({ confirmed }) => (isConfirmed ||= confirmed === true), 'soft')
    const view = await mounted()
    await tap(view, '从第 2 条接着发')
    const limits = await asked()
    expect(limits.asked?.words).toBe('她说忙，12月15日前不打扰')
    expect(fakeBridge.sent).toEqual([])
    limits.answer({ confirmed: true })
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'ok', 'ok']))
    expect(sentTexts()).toEqual(['二', '三', '四'])
  })

  it('stays, unsent and without a complaint, when she would rather not', async () => {
    await openedWith(['ok', 'waiting', 'waiting', 'waiting'])
    weigh(() => false, 'hard', ['orderReady'])
    const view = await mounted()
    await tap(view, '从第 2 条接着发')
    ;(await asked()).answer(undefined)
    await flushPromises()
    expect(fakeBridge.sent).toEqual([])
    expect(view.text()).toContain('还有 3 条没发')
    expect(view.find('[role=alert]').exists()).toBe(false)
    expect(server.states()).toEqual(['ok', 'waiting', 'waiting', 'waiting'])
  })

  it('P14 is neither noted nor asked about under another chat', async () => {
    stand = await standInChat(undefined, { card: id => makeCard(id) })
    server = serveSends(stand.api)
    await stand.turnTo(inChatWith('wmA'))
    weigh(({ next }) => next === undefined, 'soft', ['orderReady'])
    const slow = later<SendResult>()
    fakeBridge.answers = [slow.promise]
    const sending = send()
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    await stand.turnTo(inChatWith('wmB'))
    slow.settle('ok')
    await sending
    expect(useLimitAskStore().asked).toBeUndefined()
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'waiting', 'waiting', 'waiting']))
    expect(told(stand.api).filter(body => (body as PartResults).next !== undefined)).toEqual([])
  })

  it('stops between two parts when she is to be left in peace meanwhile; what has left is told', async () => {
    stand = await standInChat(undefined, { card: id => makeCard(id, { unfinishedSend: server.left() }) })
    server = serveSends(stand.api)
    await stand.turnTo(inChatWith('wmA'))
    weigh(({ next }) => next !== 2, 'hard')
    const sending = send()
    ;(await asked()).answer(undefined)
    await sending
    expect(sentTexts()).toEqual(['一', '二'])
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'waiting', 'waiting']))
  })
})

describe('on the page after one that was gone', () => {
  it('resumes with the third part when the second was kept, having told the server of it', async () => {
    const open = await openedWith(['ok', 'leaving', 'waiting', 'waiting'])
    localStorage.setItem(
      'guidebar.unfiledParts',
      JSON.stringify({ [open.sendId]: [{ index: 1, outcome: 'ok', reason: null }] }),
    )
    const view = await mounted()
    expect(view.text()).toContain('还有 2 条没发')
    await vi.waitFor(() => expect(server.states()).toEqual(['ok', 'ok', 'waiting', 'waiting']))
    expect(fakeBridge.sent).toEqual([])
    await tap(view, '从第 3 条接着发')
    expect(sentTexts()).toEqual(['三', '四'])
    expect(localStorage.getItem('guidebar.unfiledParts')).toBeNull()
  })

  it('asks for a look into the chat where nobody knows; what is there is not sent again', async () => {
    await openedWith(['ok', 'leaving', 'waiting', 'waiting'])
    const view = await mounted()
    expect(view.text()).toContain('第 2 条不确定发出没有，看看聊天再继续')
    expect(fakeBridge.sent).toEqual([])
    await tap(view, '有了，接着发第 3 条')
    expect(sentTexts()).toEqual(['三', '四'])
    expect(server.sends[0]?.parts[1]).toMatchObject({ outcome: 'ok', reason: '导购在聊天里看到了' })
  })

  it('sends the doubtful part again only on the guide’s word', async () => {
    await openedWith(['ok', 'unknown', 'waiting', 'waiting'])
    const view = await mounted()
    await tap(view, '没有，再发')
    expect(sentTexts()).toEqual(['二', '三', '四'])
  })

  it('is over when another page has sent the rest', async () => {
    await openedWith(['ok', 'ok', 'ok', 'waiting'])
    const view = await mounted()
    for (const part of server.sends[0]?.parts ?? []) Object.assign(part, { state: 'ok', outcome: 'ok' })
    await tap(view, '接着发第 4 条')
    expect(fakeBridge.sent).toEqual([])
    expect(view.text()).toBe('没有')
  })

  it('asks instead of sending when another page was gone with the next part meanwhile', async () => {
    await openedWith(['ok', 'ok', 'waiting', 'waiting'])
    const view = await mounted()
    Object.assign(server.sends[0]?.parts[2] ?? {}, { state: 'leaving' })
    await tap(view, '从第 3 条接着发')
    expect(fakeBridge.sent).toEqual([])
    expect(view.text()).toContain('第 3 条不确定发出没有')
  })

  it('says so when a picture is not ready, and sends nothing after it', async () => {
    const open = await openedWith(['ok', 'waiting', 'waiting', 'waiting'])
    const part = server.sends.find(({ sendId }) => sendId === open.sendId)?.parts[1]
    if (part) part.body = { kind: 'image', assetId: open.sendId, mediaId: null }
    const view = await mounted()
    await tap(view, '从第 2 条接着发')
    await vi.waitFor(() => expect(view.text()).toContain('前 1 条已送到，图片还在准备，稍后再发'))
    expect(fakeBridge.sent).toEqual([])
    expect(server.states()).toEqual(['ok', 'failed', 'waiting', 'waiting'])
  })

  it('goes to the group it was begun in', async () => {
    stand = await standInChat(inGroup('wrG'))
    server = serveSends(stand.api)
    begunBefore(['ok', 'waiting', 'waiting', 'waiting'])
    await useSendsStore().lookInGroup('wrG')
    const view = await mounted()
    await tap(view, '从第 2 条接着发')
    expect(sentTexts()).toEqual(['二', '三', '四'])
    expect(stand.api.sentTo('patch', /^\/groups\/wrG\/sends\//).length).toBeGreaterThan(0)
    expect(told(stand.api).length).toBeGreaterThan(0)
  })
})
