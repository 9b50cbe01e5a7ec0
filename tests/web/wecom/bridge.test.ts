import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as Bridge from '../../../web/wecom/bridge.ts'
import { makeSession } from '../../support/makeCard.ts'

const UA =
  'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 Chrome/107.0.5304.110 Safari/537.36 wxwork/5.0.11 (MicroMessenger/6.2)'
const signature = (letter: string) => ({ timestamp: 1, nonceStr: 'n', signature: letter.repeat(40) })
const signaturesOf = (letter: string) => ({
  url: location.href,
  corp: signature(letter),
  agent: signature(letter),
})

type Params = Record<string, unknown>
type Answer = Params | undefined

/** The client's side of the real SDK: answers by API name; no entry means silence. */
function client(answers: Record<string, (params: Params) => Answer>) {
  const calls: { name: string; params: Params }[] = []
  vi.stubGlobal('WeixinJSBridge', {
    on: () => undefined,
    invoke(name: string, params: Params, callback: (answer: Params) => void) {
      calls.push({ name, params })
      const answer = answers[name]?.(params)
      if (answer) setTimeout(() => callback({ ...answer }))
    },
  })
  return calls
}

const configured = { agentConfig: () => ({ err_msg: 'agentConfig:ok' }) }
const chatOf = (entry: string, id?: string) => ({
  ...configured,
  getContext: () => ({ err_msg: 'getContext:ok', entry }),
  getCurExternalContact: () =>
    id
      ? { err_msg: 'getCurExternalContact:ok', userId: id }
      : { err_msg: 'getCurExternalContact:fail_without context of external contact' },
  getCurExternalChat: () => ({ err_msg: 'getCurExternalChat:ok', chatId: 'wrGROUP' }),
})

/** The bridge with an SDK that has just been loaded: it looks at the user agent and the bridge only once. */
async function load(fetchSignatures = () => Promise.resolve(signaturesOf('f'))): Promise<typeof Bridge> {
  vi.resetModules()
  const bridge = await import('../../../web/wecom/bridge.ts')
  bridge.register({ session: makeSession(), signatures: signaturesOf('d') }, fetchSignatures)
  return bridge
}

