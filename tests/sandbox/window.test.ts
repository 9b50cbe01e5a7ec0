import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../sandbox/app.ts'
import type { DeviceChange } from '../../sandbox/window/sandboxApi.ts'
import { launchBrowser } from '../support/browser.ts'
import { startSdkApp } from './sdkApp.ts'
import type { StubApp } from './stubApp.ts'
import { createTestSandbox, serveSandbox, signPage, someChats } from './testSandbox.ts'

let browser: Browser
let app: StubApp
let sandbox: Sandbox
let served: { origin: string; close(): Promise<void> }
let context: BrowserContext
let page: Page
let chats: ReturnType<typeof someChats>
const complaints: string[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  app = await startSdkApp(url => signPage(sandbox.world, url))
})
afterAll(async () => {
  await browser.close()
  await app.close()
})

beforeEach(async () => {
  sandbox = createTestSandbox(app.url)
  served = await serveSandbox(sandbox, app.url)
  chats = someChats(sandbox.world, 'chenlu')
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  complaints.length = 0
  page.on('pageerror', error => complaints.push(error.message))
})
afterEach(async () => {
  await context.close()
  await served.close()
  expect(complaints).toEqual([])
})

const open = (query = `?user=chenlu&chat=${chats.first}`) => page.goto(`${served.origin}/${query}`)
const frame = (): FrameLocator => page.frameLocator('iframe[title="导购侧边栏"]')
const change = async (wanted: DeviceChange) => {
  const answer = await context.request.patch(`${served.origin}/sandbox/api/device`, { data: wanted })
  expect(answer.status()).toBe(200)
}
/** What the page in the frame shows, waited for. */
const shows = (id: string, text: string) => frame().locator(`#${id}`).filter({ hasText: text }).waitFor()
const region = (name: string) => page.getByRole('region', { name })
const customersPhone = () => page.getByRole('complementary', { name: '客户的手机' })
const titleOf = (peerId: string) =>
  sandbox.world.conversationsOf('chenlu').find(conversation => conversation.peerId === peerId)?.title ?? ''
const openConversation = async (peerId: string) => {
  await page.getByLabel('搜索会话').fill(peerId)
  await page.getByRole('navigation', { name: '会话' }).getByRole('button').first().click()
}

describe('the app in the window', () => {
  it('learns the customer in view through the unmodified SDK', async () => {
    await open()
    await shows('contact', chats.first)
    await shows('entry', 'single_chat_tools')
    expect(await page.locator('iframe[title="导购侧边栏"]').evaluate(element => element.clientWidth)).toBe(
      360,
    )
  })

  it('signs again after pushState, and not after a hash', async () => {
    await open()
    await shows('contact', chats.first)
    const asked = () => app.requests.filter(request => request.path.startsWith('/api/sign')).length
    const before = asked()
    const again = (url: string) =>
      frame()
        .locator('body')
        .evaluate(async (_, next) => {
          history.pushState({}, '', next)
          const { ww } = window as unknown as { ww: { getContext(): Promise<{ errMsg: string }> } }
          return (await ww.getContext()).errMsg
        }, url)
    expect(await again('/sidebar/#/today')).toBe('getContext:ok')
    expect(asked()).toBe(before)
    expect(await again('/sidebar/?customer=2')).toBe('getContext:ok')
    expect(asked()).toBe(before + 1)
  })

  it('works with a bridge that comes late', async () => {
    await open()
    await change({ switches: { bridge: 'late' } })
    await page.reload()
    await shows('contact', chats.first)
  })

  it('sends into the chat, and the customer sees it', async () => {
    await open()
    await shows('contact', chats.first)
    await frame().getByRole('button', { name: '发送' }).click()
    await shows('sent', 'sendChatMessage:ok')
    await region('聊天').getByText('您看看这款').waitFor()
    await customersPhone().getByText('您看看这款').waitFor()
  })

  it.each([
    ['取消', 'sendChatMessage:cancel'],
    ['拒绝', 'sendChatMessage:permission denied'],
  ])('is told when the member ends the sending by %s', async (result, errMsg) => {
    await open()
    await shows('contact', chats.first)
    await page.getByLabel('发送结果').selectOption(result)
    await expect.poll(() => sandboxDevice().switches.send).not.toBe('ok')
    await frame().getByRole('button', { name: '发送' }).click()
    await shows('sent', errMsg)
    expect(sandbox.world.messages(sandboxDevice().conversationId).at(-1)?.via).not.toBe('sendChatMessage')
  })

  it('waits in vain when the client never answers', async () => {
    await open()
    await shows('contact', chats.first)
    await change({ switches: { send: 'silent' } })
    await frame().getByRole('button', { name: '发送' }).click()
    await expect.poll(() => sandbox.bridge.calls(sandboxDevice().id).at(-1)?.result).toBe('silent')
    await shows('sent', '…')
  })
})

