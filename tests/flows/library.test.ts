import type { Browser, FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, untilSent, type FlowCustomer } from './sidebar.ts'

let product: Product
let browser: Browser
let customer: FlowCustomer
let asking: FlowCustomer

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      customer = await makeCustomer(control, 'chenlu', '周雨桐')
      asking = await makeCustomer(control, 'chenlu', '沈一诺')
    },
  })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

const jpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z',
  'base64',
)
const row = (app: FrameLocator | Page, title: string) => app.getByRole('article').filter({ hasText: title })

it('an admin writes words with a picture, and a guide sends both with one tap; out as a file and in again changes nothing', async () => {
  const boss = await openSidebar(browser, product, { userId: 'hq_admin' }, { query: '&entry=workbench' })
  await boss.app.getByRole('link', { name: '管理' }).click()
  await boss.app.getByRole('link', { name: /^话术/ }).click()
  await boss.app.getByText('一句心意').first().waitFor()
  await boss.app.getByRole('link', { name: '新写一条' }).click()
  await boss.app.getByLabel('标题').fill('店里什么样')
  await boss.app.getByLabel('用在什么时候').selectOption('visit')
  await boss.app.getByLabel('第 1 条的字').fill('，店里刚布置好，拍给您看看')
  await boss.app.getByLabel('第 1 条的字').press('Home')
  await boss.app.getByRole('button', { name: '插入变量' }).click()
  await boss.app.getByRole('button', { name: /^称呼/ }).click()
  await boss.app.getByRole('button', { name: '写上备用的词' }).click()
  await boss.page.keyboard.type('您好')
  await boss.app.getByRole('button', { name: '再加一条' }).click()
  await boss.app.getByRole('button', { name: '图片' }).click()
  await boss.app
    .locator('input[type=file]')
    .setInputFiles({ name: '店里.jpg', mimeType: 'image/jpeg', buffer: jpeg })
  await boss.app.getByAltText('这一条的图片').waitFor()
  await boss.app.getByLabel('预览').scrollIntoViewIfNeeded()
  await boss.app.getByRole('button', { name: '保存' }).click()
  await boss.app.getByText('已保存「店里什么样」').waitFor()
  await until(async () => {
    const [file] = await product.query<{ ready: boolean }>(
      'select media_id is not null as ready from media_files',
    )
    return file?.ready
  }, 'the picture at WeCom')

  await boss.app.getByRole('link', { name: '导入、导出' }).click()
  const saving = boss.page.waitForEvent('download')
  await boss.app.getByRole('button', { name: 'Excel' }).click()
  const file = await (await saving).path()
  await boss.app.locator('input[type=file]').setInputFiles({
    name: '话术.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: await (await import('node:fs/promises')).readFile(file),
  })
  await boss.app.getByText('52 条一模一样，不动').waitFor()
  expect(boss.complaints).toEqual([])
  await boss.close()

  const guide = await openSidebar(browser, product, { userId: 'chenlu', chat: customer.externalUserId })
  await guide.app.getByRole('heading', { level: 1, name: '周雨桐' }).waitFor()
  await guide.app.getByRole('tab', { name: '话术' }).click()
  await guide.app.getByRole('group', { name: '快捷回复' }).waitFor()
  await guide.app.getByLabel('找话术').fill('dlsmy')
  await row(guide.app, '店里什么样').getByRole('button', { name: /^发送/ }).click()
  const sent = await untilSent(product, customer, 2)
  expect(sent.map(({ body }) => body.msgtype)).toEqual(['text', 'image'])
  expect(sent[0]?.body).toMatchObject({ content: '您好，店里刚布置好，拍给您看看' })
  expect(guide.complaints).toEqual([])
  await guide.close()
}, 180_000)

it('what every customer asks is answered with one tap from the open page', async () => {
  await product.query("update stores set hours = '每天 10:00–22:00'")
  const guide = await openSidebar(browser, product, { userId: 'chenlu', chat: asking.externalUserId })
  const quick = guide.app.getByRole('group', { name: '快捷回复' })
  await quick.getByRole('button', { name: /营业时间/ }).waitFor()
  // The shop has no address yet: nothing leaves, and it says who notes it.
  await quick.getByRole('button', { name: /门店地址/ }).click()
  await quick.getByText('请总部在「管理 › 门店」里填上').waitFor()
  await quick.getByRole('button', { name: /营业时间/ }).click()
  const [sent] = await untilSent(product, asking, 1)
  expect(sent?.body).toMatchObject({ msgtype: 'text' })
  expect(JSON.stringify(sent?.body)).toContain('的营业时间，每天 10:00–22:00')
  await quick.getByText('已发出').waitFor()

  await guide.app.getByRole('tab', { name: '话术' }).click()
  await guide.app.getByLabel('找话术').fill('liuhuo 收起来')
  await row(guide.app, '帮您留货').getByRole('button', { name: /^收藏/ }).click()
  await row(guide.app, '帮您留货').getByRole('button', { pressed: true }).waitFor()
  expect(guide.complaints).toEqual([])
  await guide.close()
}, 120_000)
