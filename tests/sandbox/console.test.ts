import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSandbox } from '../../sandbox/app.ts'
import type { Sandbox } from '../../sandbox/app.ts'
import { createSandboxClock } from '../../sandbox/clock.ts'
import { launchBrowser } from '../support/browser.ts'
import { element, startReceiver, vectorKeys } from './callbackReceiver.ts'
import { startSdkApp } from './sdkApp.ts'
import type { StubApp } from './stubApp.ts'
import { serveSandbox, signPage, someChats } from './testSandbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandbox-console-'))
const clockFile = join(folder, 'clock')
let browser: Browser
let app: StubApp
let sandbox: Sandbox
let receiver: Awaited<ReturnType<typeof startReceiver>>
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
  rmSync(folder, { recursive: true })
})

function startSandbox(): Sandbox {
  return createSandbox({
    config: {
      host: '127.0.0.1',
      port: 8788,
      appUrl: app.url,
      corp: {
        corpId: 'ww5a9db0xguidebar01',
        name: '金禾珠宝',
        agentId: 1_000_002,
        secret: 'sandbox-secret-not-a-real-one',
        trustedDomains: [],
      },
      clockFile,
      callbacks: { ...vectorKeys, url: receiver.url, answerMs: 5000, verifyMs: 1000, retries: 3, retryMs: 0 },
    },
    now: createSandboxClock(clockFile),
  })
}

beforeEach(async () => {
  writeFileSync(clockFile, '2027-02-05T09:00:00+08:00')
  receiver = await startReceiver()
  sandbox = startSandbox()
  // Whichever sandbox runs at the moment answers on the one origin.
  const front = new Hono().all('*', request => sandbox.app.fetch(request.req.raw, request.env))
  served = await serveSandbox({ ...sandbox, app: front }, app.url)
  chats = someChats(sandbox.world, 'chenlu')
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  complaints.length = 0
  page.on('pageerror', error => complaints.push(error.message))
})
afterEach(async () => {
  await context.close()
  await served.close()
  await receiver.close()
  expect(complaints).toEqual([])
})

const drawer = () => page.getByRole('complementary', { name: '控制台' })
const toggle = () => page.getByRole('button', { name: '控制台', exact: true })
const tab = (name: string) => page.getByRole('tab', { name })
const section = (name: string) => drawer().getByRole('region', { name })
const says = (words: string | RegExp) => drawer().getByRole('status').filter({ hasText: words }).waitFor()
const openConsole = async (chat = chats.first) => {
  await page.goto(`${served.origin}/?user=chenlu&chat=${chat}`)
  await toggle().click()
  await section('成员').waitFor()
}
const receivedTypes = () => receiver.received.map(({ xml }) => element(xml, 'ChangeType'))
const relation = () => sandbox.world.findFollow('chenlu', chats.first)?.status
const call = (api: string) => fetch(`${served.origin}/cgi-bin/${api}`)

