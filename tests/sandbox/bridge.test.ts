import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Sandbox } from '../../sandbox/app.ts'
import type { Device, Entry } from '../../sandbox/world/types.ts'
import { openSdkPage, tolerateUncaughtConfigRefusals } from './sdkPage.ts'
import type { SdkPage } from './sdkPage.ts'
import { startStubApp } from './stubApp.ts'
import type { StubApp } from './stubApp.ts'
import { createTestSandbox, ORIGIN, signPage, someChats } from './testSandbox.ts'

let app: StubApp
let sandbox: Sandbox
let chats: ReturnType<typeof someChats>
let now = Date.parse('2026-11-21T10:20:00+08:00')
const DEVICE = 'd1'

beforeAll(async () => {
  app = await startStubApp((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end('<!doctype html><title>t</title><script></script>')
  })
})
const reportAll = tolerateUncaughtConfigRefusals()
afterAll(async () => {
  await app.close()
  reportAll()
})

beforeEach(() => {
  now = Date.parse('2026-11-21T10:20:00+08:00')
  sandbox = createTestSandbox(app.url, () => now)
  chats = someChats(sandbox.world, 'chenlu')
  setDevice({
    userId: 'chenlu',
    conversationId: `single:chenlu:${chats.first}`,
    entry: 'single_chat_tools',
    platform: 'windows',
  })
})

function setDevice(change: Parameters<Sandbox['world']['updateDevice']>[1]): void {
  sandbox.world.updateDevice(DEVICE, change)
}

async function registered(): Promise<SdkPage> {
  const page = await openSdkPage(sandbox, DEVICE)
  page.register()
  return page
}

/** What the app sees of a refused call. */
const refusal = async (call: Promise<unknown>) => {
  const answer = await call.then(
    () => 'fulfilled',
    (reason: unknown) => reason,
  )
  return answer as { errMsg: string; errCode: number }
}
const isSettled = async (call: Promise<unknown>) => {
  let settled = false
  const settle = () => void (settled = true)
  void call.then(settle, settle)
  await vi.waitFor(() => expect(lastCall()?.result).toBe('silent'))
  await new Promise(resolve => setTimeout(resolve, 30))
  return settled
}
const lastCall = () => sandbox.bridge.calls(DEVICE).at(-1)
const said = (conversationId: string) =>
  sandbox.world.messages(conversationId).filter(message => message.via === 'sendChatMessage')

describe('what a page sees of its client', () => {
  it.each<[Device['platform'], string, RegExp]>([
    ['windows', 'Win32', /Chrome\/107.*ColorScheme\/Light wxwork\/5\.0\.11 \(MicroMessenger\/6\.2\)/],
    ['mac', 'MacIntel', /Macintosh.*wxwork\/5\.0\.11/],
    ['ios', 'iPhone', /iPhone.*wxwork\/5\.0\.11 MicroMessenger\/7\.0\.1/],
    ['android', 'Linux aarch64', /Android.*wxwork\/5\.0\.11 MicroMessenger\/7\.0\.1/],
  ])('%s', async (platform, navigatorPlatform, userAgent) => {
    setDevice({ platform, clientVersion: '5.0.11' })
    const { navigator, ww } = await openSdkPage(sandbox, DEVICE)
    expect(navigator.userAgent).toMatch(userAgent)
    expect(navigator.platform).toBe(navigatorPlatform)
    expect(ww.env.isWeCom).toBe(true)
  })

  it('is a plain browser when the bridge is absent', async () => {
    setDevice({ switches: { bridge: 'absent' } })
    const { navigator, ww } = await openSdkPage(sandbox, DEVICE)
    expect(navigator.userAgent).toBe('plain Chrome')
    expect(ww.env.isWeCom).toBe(false)
    expect(ww.isWeixinJSBridgeReady).toBe(false)
  })
})

