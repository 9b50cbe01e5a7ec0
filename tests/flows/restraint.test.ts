import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, until, type Product } from '../support/startProduct.ts'
import { openSidebar, sentTo, untilSent, type FlowCustomer, type Guide } from './sidebar.ts'

let product: Product
let browser: Browser
let folder: string
/** The same customer, in the chat of each of her two guides. */
let withLu: FlowCustomer
let withMin: FlowCustomer

beforeAll(async () => {
  browser = await launchBrowser()
  folder = await mkdtemp(join(tmpdir(), 'guidebar-clock-'))
  const clock = join(folder, 'clock')
  // In the morning: the corp keeps the quiet hours it began with.
  await writeFile(clock, '2026-11-21T10:20:00+08:00+running')
  product = await startProduct({
    env: { CLOCK_FILE: clock },
    hasRestraint: true,
    prepare: async control => {
      const { externalUserId } = await control<{ externalUserId: string }>('POST', '/customers', {
        customer: { name: '两位导购', type: 1, gender: 2 },
        follows: [
          { userId: 'chenlu', addWay: 1 },
          { userId: 'zhoumin', addWay: 1 },
        ],
      })
      withLu = { externalUserId, userId: 'chenlu' }
      withMin = { externalUserId, userId: 'zhoumin' }
    },
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function scriptsOf({ userId, externalUserId }: FlowCustomer): Promise<Guide> {
  const sidebar = await openSidebar(browser, product, { userId, chat: externalUserId })
  await sidebar.app.getByRole('heading', { level: 1, name: '两位导购' }).waitFor()
  await sidebar.app.getByRole('tab', { name: '话术' }).click()
  await sidebar.app.locator('.script').first().waitFor()
  return sidebar
}
const sendFirst = ({ app }: Guide) =>
  app.locator('button.script__act:not(.script__act--quiet)').first().click()
const isEnded = () =>
  until(
    async () =>
      (
        await product.query<{ open: number }>(
          `select count(*)::int as open from sends join customers using (customer_id)
         where external_user_id = $1 and outcome is null`,
          [withLu.externalUserId],
        )
      )[0]?.open === 0,
    'every send to have ended',
  )

it('two guides see each other’s contact at once; a soft limit asks once, 勿扰 stops with its end', async () => {
  const lu = await scriptsOf(withLu)
  const min = await scriptsOf(withMin)
  await sendFirst(lu)
  await untilSent(product, withLu, 1)
  await isEnded()

  // 周敏's page was drawn before: the server knows better.
  await sendFirst(min)
  const ask = min.app.getByRole('alertdialog')
  await ask.getByText('陈露今天刚写过').waitFor()
  await ask.getByText('11月28日起可以再写').waitFor()
  expect(await sentTo(product, withMin)).toEqual([])
  await ask.getByRole('button', { name: '先不发' }).click()
  await min.app.locator('.budget').getByText('缓一缓').waitFor({ state: 'attached' })
  expect(await sentTo(product, withMin)).toEqual([])
  await sendFirst(min)
  await ask.getByRole('button', { name: '仍要发' }).click()
  await untilSent(product, withMin, 1)
  await isEnded()

  // Three taps: the line, 勿扰 for the usual month, 记下.
  await lu.app.locator('.customer__scroller').evaluate(element => element.scrollTo(0, 0))
  await lu.app.locator('.budget').click()
  const rules = lu.app.getByRole('dialog')
  await rules.getByRole('button', { name: '勿扰', exact: true }).click()
  await rules.getByText('到 12月20日 为止不主动联系').waitFor()
  await rules.getByRole('button', { name: '记下', exact: true }).click()
  await lu.app.locator('.budget').getByText('先别写').waitFor()

  await sendFirst(min)
  await ask.getByText('她想清静，12月21日前不打扰').waitFor()
  expect(await ask.getByRole('button', { name: '仍要发' }).count()).toBe(0)
  await ask.getByRole('button', { name: '货到了' }).click()
  await untilSent(product, withMin, 2)
  await isEnded()
  const lines = await product.query<{ kind: string; what: string }>(
    `select t.kind, t.what from touches t join customers using (customer_id)
     where external_user_id = $1 and t.kind in ('quietChanged', 'limitLifted') order by t.touch_id`,
    [withLu.externalUserId],
  )
  expect(lines).toEqual([
    { kind: 'quietChanged', what: '勿扰，到 12月20日' },
    { kind: 'limitLifted', what: '货到了' },
  ])
  expect(lu.complaints.concat(min.complaints)).toEqual([])
})