describe('what people and admins do', () => {
  it('reaches the app, and the console says how', async () => {
    await openConsole()
    await section('这位客户').getByRole('button', { name: '客户删除好友' }).click()
    await says(/客户删除好友.*回调「客户删除导购」已送到/)
    expect(receivedTypes()).toEqual(['del_follow_user'])
    await page.getByRole('region', { name: '聊天' }).getByText('对方已不是好友').waitFor()
    await section('这位客户').getByRole('button', { name: '重新添加' }).click()
    await says('回调「添加客户」已送到')
    expect(relation()).toBe('active')
  })

  it('is kept from the app when told so', async () => {
    await openConsole()
    await drawer().getByLabel('不发回调').check()
    await section('这位客户').getByRole('button', { name: '导购删除客户' }).click()
    await says('没有告诉应用')
    expect(relation()).toBe('removed')
    await sandbox.callbacks.idle()
    expect(receivedTypes()).toEqual([])
    // Deleted, but still in view, so that it can be undone here.
    await page.getByRole('region', { name: '聊天' }).getByText('已从客户里删除').waitFor()
    await section('这位客户').getByRole('button', { name: '重新添加' }).waitFor()
  })

  it('changes remark and tags', async () => {
    sandbox.world.updateFollow('chenlu', chats.first, { tagIds: [] })
    await openConsole()
    await section('这位客户').getByLabel('备注').fill('婉清 送妈妈')
    await section('这位客户').getByRole('button', { name: '改备注' }).click()
    await says(/备注改成.*已送到/)
    await section('这位客户').getByLabel('加标签').selectOption('足金')
    await says(/加标签「足金」.*已送到/)
    expect(sandbox.world.findFollow('chenlu', chats.first)).toMatchObject({
      remark: '婉清 送妈妈',
      tagIds: [expect.any(String)],
    })
    await section('这位客户').getByRole('button', { name: '去掉标签足金' }).click()
    await says(/去掉标签「足金」.*已送到/)
    expect(sandbox.world.findFollow('chenlu', chats.first)?.tagIds).toEqual([])
  })

  it('hands the customer over, with the customer answering', async () => {
    await openConsole()
    await section('这位客户').getByLabel('转给').selectOption('linxiaoyu')
    await section('这位客户').getByRole('button', { name: '开始转接' }).click()
    await says('客户答复以前')
    await section('这位客户').getByRole('button', { name: '客户接受' }).click()
    await says('2 条回调（删除客户、添加客户）都已送到')
    expect(sandbox.world.findFollow('linxiaoyu', chats.first)?.status).toBe('active')
  })

  it('lets somebody new scan a code and wait for the guide', async () => {
    await openConsole()
    await section('新客户扫码').getByLabel('名字').fill('钱多多')
    await section('新客户扫码').getByLabel('渠道').fill('橱窗')
    await section('新客户扫码').getByLabel('免验证').check()
    await section('新客户扫码').getByRole('button', { name: '扫码添加' }).click()
    await drawer().getByRole('button', { name: '打开钱多多的聊天' }).click()
    await section('这位客户').getByRole('button', { name: '导购通过' }).click()
    await says('回调「添加客户」已送到')
    expect(receivedTypes()).toEqual(['add_half_external_contact', 'add_external_contact'])
    expect(element(receiver.received[0]?.xml ?? '', 'State')).toBe('橱窗')
  })

  it('says that members change without a word', async () => {
    await openConsole()
    await section('成员').getByLabel('成员').selectOption('zhoumin')
    await section('成员').getByRole('button', { name: '离职' }).click()
    await says('企业微信不把成员的变动告诉应用')
    expect(sandbox.world.findMember('zhoumin')?.status).toBe(5)
    await section('成员').getByRole('button', { name: '恢复' }).click()
    await says('恢复在职')
    await section('成员').getByLabel('部门').selectOption('西单店')
    await section('成员').getByRole('button', { name: '移过去' }).click()
    await says('去西单店')
    await section('成员').getByRole('button', { name: '移出可见范围' }).click()
    await says('移出可见范围')
    expect(sandbox.world.findMember('zhoumin')).toMatchObject({
      status: 1,
      departments: [4],
      inVisibleRange: false,
    })
  })

  it('changes the corp tags', async () => {
    await openConsole()
    const tags = section('企业标签')
    await tags.getByLabel('新标签组').fill('节日')
    await tags.getByLabel('里面的标签').fill('春节，中秋')
    await tags.getByRole('button', { name: '新建' }).click()
    await says('新建标签组「节日」')
    await tags.getByLabel('标签组', { exact: true }).selectOption('节日')
    await tags.getByLabel('标签春节').fill('元宵')
    await tags.getByRole('button', { name: '改名' }).click()
    await says('改名成「元宵」')
    await tags.getByRole('button', { name: '删掉中秋' }).click()
    await says('删掉「中秋」')
    const made = sandbox.world.tagGroups().find(({ name }) => name === '节日')
    expect(made?.tags.filter(({ deleted }) => !deleted).map(({ name }) => name)).toEqual(['元宵'])
    await sandbox.callbacks.idle()
    expect(receivedTypes()).toEqual(['create', 'create', 'create', 'update', 'delete'])
  })

  it('changes the group in view', async () => {
    await openConsole(chats.chatId)
    const group = section('客户群')
    await group.getByLabel('名字').fill('路人甲')
    await group.getByRole('button', { name: '进群' }).click()
    await says(/路人甲进群.*回调「有人进群」已送到/)
    await group.getByLabel('群名', { exact: true }).fill('老友茶话会')
    await group.getByRole('button', { name: '改群名' }).click()
    await says('回调「改群名」已送到')
    expect(sandbox.world.findGroup(chats.chatId)?.name).toBe('老友茶话会')
    await group.getByRole('button', { name: '解散群' }).click()
    await says('回调「解散客户群」已送到')
    expect(sandbox.world.findGroup(chats.chatId)).toBeUndefined()
  })

  it('is refused in words', async () => {
    await openConsole()
    sandbox.world.updateFollow('chenlu', chats.first, { status: 'removed' })
    sandbox.world.updateMember('chenlu', { hasCustomerContact: false })
    await section('这位客户').getByRole('button', { name: '重新添加' }).click()
    await says('没有客户联系权限')
  })
})

