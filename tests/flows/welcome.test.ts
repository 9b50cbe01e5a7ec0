import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { openSidebar } from './sidebar.ts'

const callbacks = {
  WECOM_CALLBACK_TOKEN: 'TokenOfTheFlow',
  WECOM_CALLBACK_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}
let product: Product
let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({ env: callbacks, sandboxEnv: callbacks })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

it('goes from a code made in 管理 to the coupon claimed on the phone of who scanned it', async () => {
  const boss = await openSidebar(browser, product, { userId: 'hq_admin' }, { query: '&entry=workbench' })
  await boss.app.getByRole('link', { name: '管理' }).waitFor()
  const ask = async (method: string, path: string, data: object, version?: number) => {
    const answer = await boss.context.request.fetch(`${product.url}/api${path}`, {
      method,
      data,
      headers: { Origin: product.url, ...(version !== undefined && { 'If-Match': `"${version}"` }) },
    })
    expect([answer.ok(), answer.ok() || (await answer.text())]).toEqual([true, true])
    return (await answer.json()) as { templateId: string; version: number }
  }
  const template = await ask('POST', '/coupon-templates', {
    name: '见面礼券',
    face: { kind: 'amountOff', amountFen: 5000 },
    validity: { kind: 'daysAfterClaim', days: 30 },
    stock: 10,
  })
  await ask('PATCH', `/coupon-templates/${template.templateId}`, { state: 'running' }, template.version)
  await boss.app.getByRole('link', { name: '管理' }).click()
  await boss.app.getByRole('link', { name: /^渠道活码/ }).click()
  await boss.app.getByText('放在收银台、橱窗、包装里').waitFor()
  await boss.app.getByRole('link', { name: '新建一个码' }).click()
  await boss.app.getByLabel('放在哪里').fill('国贸店收银台')
  await boss.app.getByRole('button', { name: '加一位同事' }).click()
  await boss.app.getByLabel('找同事').fill('陈露')
  await boss.app
    .getByRole('dialog')
    .getByRole('button', { name: /^陈露|陈露/ })
    .first()
    .click()
  await boss.app.getByRole('button', { name: /选好了/ }).click()
  await boss.app.getByLabel('见面礼').selectOption({ label: '见面礼券' })
  await boss.app.getByText('婉清，您好，我是').waitFor()
  await boss.app.getByRole('button', { name: '建这个码' }).click()
  await boss.app.getByRole('button', { name: '国贸店收银台的二维码' }).click()
  const picture = boss.app.getByRole('img', { name: '扫码加 陈露' })
  await picture.waitFor()
  const isDrawn = () => picture.evaluate(image => (image as HTMLImageElement).naturalWidth > 0)
  await until(isDrawn, 'the picture of the code')
  expect(boss.complaints).toEqual([])
  await boss.close()

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const window = await context.newPage()
  await window.goto(`${product.url}/?user=chenlu`)
  const phone = window.getByRole('complementary', { name: '客户的手机' })
  await phone.getByRole('button', { name: '扫一扫' }).click()
  await phone.getByLabel('新客户的名字').fill('小满')
  await phone.getByRole('button', { name: '国贸店收银台' }).click()
  // Nobody has confirmed her yet, so that her name is not known.
  await phone.getByText('您好，我是', { exact: false }).waitFor()
  await phone.getByRole('button', { name: /^打开 / }).click()
  const page = window.frameLocator('iframe[title="客户打开的网页"]')
  await page.getByRole('button', { name: '领取' }).click()
  await page.getByRole('img', { name: /二维码/ }).waitFor()

  const [given] = await product.query<{ state: string; origin: string; added: number }>(`
    select c.state, c.origin, (select count(*)::int from channel_arrivals) as added
    from welcome_coupons w join coupons c on c.coupon_id = w.coupon_id`)
  expect(given).toEqual({ state: 'claimed', origin: 'welcome', added: 1 })
  const calls = await product.control<{ api: string; errcode: number }[]>('GET', '/calls')
  const welcomes = calls.filter(({ api }) => api === 'externalcontact/send_welcome_msg')
  expect(welcomes.map(({ errcode }) => errcode)).toEqual([0])
  await context.close()
})