/** The one device of this test's browser, found by its cookie's trace in the world. */
function sandboxDevice() {
  if (!deviceId) throw new Error('the window was not opened')
  return sandbox.world.device(deviceId)
}
let deviceId = ''
beforeEach(() => {
  deviceId = ''
  page.on('response', () => {
    void context.cookies().then(
      cookies => (deviceId ||= cookies.find(({ name }) => name === 'sandbox_device')?.value ?? ''),
      () => undefined, // the context was closed meanwhile
    )
  })
})

describe('changing the chat', () => {
  it('makes the page anew', async () => {
    await open()
    await shows('contact', chats.first)
    await openConversation(chats.second)
    await shows('contact', chats.second)
    await shows('reads', '1')
  })

  it('keeps the page and wakes it, when told to', async () => {
    await open()
    await shows('contact', chats.first)
    await page.getByLabel('换聊天时').selectOption('同一页面')
    await openConversation(chats.second)
    await shows('contact', chats.second)
    await shows('reads', '2')
  })

  it('shows a group with its senders, to the app as a group', async () => {
    sandbox.world.say({
      conversationId: `group:${chats.chatId}`,
      from: { kind: 'member', id: 'zhoumin' },
      via: 'typed',
      body: { msgtype: 'text', content: '明天见' },
    })
    await open(`?user=chenlu&chat=${chats.chatId}`)
    await shows('entry', 'group_chat_tools')
    await shows('contact', chats.chatId)
    const name = sandbox.world.findMember('zhoumin')?.name ?? ''
    await region('聊天')
      .getByRole('listitem')
      .filter({ hasText: `${name}：明天见` })
      .waitFor()
    expect(await page.getByLabel('打开方式').locator('option').allTextContents()).toEqual([
      '聊天工具栏',
      '聊天附件栏',
      '工作台',
    ])
  })

  it('comes from the app too, and from another member', async () => {
    await open()
    await shows('contact', chats.first)
    await change({ conversationId: `single:chenlu:${chats.second}` })
    await region('聊天')
      .getByRole('heading', { name: titleOf(chats.second) })
      .waitFor()
    await page.getByLabel('身份').selectOption('zhoumin')
    const [first] = sandbox.world.conversationsOf('zhoumin')
    await region('聊天')
      .getByRole('heading', { name: first?.title ?? '?' })
      .waitFor()
  })
})

describe('two people talking', () => {
  it('see what the other one types', async () => {
    await open()
    await page.getByLabel('发消息给客户', { exact: true }).fill('明天到店吗')
    await page.keyboard.press('Enter')
    await customersPhone().getByText('明天到店吗').waitFor()
    await page.getByLabel('替客户回复', { exact: true }).fill('下午三点')
    await customersPhone().getByRole('button', { name: '替客户回复：发送' }).click()
    await region('聊天').getByText('下午三点').waitFor()
  })

  it('marks a conversation that got an answer meanwhile', async () => {
    await open()
    await shows('contact', chats.first)
    sandbox.world.say({
      conversationId: `single:chenlu:${chats.second}`,
      from: { kind: 'customer', id: chats.second },
      via: 'typed',
      body: { msgtype: 'text', content: '在吗' },
    })
    const row = page.getByRole('navigation', { name: '会话' }).getByRole('button', { name: '在吗' })
    await row.getByText('有新消息').waitFor()
    await row.click()
    await row.getByText('有新消息').waitFor({ state: 'detached' })
  })

  it('lets the customer open a card, in a page without a bridge, and come back', async () => {
    await open()
    sandbox.world.say({
      conversationId: `single:chenlu:${chats.first}`,
      from: { kind: 'member', id: 'chenlu' },
      via: 'sendChatMessage',
      body: {
        msgtype: 'news',
        link: `${served.origin}/c/token`,
        title: '生日礼券 ¥100',
        desc: '点开领取',
        imgUrl: '',
      },
    })
    await customersPhone().getByRole('button', { name: '打开 生日礼券 ¥100' }).click()
    const coupon = page.frameLocator('iframe[title="客户打开的网页"]')
    await coupon.getByRole('heading', { name: '生日礼券' }).waitFor()
    expect(await coupon.locator('#b').textContent()).toBe('undefined')
    await customersPhone().getByRole('button', { name: '返回聊天' }).click()
    await customersPhone().getByRole('button', { name: '打开 生日礼券 ¥100' }).waitFor()
  })
})