describe('agentConfig', () => {
  it('passes with the right signature, in one call before the first API', async () => {
    const { ww } = await registered()
    expect(await ww.getContext()).toMatchObject({
      errMsg: 'getContext:ok',
      errCode: 0,
      entry: 'single_chat_tools',
    })
    expect(sandbox.bridge.calls(DEVICE).map(call => call.name)).toEqual(['agentConfig', 'getContext'])
  })

  it.each<[string, (page: SdkPage) => void]>([
    [
      'a wrong signature',
      page =>
        page.register({
          getAgentConfigSignature: url => ({ ...signPage(sandbox.world, url), signature: 'f'.repeat(40) }),
        }),
    ],
    [
      "the corp's ticket",
      page => page.register({ getAgentConfigSignature: url => signPage(sandbox.world, url, 'corp') }),
    ],
    [
      'another page',
      page => page.register({ getAgentConfigSignature: url => signPage(sandbox.world, `${url}?from=else`) }),
    ],
    [
      'an address with its hash',
      page => page.register({ getAgentConfigSignature: url => signPage(sandbox.world, `${url}#/today`) }),
    ],
    ['another corp', page => page.register({ corpId: 'ww0000000000000000' })],
    ['another agent', page => page.register({ agentId: 1_000_003 })],
  ])('is refused with %s', async (_, register) => {
    const page = await openSdkPage(sandbox, DEVICE)
    register(page)
    expect(await refusal(page.ww.getContext())).toMatchObject({ errMsg: 'agentConfig:fail', errCode: -1 })
  })

  it('is refused with an expired ticket', async () => {
    const page = await openSdkPage(sandbox, DEVICE)
    const early = signPage(sandbox.world, `${ORIGIN}/sidebar/`)
    now += 7_201_000
    page.register({ getAgentConfigSignature: () => early })
    expect(await refusal(page.ww.getContext())).toMatchObject({ errMsg: 'agentConfig:fail' })
  })

  it('is refused on a host the corp does not trust', async () => {
    sandbox.world.corp.trustedDomains.splice(0)
    const { ww } = await registered()
    expect(await refusal(ww.getContext())).toMatchObject({ errMsg: 'agentConfig:fail' })
  })

  it('counts for one address: a new query is signed again, a new hash is not', async () => {
    const page = await registered()
    await page.ww.getContext()
    page.pushState('/sidebar/#/today')
    await page.ww.getContext()
    page.pushState('/sidebar/?customer=2')
    await page.ww.getContext()
    expect(page.signedUrls).toEqual([`${ORIGIN}/sidebar/`, `${ORIGIN}/sidebar/?customer=2`])
  })

  it('does not carry over to an address that was not signed', async () => {
    const page = await registered()
    await page.ww.getContext()
    page.pushState('/sidebar/?customer=2')
    expect(await refusal(page.ww.invoke('getContext', {}))).toMatchObject({
      errMsg: 'getContext:nopermission to execute',
    })
  })

  it('does not open what jsApiList leaves out', async () => {
    const page = await openSdkPage(sandbox, DEVICE)
    page.register({ jsApiList: ['getContext'] })
    expect(await refusal(page.ww.getCurExternalContact())).toMatchObject({
      errMsg: 'getCurExternalContact:nopermission to execute',
    })
  })

  it('can be told to fail, or to keep silent', async () => {
    setDevice({ switches: { agentConfig: 'fail' } })
    expect(await refusal((await registered()).ww.getContext())).toMatchObject({ errMsg: 'agentConfig:fail' })
    setDevice({ switches: { agentConfig: 'silent' } })
    expect(await isSettled((await registered()).ww.getContext())).toBe(false)
  })

  it('is not needed by config, which opens only what needs no app identity', async () => {
    const page = await openSdkPage(sandbox, DEVICE)
    page.register({
      getAgentConfigSignature: undefined,
      getConfigSignature: url => signPage(sandbox.world, url, 'corp'),
    })
    expect(await page.ww.hideOptionMenu()).toMatchObject({ errMsg: 'hideOptionMenu:ok' })
    expect(await refusal(page.ww.getContext())).toMatchObject({
      errMsg: 'getContext:nopermission to execute',
    })
  })
})

