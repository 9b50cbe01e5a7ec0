import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../sandbox/app.ts'
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
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  await page.goto(`${served.origin}/?user=chenlu&chat=${someChats(sandbox.world, 'chenlu').first}`)
})
afterEach(async () => {
  await context.close()
  await served.close()
})

const phone = () => page.getByRole('complementary', { name: '客户的手机' })
const addWay = (userIds: string[]) =>
  sandbox.world.addContactWay({
    type: 2,
    scene: 2,
    style: 0,
    remark: '国贸店收银台',
    state: 'gbTill',
    skipVerify: true,
    userIds,
    partyIds: [],
    isExclusive: false,
  })
const ask = (api: string, body: object) =>
  context.request.post(
    `${served.origin}/cgi-bin/externalcontact/${api}?access_token=${sandbox.world.issueToken().token}`,
    { data: body },
  )

describe('a customer who scans a code on her phone', () => {
  it('is somebody new, whose chat opens; the welcome stands there and its card opens the page', async () => {
    addWay(['chenlu'])
    let code = ''
    sandbox.world.onEvent(event => {
      if (event.kind === 'callback' && 'welcomeCode' in event.event) code = event.event.welcomeCode ?? ''
    })
    await phone().getByRole('button', { name: '扫一扫' }).click()
    await phone().getByLabel('新客户的名字').fill('小满')
    await phone().getByRole('button', { name: '国贸店收银台' }).click()
    await page.getByRole('region', { name: '聊天' }).getByRole('heading', { name: '小满' }).waitFor()

    await page.route('**/c/welcome', route =>
      route.fulfill({ contentType: 'text/html', body: '<h1>见面礼券</h1>' }),
    )
    const link = { title: '见面礼券 ¥50', desc: '点开领取', url: `${served.origin}/c/welcome`, picurl: '' }
    const attachments = [{ msgtype: 'link', link }]
    await ask('send_welcome_msg', { welcome_code: code, text: { content: '您好，欢迎' }, attachments })
    await phone().getByText('您好，欢迎').waitFor()
    await phone().getByRole('button', { name: '打开 见面礼券 ¥50' }).click()
    await page.frameLocator('iframe[title="客户打开的网页"]').getByText('见面礼券').waitFor()
  })

  it('is told when there is nobody on it whom she has not added', async () => {
    addWay(['chenlu'])
    await phone().getByRole('button', { name: '扫一扫' }).click()
    await phone().getByRole('radio').first().check()
    await phone().getByRole('button', { name: '国贸店收银台' }).click()
    await phone().getByRole('alert').filter({ hasText: '她都加过了' }).waitFor()
    await phone().getByRole('button', { name: '返回聊天' }).click()
    await phone().getByRole('textbox', { name: '替客户回复' }).waitFor()
  })

  it('is told where codes are made while there is none', async () => {
    await phone().getByRole('button', { name: '扫一扫' }).click()
    await phone().getByText('还没有渠道活码').waitFor()
  })
})

describe('a code on the customer’s phone', () => {
  it('is read by the member’s scanner, which she may also close or not allow', async () => {
    await page.route('**/c/shown', route =>
      route.fulfill({
        contentType: 'text/html',
        body: '<p><span>K7QM</span> <span>2P4R</span> <span>9XTD</span></p>',
      }),
    )
    const { first } = someChats(sandbox.world, 'chenlu')
    sandbox.world.say({
      conversationId: `single:chenlu:${first}`,
      from: { kind: 'member', id: 'chenlu' },
      via: 'sendChatMessage',
      body: { msgtype: 'news', title: '券', desc: '', imgUrl: '', link: `${served.origin}/c/shown` },
    })
    await phone().getByRole('button', { name: '打开 券' }).last().click()
    await page.frameLocator('iframe[title="客户打开的网页"]').getByText('K7QM').waitFor()
    const app = page.frameLocator('iframe[title="导购侧边栏"]')
    await app.locator('#contact').filter({ hasText: first }).waitFor()
    const scan = () =>
      app.locator('body').evaluate(() => {
        const { ww } = window as unknown as {
          ww: { scanQRCode(params: object): Promise<{ resultStr: string }> }
        }
        return ww.scanQRCode({ needResult: true }).then(
          ({ resultStr }) => resultStr,
          (reason: { errMsg: string }) => reason.errMsg,
        )
      })
    const dialog = page.getByRole('dialog')
    const ends: string[] = []
    for (const end of ['扫到了', '关掉镜头', '不给用相机']) {
      const scanned = scan()
      await dialog.waitFor()
      if (end === '扫到了') await dialog.getByRole('button', { name: '对准客户的手机' }).click()
      // Enter takes what is in view.
      if (end === '扫到了') await dialog.getByRole('textbox').press('Enter')
      else await dialog.getByRole('button', { name: end }).click()
      ends.push(await scanned)
    }
    expect(ends).toEqual(['K7QM2P4R9XTD', 'scanQRCode:cancel', 'scanQRCode:permission denied'])
  })
})