describe('what travels', () => {
  it('shows callbacks as they go, and lets them be lost', async () => {
    await openConsole()
    await tab('回调').click()
    await section('路上出的事').getByLabel('丢接下来').fill('1')
    await section('路上出的事').getByLabel('丢接下来').press('Enter')
    await section('路上出的事').getByText('丢接下来 1 条').waitFor()
    for (const changeType of ['edit_external_contact', 'del_follow_user'] as const) {
      sandbox.world.raise({
        event: 'change_external_contact',
        changeType,
        userId: 'chenlu',
        externalUserId: chats.first,
      })
    }
    const lines = section('发送记录').getByRole('listitem')
    await lines.filter({ hasText: '修改客户' }).filter({ hasText: '丢了' }).waitFor()
    await lines.filter({ hasText: '客户删除导购' }).filter({ hasText: '已送到' }).waitFor()
    expect(receivedTypes()).toEqual(['del_follow_user'])
    await lines.first().click()
    await lines
      .first()
      .getByText(chats.first, { exact: false })
      .filter({ hasText: 'ExternalUserID' })
      .waitFor()
  })

  it('gathers callbacks while paused, and lets them go', async () => {
    await openConsole()
    await tab('回调').click()
    await section('路上出的事').getByLabel('暂停').check()
    await expect.poll(() => sandbox.callbacks.switches().paused).toBe(true)
    sandbox.world.raise({
      event: 'change_external_contact',
      changeType: 'edit_external_contact',
      userId: 'chenlu',
      externalUserId: chats.first,
    })
    await drawer().getByRole('button', { name: '把攒着的 1 条发掉' }).click()
    await section('发送记录').getByText('已送到').waitFor()
    await drawer().getByRole('button', { name: '都照常' }).click()
    await expect.poll(() => sandbox.callbacks.switches().paused).toBe(false)
  })

  it('says why the receive URL is refused', async () => {
    await openConsole()
    await tab('回调').click()
    await drawer().getByRole('button', { name: '验证接收地址' }).click()
    await says('没通过：答复不是解开的原文')
  })

  it('shows calls as they come, and makes the next one fail', async () => {
    await openConsole()
    await tab('接口').click()
    await section('调用记录').getByText('应用还没有调用过接口').waitFor()
    const form = section('让接口出事')
    await form.getByLabel('接口', { exact: true }).selectOption('externalcontact/get')
    await form.getByLabel('错误码').selectOption('45033')
    await form.getByLabel('只有').fill('2')
    await form.getByRole('button', { name: '加上' }).click()
    await form.getByText('读客户：45033 同时调用太多，还有 2 次').waitFor()
    await call('externalcontact/get')
    await call('agent/get')
    const lines = section('调用记录').getByRole('listitem')
    await lines.filter({ hasText: '读客户' }).filter({ hasText: '45033 同时调用太多' }).waitFor()
    await form.getByText('还有 1 次').waitFor()
    await section('调用记录').getByLabel('只看', { exact: true }).selectOption('agent/get')
    await expect.poll(() => lines.allInnerTexts()).toEqual([expect.stringContaining('读应用')])
    await form.getByRole('button', { name: '清除' }).click()
    await form.getByText('现在都正常').waitFor()
    expect(sandbox.world.faults()).toEqual([])
  })

  it('lets tokens expire, and distrusts addresses', async () => {
    await openConsole()
    const { token } = sandbox.world.issueToken()
    await tab('接口').click()
    await drawer().getByRole('button', { name: '令牌过期' }).click()
    await says('令牌已过期')
    expect(sandbox.world.checkToken(token)).toBe('expired')
    await drawer().getByLabel('可信 IP').fill('203.0.113.7，198.51.100.1')
    await drawer().getByRole('button', { name: '记下' }).click()
    await expect.poll(() => sandbox.world.network().trustedIps).toEqual(['203.0.113.7', '198.51.100.1'])
    await drawer().getByText('限额').click()
    await drawer().getByLabel('同时改客户').fill('1')
    await drawer().getByLabel('同时改客户').press('Enter')
    await expect.poll(() => sandbox.world.limits().parallelWrites).toBe(1)
  })

  it('moves the day for both sides', async () => {
    await openConsole()
    await tab('时间').click()
    await drawer().getByText('2027年2月5日').waitFor()
    await drawer().getByRole('button', { name: '+1 天' }).click()
    await drawer().getByText('2027年2月6日').waitFor()
    expect(sandbox.world.now()).toBe(Date.parse('2027-02-06T09:00:00+08:00'))
    await drawer().getByRole('button', { name: '回到现在' }).click()
    await drawer().getByText('和真实时间一样').waitFor()
  })
})