beforeEach(() => {
  vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue(UA)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
const patience = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

describe('who is in view', () => {
  it('is the customer of a single chat, where messages can be sent', async () => {
    client(chatOf('single_chat_tools', 'wmA'))
    const found = (await load()).currentContact()
    await patience(100)
    expect(await found).toEqual({ kind: 'customer', externalUserId: 'wmA', canSend: true })
  })

  it('is the customer of a contact page, where nothing can be sent', async () => {
    client(chatOf('contact_profile', 'wmA'))
    const found = (await load()).currentContact()
    await patience(100)
    expect(await found).toEqual({ kind: 'customer', externalUserId: 'wmA', canSend: false })
  })

  it('is the group of a group chat', async () => {
    client(chatOf('group_chat_tools'))
    const found = (await load()).currentContact()
    await patience(100)
    expect(await found).toEqual({ kind: 'group', chatId: 'wrGROUP', canSend: true })
  })

  it.each(['normal', 'internal_group_chat_board', 'something new'])(
    'is nobody when opened from %s',
    async entry => {
      client(chatOf(entry))
      const found = (await load()).currentContact()
      await patience(100)
      expect(await found).toEqual({ kind: 'elsewhere', entry: 'normal' })
    },
  )

  it('is unknown when the client stays silent, told after eight seconds', async () => {
    client({ agentConfig: configured.agentConfig })
    const bridge = await load()
    const found = bridge.currentContact().catch((error: unknown) => error)
    await patience(bridge.READ_TIMEOUT_MS)
    expect(await found).toBeInstanceOf(bridge.BridgeSilent)
  })

  it('is refused with the words of the client when the member has no permission', async () => {
    client({
      ...chatOf('single_chat_tools'),
      getCurExternalContact: () => ({ err_msg: 'getCurExternalContact:fail no permission' }),
    })
    const bridge = await load()
    const found = bridge.currentContact().catch((error: unknown) => error)
    await patience(100)
    expect(await found).toBeInstanceOf(bridge.BridgeRefused)
    expect(String(await found)).toContain('permission')
  })
})

describe('signatures', () => {
  it('come from the document, without a request', async () => {
    const calls = client(chatOf('single_chat_tools', 'wmA'))
    const fetchSignatures = vi.fn(() => Promise.resolve(signaturesOf('f')))
    const found = (await load(fetchSignatures)).currentContact()
    await patience(100)
    await found
    expect(calls.find(call => call.name === 'agentConfig')?.params['signature']).toBe('d'.repeat(40))
    expect(fetchSignatures).not.toHaveBeenCalled()
  })

  it('are fetched fresh once when the client refuses those of the document', async () => {
    // The SDK rejects inside itself too, with a plain object that nobody can catch.
    const swallow = (event: Event) => event.preventDefault()
    const ignore = () => undefined
    process.on('unhandledRejection', ignore)
    addEventListener('unhandledrejection', swallow)
    const calls = client({
      ...chatOf('single_chat_tools', 'wmA'),
      agentConfig: params => ({
        err_msg: params['signature'] === 'f'.repeat(40) ? 'agentConfig:ok' : 'agentConfig:fail',
      }),
    })
    const fetchSignatures = vi.fn(() => Promise.resolve(signaturesOf('f')))
    const found = (await load(fetchSignatures)).currentContact()
    await patience(1_000)
    expect(await found).toEqual({ kind: 'customer', externalUserId: 'wmA', canSend: true })
    expect(fetchSignatures).toHaveBeenCalledTimes(1)
    expect(calls.filter(call => call.name === 'agentConfig').length).toBe(2)
    process.off('unhandledRejection', ignore)
    removeEventListener('unhandledrejection', swallow)
  })
})

describe('a message', () => {
  const withSend = (err_msg: string | undefined) => ({
    ...chatOf('single_chat_tools', 'wmA'),
    sendChatMessage: () => (err_msg === undefined ? undefined : { err_msg }),
  })

  it('is handed over word for word', async () => {
    const calls = client(withSend('sendChatMessage:ok'))
    const sent = (await load()).sendToChat({ kind: 'text', text: '阿姨生日快乐' })
    await patience(100)
    expect(await sent).toBe('ok')
    expect(calls.find(call => call.name === 'sendChatMessage')?.params).toMatchObject({
      msgtype: 'text',
      text: { content: '阿姨生日快乐' },
    })
  })

  it('that is a card carries link, title, description and picture', async () => {
    const calls = client(withSend('sendChatMessage:ok'))
    const sent = (await load()).sendToChat({
      kind: 'news',
      title: '足金券',
      description: '满 3000',
      link: 'https://shop.test/c/1',
      imageUrl: null,
    })
    await patience(100)
    expect(await sent).toBe('ok')
    expect(calls.find(call => call.name === 'sendChatMessage')?.params).toMatchObject({
      msgtype: 'news',
      news: { link: 'https://shop.test/c/1', title: '足金券', desc: '满 3000' },
    })
  })

  it.each([
    ['sendChatMessage:cancel', 'cancelled'],
    ['sendChatMessage:fail_nopermission to execute', { failed: 'sendChatMessage:nopermission to execute' }],
    ['sendChatMessage:function not exist', { failed: 'sendChatMessage:function not exist' }],
  ])('answered with %s ends as %j', async (answer, outcome) => {
    client(withSend(answer))
    const sent = (await load()).sendToChat({ kind: 'text', text: '您好' })
    await patience(100)
    expect(await sent).toEqual(outcome)
  })

  it('never answered is unknown, not failed', async () => {
    client(withSend(undefined))
    const bridge = await load()
    const sent = bridge.sendToChat({ kind: 'text', text: '您好' })
    await patience(bridge.SEND_TIMEOUT_MS + 100)
    expect(await sent).toBe('unknown')
  })

  const answered = async (errMsg: string, before: () => void) => {
    client({ ...chatOf('single_chat_tools', 'wmHUANG'), sendChatMessage: () => ({ err_msg: errMsg }) })
    const sent = (await load()).sendToChat({ kind: 'text', text: '您好' })
    before()
    await patience(10)
    return sent
  }
  const fire = (name: string) => () => void dispatchEvent(new Event(name))
  const hide = () => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    document.dispatchEvent(new Event('visibilitychange'))
  }

  it.each(['pagehide', 'beforeunload'])(
    'is believed to be gone only when the client says so, after %s',
    async name => {
      for (const word of ['fail', 'cancel', 'fail_no permission'])
        expect(await answered(`sendChatMessage:${word}`, fire(name))).toBe('unknown')
      expect(await answered('sendChatMessage:ok', fire(name))).toBe('ok')
    },
  )

  it('refused without a reason just when the page was hidden is unknown; with a reason it has failed', async () => {
    expect(await answered('sendChatMessage:fail', hide)).toBe('unknown')
    expect(await answered('sendChatMessage:fail_no permission', hide)).toMatchObject({
      failed: expect.any(String),
    })
    expect(await answered('sendChatMessage:fail', () => undefined)).toMatchObject({
      failed: expect.any(String),
    })
  })
})

it('knows when the page is not in WeCom', async () => {
  vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue('Mozilla/5.0 Chrome/120.0')
  vi.resetModules()
  expect((await import('../../../web/wecom/bridge.ts')).isInWecom()).toBe(false)
})

describe('a scan', () => {
  const scanOf = async (answer: Params | undefined, found = patience(100)) => {
    client({ ...configured, scanQRCode: () => answer })
    const read = (await load()).scanCode()
    await found
    return read
  }

  it('is what the client’s scanner read', async () => {
    expect(await scanOf({ err_msg: 'scanQRCode:ok', resultStr: 'https://shop.test/c/abc' })).toEqual({
      text: 'https://shop.test/c/abc',
    })
  })

  it.each([
    ['scanQRCode:cancel', 'cancelled'],
    ['scanQRCode:permission denied', { failed: 'scanQRCode:permission denied' }],
    ['scanQRCode:function not exist', { failed: 'scanQRCode:function not exist' }],
  ])('answered with %s ends as %j', async (err_msg, outcome) => {
    expect(await scanOf({ err_msg })).toEqual(outcome)
  })

  it('that read nothing has failed', async () => {
    expect(await scanOf({ err_msg: 'scanQRCode:ok' })).toEqual({ failed: 'scanQRCode:no result' })
  })
})