describe('the workbench', () => {
  it('opens the app without a customer, beside the notices of the app', async () => {
    await open()
    await page.getByLabel('打开方式').selectOption('工作台')
    await shows('entry', 'normal')
    await shows('contact', 'without context')
    sandbox.world.notify({
      userId: 'chenlu',
      msgtype: 'textcard',
      content: {
        title: '今天有 3 位客户',
        description: '婉清姐的妈妈 12 天后生日',
        url: `${served.origin}/sidebar/?from=notice#/today`,
        btntxt: '去看看',
      },
    })
    await region('消息').getByRole('heading', { name: '今天有 3 位客户' }).waitFor()
    await region('消息').getByRole('button', { name: '去看看' }).click()
    await expect
      .poll(() => page.frames().map(shown => shown.url()))
      .toContain(`${served.origin}/sidebar/?from=notice#/today`)
  })
})

describe('the look', () => {
  it('of the app follows the switch', async () => {
    await open()
    await shows('theme', '浅色')
    await page.getByLabel('界面').selectOption('深色')
    await shows('theme', '深色')
  })

  it('can be a phone, which is another client', async () => {
    await open()
    await shows('contact', chats.first)
    await page.getByLabel('外形').selectOption('手机')
    await expect
      .poll(() =>
        frame()
          .locator('body')
          .evaluate(() => navigator.userAgent),
      )
      .toMatch(/iPhone.*wxwork/)
    expect(await page.getByRole('separator', { name: '侧边栏宽度' }).count()).toBe(0)
  })

  it('can be made wider and narrower by keyboard and by hand, within bounds', async () => {
    await open()
    const handle = page.getByRole('separator', { name: '侧边栏宽度' })
    const width = () => page.locator('iframe[title="导购侧边栏"]').evaluate(element => element.clientWidth)
    await handle.press('ArrowLeft')
    await expect.poll(width).toBe(370)
    await handle.press('End')
    await expect.poll(width).toBe(430)
    const box = await handle.boundingBox()
    if (!box) throw new Error('no handle')
    await page.mouse.move(box.x + 4, 400)
    await page.mouse.down()
    await page.mouse.move(box.x + 604, 400, { steps: 4 })
    await page.mouse.up()
    await expect.poll(width).toBe(300)
  })

  it('hides the phone behind a button in a narrow window', async () => {
    await page.setViewportSize({ width: 1000, height: 700 })
    await open()
    await shows('contact', chats.first)
    expect(await customersPhone().isVisible()).toBe(false)
    await page.getByRole('button', { name: '客户的手机' }).click()
    await customersPhone().waitFor()
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBe(0)
  })

  it('is the app alone when compact', async () => {
    await page.setViewportSize({ width: 320, height: 640 })
    await open(`?user=chenlu&chat=${chats.second}&theme=dark&compact=1`)
    await shows('contact', chats.second)
    await shows('theme', '深色')
    const box = await page.locator('iframe').boundingBox()
    expect(box).toEqual({ x: 0, y: 0, width: 320, height: 640 })
  })

  it('names an address that leads nowhere', async () => {
    await open('?user=chenlu&chat=wmNOBODY')
    await page.getByRole('alert').filter({ hasText: 'wmNOBODY' }).waitFor()
  })
})

describe('the client', () => {
  it("lets the page hear the phone's back arrow, and keep itself", async () => {
    await open(`?user=chenlu&chat=${chats.first}&frame=phone`)
    await shows('contact', chats.first)
    const inPage = frame().locator('body')
    await inPage.evaluate(() => {
      location.hash = '#/today'
      const answers = [false, true]
      const { ww } = window as unknown as { ww: { onHistoryBack(callback: () => boolean): void } }
      ww.onHistoryBack(() => answers.shift() ?? true)
    })
    const hash = () => inPage.evaluate(() => location.hash)
    const back = page.getByRole('button', { name: '手机返回键' })
    await expect.poll(() => sandbox.bridge.calls(sandboxDevice().id).length).toBeGreaterThan(2)
    await back.click()
    expect(await hash()).toBe('#/today')
    await back.click()
    await expect.poll(hash).toBe('')
  })

  it('scans what the tester types', async () => {
    await open()
    await shows('contact', chats.first)
    const scanned = frame()
      .locator('body')
      .evaluate(async () => {
        const { ww } = window as unknown as {
          ww: { scanQRCode(params: object): Promise<{ resultStr: string }> }
        }
        return (await ww.scanQRCode({ needResult: true })).resultStr
      })
    await page.getByLabel('镜头里的内容').fill('K7QM-2X')
    await page.getByRole('button', { name: '扫到了' }).click()
    expect(await scanned).toBe('K7QM-2X')
  })

  it('starts over', async () => {
    await open()
    sandbox.world.say({
      conversationId: `single:chenlu:${chats.first}`,
      from: { kind: 'customer', id: chats.first },
      via: 'typed',
      body: { msgtype: 'text', content: '只此一句' },
    })
    await region('聊天').getByText('只此一句').waitFor()
    page.once('dialog', dialog => void dialog.accept())
    await page.getByRole('button', { name: '重置' }).click()
    await region('聊天').getByText('只此一句').waitFor({ state: 'detached' })
  })
})