describe('entries', () => {
  const NONE = 'without context of external contact'
  it.each<[Entry, contact: string, chat: string, send: string]>([
    ['single_chat_tools', 'ok', NONE, 'ok'],
    ['contact_profile', 'ok', NONE, NONE],
    ['group_chat_tools', NONE, 'ok', 'ok'],
    ['single_kf_tools', 'ok', NONE, 'ok'],
    ['chat_attachment', NONE, NONE, 'ok'],
    ['normal', NONE, NONE, NONE],
  ])('%s', async (entry, contact, chat, send) => {
    const conversationId =
      entry === 'group_chat_tools' ? `group:${chats.chatId}` : `single:chenlu:${chats.first}`
    setDevice({ entry, conversationId: entry === 'normal' ? '' : conversationId })
    const { ww } = await registered()
    const keyword = async (call: Promise<{ errMsg: string }>) =>
      (await call.catch((reason: { errMsg: string }) => reason)).errMsg.replace(/^\w+:/, '')
    expect(await ww.getContext()).toMatchObject({ entry })
    expect(await keyword(ww.getCurExternalContact())).toBe(contact)
    expect(await keyword(ww.getCurExternalChat())).toBe(chat)
    expect(await keyword(ww.sendChatMessage({ msgtype: 'text', text: { content: '您好' } }))).toBe(send)
  })

  it('name the customer or the group in view', async () => {
    const { ww } = await registered()
    expect(await ww.getCurExternalContact()).toMatchObject({ userId: chats.first })
    setDevice({ conversationId: `single:chenlu:${chats.second}` })
    expect(await ww.getCurExternalContact()).toMatchObject({ userId: chats.second })
    setDevice({ conversationId: `group:${chats.chatId}`, entry: 'group_chat_tools' })
    expect(await ww.getCurExternalChat()).toMatchObject({ chatId: chats.chatId })
  })

  it('give no customer to a member without 客户联系', async () => {
    sandbox.world.updateMember('chenlu', { hasCustomerContact: false })
    expect((await refusal((await registered()).ww.getCurExternalContact())).errMsg).toMatch(/permission/)
  })

  it('can keep the customer back, or keep silent', async () => {
    const { ww } = await registered()
    setDevice({ switches: { contact: 'deny' } })
    expect((await refusal(ww.getCurExternalContact())).errMsg).toMatch(/permission/)
    setDevice({ switches: { contact: 'silent' } })
    expect(await isSettled(ww.getCurExternalContact())).toBe(false)
  })
})

describe('sendChatMessage', () => {
  const text = { msgtype: 'text' as const, text: { content: '婉清姐，您看看' } }
  const inView = () => `single:chenlu:${chats.first}`

  it('says the message in the conversation in view', async () => {
    await (await registered()).ww.sendChatMessage(text)
    expect(said(inView())).toMatchObject([
      { from: { kind: 'member', id: 'chenlu' }, body: { msgtype: 'text', content: '婉清姐，您看看' } },
    ])
  })

  it.each<[Device['switches']['send'], string]>([
    ['cancel', 'sendChatMessage:cancel'],
    ['deny', 'sendChatMessage:permission denied'],
  ])('ends as the switch says: %s', async (send, errMsg) => {
    setDevice({ switches: { send } })
    expect(await refusal((await registered()).ww.sendChatMessage(text))).toMatchObject({
      errMsg,
      errCode: -1,
    })
    expect(said(inView())).toEqual([])
  })

  it('may never be answered', async () => {
    setDevice({ switches: { send: 'silent' } })
    expect(await isSettled((await registered()).ww.sendChatMessage(text))).toBe(false)
    expect(said(inView())).toEqual([])
  })

  it('calls the cancel callback of the SDK, not the fail one', async () => {
    setDevice({ switches: { send: 'cancel' } })
    const { ww } = await registered()
    const [cancel, fail] = [vi.fn(), vi.fn()]
    await refusal(ww.sendChatMessage({ ...text, cancel, fail }))
    expect([cancel.mock.calls.length, fail.mock.calls.length]).toEqual([1, 0])
  })

  it('sends a card and a picture of the media store', async () => {
    const { ww } = await registered()
    const media = sandbox.world.saveMedia({
      type: 'image',
      filename: '妈妈.png',
      contentType: 'image/png',
      bytes: new Uint8Array([1]),
    })
    const news = { link: `${ORIGIN}/c/abc`, title: '生日礼券', desc: '满 1000 可用', imgUrl: '' }
    await ww.sendChatMessage({ msgtype: 'news', news })
    await ww.sendChatMessage({ msgtype: 'image', image: { mediaid: media.mediaId } })
    expect(said(inView()).map(message => message.body)).toEqual([
      { msgtype: 'news', ...news },
      {
        msgtype: 'image',
        mediaId: media.mediaId,
        url: `/sandbox/api/media/${media.mediaId}`,
        filename: '妈妈.png',
      },
    ])
  })

  it('forgets media after three days', async () => {
    const { mediaId } = sandbox.world.saveMedia({
      type: 'image',
      filename: 'a.png',
      contentType: 'image/png',
      bytes: new Uint8Array([1]),
    })
    now += 3 * 86_400_000 + 1_000
    const call = (await registered()).ww.sendChatMessage({ msgtype: 'image', image: { mediaid: mediaId } })
    expect(await refusal(call)).toMatchObject({ errMsg: 'sendChatMessage:invalid mediaid' })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown type', { msgtype: 'voice' }, 'unsupported msgtype'],
    ['a type of customer service', { msgtype: 'msgmenu', msgmenu: {} }, 'unsupported msgtype'],
    ['an empty text', { msgtype: 'text', text: { content: '' } }, 'missing arguments'],
    ['no body', { msgtype: 'text' }, 'missing arguments'],
    [
      'a card without address',
      { msgtype: 'news', news: { title: 'x', desc: '', imgUrl: '', link: '' } },
      'missing arguments',
    ],
    ['unknown media', { msgtype: 'file', file: { mediaid: 'nope' } }, 'invalid mediaid'],
    [
      'a mini program without picture',
      { msgtype: 'miniprogram', miniprogram: { appid: 'wx1', title: 'x', imgUrl: '', page: 'p.html' } },
      'invalid imgurl',
    ],
  ])('refuses %s', async (_, message, keyword) => {
    const { ww } = await registered()
    const call = ww.sendChatMessage(message as unknown as Parameters<typeof ww.sendChatMessage>[0])
    expect(await refusal(call)).toMatchObject({ errMsg: `sendChatMessage:${keyword}` })
    expect(said(inView())).toEqual([])
  })
})

