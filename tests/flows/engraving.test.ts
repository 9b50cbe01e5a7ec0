import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, untilSent, type FlowCustomer, type Guide } from './sidebar.ts'

/** Engraving in a real browser: real fonts, a real canvas, a real upload to the stand-in's WeCom. */
let product: Product
let browser: Browser
let customer: FlowCustomer
let sidebar: Guide | undefined

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => void (customer = await makeCustomer(control, 'chenlu', '刻字的客户')),
  })
}, 120_000)
afterEach(async () => {
  expect(sidebar?.complaints).toEqual([])
  await sidebar?.close()
})
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

it('goes from 档案 to the picture and the words in the chat, and is there to be opened again', async () => {
  sidebar = await openSidebar(browser, product, { userId: 'chenlu', chat: customer.externalUserId })
  const { app } = sidebar
  await app.getByRole('heading', { level: 1, name: '刻字的客户' }).waitFor()
  await app.getByRole('tab', { name: '档案' }).click()
  await app.getByRole('button', { name: '刻字预览' }).click()
  const sheet = app.getByRole('dialog', { name: '刻字预览' })
  const text = sheet.getByLabel('刻字内容')
  await text.fill('玥玥')
  await sheet.getByRole('button', { name: '楷体' }).click()
  await sheet.getByText('楷体里没有「玥」，换宋体试试').waitFor()
  await text.fill('妈妈')
  await sheet.getByRole('img', { name: '足金圆牌吊坠，刻着妈妈' }).waitFor()
  await sheet.getByText('正面刻「妈妈」').waitFor()
  // Dark strokes stand in the middle of the disc, where bare gold would be.
  const darkest = await until(
    () =>
      sheet.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(262, 245, 226, 142)
        let least = 255
        for (let at = 1; at < data.length; at += 4) least = Math.min(least, data[at] ?? 255)
        return least < 110 && { least }
      }),
    'the text to be drawn',
  )
  expect(darkest.least).toBeLessThan(110)

  await sheet.getByRole('button', { name: /^发给/ }).click()
  const [picture, words] = await untilSent(product, customer, 2)
  expect(picture?.body.msgtype).toBe('image')
  expect(words?.body).toMatchObject({
    msgtype: 'text',
    content: expect.stringContaining('刻「妈妈」') as string,
  })
  const { url } = picture?.body as { url: string }
  const sent = await sidebar.context.request.get(`${product.url}${url}`)
  const bytes = await sent.body()
  expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  expect(bytes.length).toBeLessThanOrEqual(300 * 1024)
  expect(bytes.length).toBeGreaterThan(10_000)

  await app.getByRole('button', { name: /^妈妈 足金圆牌吊坠/ }).waitFor()
  const fonts = sidebar.requests.filter(one => one.endsWith('.woff2'))
  expect(fonts.length).toBeGreaterThan(0)
  // Of nearly three hundred slices those with 刻字的客户 (whose name stood there first) and 妈妈.
  expect(fonts.length).toBeLessThanOrEqual(7)
  const [send] = await product.query<{ outcome: string; parts: number }>(
    `select outcome, (select count(*)::int from send_parts p where p.send_id = s.send_id) as parts
     from sends s where engraving_id is not null`,
  )
  expect(send).toEqual({ outcome: 'ok', parts: 2 })
})