describe('the drawer', () => {
  it('is walked and closed by keyboard', async () => {
    await openConsole()
    expect(await tab('动作').evaluate(button => button === document.activeElement)).toBe(true)
    await page.keyboard.press('ArrowLeft')
    await drawer().getByText('+1 天').waitFor()
    await page.keyboard.press('ArrowRight')
    await section('成员').waitFor()
    await page.keyboard.press('Escape')
    await drawer().waitFor({ state: 'detached' })
    expect(await toggle().evaluate(button => button === document.activeElement)).toBe(true)
  })

  it('leaves the app in view on a wide screen, and takes a small one whole without scrolling sideways', async () => {
    await openConsole()
    const right = await page.locator('iframe[title="导购侧边栏"]').evaluate(frame => {
      const { x, width } = frame.getBoundingClientRect()
      return x + width
    })
    const box = await drawer().boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(right)
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await drawer().boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 740 })
    for (const name of ['动作', '回调', '接口', '时间']) {
      await tab(name).click()
      await drawer().getByRole('region').first().waitFor()
      const wide = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.console, .console-panel > *')]
          .filter(shown => shown.scrollWidth > shown.clientWidth)
          .map(shown => shown.className || shown.tagName),
      )
      expect(wide, name).toEqual([])
    }
  })
})

it('keeps the device through a restart of the sandbox', async () => {
  await page.goto(`${served.origin}/`)
  await page.getByLabel('身份').selectOption('zhoumin')
  await page.getByLabel('发送结果').selectOption('取消')
  const shown = () => page.getByLabel('身份').inputValue()
  await expect.poll(shown).toBe('zhoumin')
  // The choice shows at once; the tab knows it when the sandbox has taken it.
  await expect
    .poll(() => page.evaluate(() => JSON.stringify({ ...sessionStorage })))
    .toMatch(/zhoumin.*cancel/)
  sandbox = startSandbox()
  sandbox.world.corp.trustedDomains.push(new URL(served.origin).host)
  await page.reload()
  await page.getByLabel('身份').waitFor()
  expect(await shown()).toBe('zhoumin')
  expect(await page.getByLabel('发送结果').inputValue()).toBe('cancel')
})