describe('clients', () => {
  it.each<[string, Device['platform'], string, boolean]>([
    ['getContext', 'windows', '3.0.24', true],
    ['getContext', 'windows', '3.0.23', false],
    ['sendChatMessage', 'ios', '2.8.9', false],
    ['setClipboardData', 'mac', '3.1.1', false],
    ['setClipboardData', 'android', '3.1.1', true],
    ['openDefaultBrowser', 'ios', '5.0.11', false],
    ['getNetworkType', 'windows', '5.0.11', false],
    ['shareToExternalMoments', 'windows', '5.0.11', false],
  ])('%s on %s %s exists: %s', async (api, platform, clientVersion, exists) => {
    setDevice({ platform, clientVersion })
    const reply = await sandbox.bridge.invoke({
      deviceId: DEVICE,
      page: 'p',
      name: api,
      params: {},
      url: `${ORIGIN}/sidebar/`,
    })
    expect(reply.answer?.err_msg === `${api}:function not exist`).toBe(!exists)
  })

  it('tell by checkJsApi what they can', async () => {
    const { checkResult } = await (
      await registered()
    ).ww.checkJsApi({ jsApiList: ['getContext', 'previewImage', 'noSuchApi'] })
    expect(checkResult).toMatchObject({ getContext: true, previewImage: true, noSuchApi: false })
  })

  it('answer in the newer style when told to', async () => {
    setDevice({ entry: 'contact_profile', switches: { errorStyle: 'errMsg' } })
    const { ww } = await registered()
    expect(await ww.getContext()).toMatchObject({ errMsg: 'getContext:ok', errCode: 0 })
    expect(await refusal(ww.getCurExternalChat())).toMatchObject({
      errMsg: 'getCurExternalChat:fail without context of external contact',
      errCode: -1,
    })
  })

  it('bring their bridge late when told to', async () => {
    setDevice({ switches: { bridge: 'late' } })
    const page = await openSdkPage(sandbox, DEVICE)
    expect(page.ww.isWeixinJSBridgeReady).toBe(false)
    page.register()
    expect(await page.ww.getContext()).toMatchObject({ entry: 'single_chat_tools' })
  })

  it('answer after their latency, with what was true when asked', async () => {
    const { ww } = await registered()
    await ww.getContext()
    setDevice({ switches: { latencyMs: 60 } })
    const started = performance.now()
    const contact = ww.getCurExternalContact()
    await vi.waitFor(() => expect(lastCall()?.name).toBe('getCurExternalContact'))
    setDevice({ conversationId: `single:chenlu:${chats.second}` })
    expect(await contact).toMatchObject({ userId: chats.first })
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
  })
})

describe('leaving the page', () => {
  const device = () => sandbox.world.device(DEVICE)

  it('opens a customer of the member', async () => {
    setDevice({ entry: 'normal', conversationId: '' })
    await (await registered()).ww.openEnterpriseChat({ externalUserIds: [chats.second], userIds: ['chenlu'] })
    expect(device()).toMatchObject({
      conversationId: `single:chenlu:${chats.second}`,
      entry: 'single_chat_tools',
    })
  })

  it.each([
    ['who deleted the member', 'lost', 'ok'],
    ['who is not confirmed yet', 'half', 'ok'],
    ['whom the member deleted', 'removed', 'fail'],
  ] as const)('asked for a customer %s', async (_who, status, end) => {
    sandbox.world.updateFollow('chenlu', chats.second, { status })
    const { ww } = await registered()
    const opening = ww.openEnterpriseChat({ externalUserIds: [chats.second] })
    const outcome = end === 'ok' ? await opening : await refusal(opening)
    expect(outcome).toMatchObject({ errMsg: `openEnterpriseChat:${end}` })
    expect(device().conversationId).toBe(`single:chenlu:${end === 'ok' ? chats.second : chats.first}`)
  })

  it('opens a customer group by its id', async () => {
    const answer = await (await registered()).ww.openEnterpriseChat({ chatId: chats.chatId })
    expect(answer).toMatchObject({ chatId: chats.chatId })
    expect(device()).toMatchObject({ conversationId: `group:${chats.chatId}`, entry: 'group_chat_tools' })
  })

  it.each([{ externalUserIds: ['wmNOBODY'] }, { chatId: 'wrNOWHERE' }, {}])('stays for %j', async params => {
    const { ww } = await registered()
    expect(await refusal(ww.openEnterpriseChat(params))).toMatchObject({ errMsg: 'openEnterpriseChat:fail' })
    expect(device().conversationId).toBe(`single:chenlu:${chats.first}`)
  })

  it.each<[Device['platform']]>([['windows'], ['ios']])(
    'scans what was put before the camera, on %s',
    async platform => {
      setDevice({ platform })
      const { ww } = await registered()
      const request = (body: unknown) =>
        sandbox.app.request(`${ORIGIN}/sandbox/bridge/scan`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', cookie: `sandbox_device=${DEVICE}` },
        })
      expect((await request({ text: 'K7QM' })).status).toBe(204)
      expect(await ww.scanQRCode({ needResult: true })).toMatchObject({ resultStr: 'K7QM' })
      const closed = ww.scanQRCode({ needResult: true })
      await request({ text: null })
      expect(await refusal(closed)).toMatchObject({ errMsg: 'scanQRCode:cancel' })
      const denied = ww.scanQRCode({ needResult: true })
      await request({ text: null, isDenied: true })
      expect(await refusal(denied)).toMatchObject({ errMsg: 'scanQRCode:permission denied' })
      expect((await request({ text: 3 })).status).toBe(400)
    },
  )

  it('shows a picture, and copies a text', async () => {
    const { ww } = await registered()
    const shown: unknown[] = []
    sandbox.bridge.onClientEvent(event => shown.push(event))
    await ww.previewImage({ current: 'http://a.test/1.png', urls: ['http://a.test/1.png'] })
    await ww.setClipboardData({ data: 'K7QM' })
    expect(shown).toMatchObject([
      { deviceId: DEVICE, name: 'imagePreview', params: { current: 'http://a.test/1.png' } },
      { deviceId: DEVICE, name: 'setClipboardData', params: { data: 'K7QM' } },
    ])
  })
})

describe('the door', () => {
  const call = (body: unknown, headers: Record<string, string>) =>
    sandbox.app.request(`${ORIGIN}/sandbox/bridge/invoke`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', cookie: `sandbox_device=${DEVICE}`, ...headers },
    })
  const honest = { page: 'p', name: 'checkJsApi', params: {}, url: `${ORIGIN}/sidebar/` }

  it.each<[number, string, unknown, Record<string, string>]>([
    [200, 'the address the browser confirms', honest, { referer: `${ORIGIN}/sidebar/` }],
    [403, 'another address of the same host', honest, { referer: `${ORIGIN}/sidebar/?x=1` }],
    [403, 'another host', honest, { origin: 'http://evil.test' }],
    [403, 'an address with a hash', { ...honest, url: `${ORIGIN}/sidebar/#/a` }, {}],
    [400, 'no name', { ...honest, name: undefined }, {}],
    [400, 'no JSON', '{', {}],
  ])('answers %i to %s', async (status, _, body, headers) => {
    expect((await call(body, headers)).status).toBe(status)
  })
})
