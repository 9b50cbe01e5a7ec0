import { readFileSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { startProduct, type Product } from '../support/startProduct.ts'
import { makeCustomer, openSidebar, type FlowCustomer } from './sidebar.ts'

/** The budget that can be counted without a clock (design: document, scripts, styles and SDK ≤ 75 KB brotli, ≤ 3 requests, 1 api step, 0 WeCom calls). */
const MAX_BYTES = 75 * 1024
const MAX_REQUESTS_COLD = 3
const MAX_LAYOUT_SHIFT = 0.02
const MAX_PIECE_LENGTH = 8_000
const MAX_COUPON_PAGE_BYTES = 12 * 1024

let product: Product
let browser: Browser
let customer: FlowCustomer
let unfinished: FlowCustomer

beforeAll(async () => {
  browser = await launchBrowser()
  product = await startProduct({
    prepare: async control => {
      customer = await makeCustomer(control, 'chenlu', '量一量')
      unfinished = await makeCustomer(control, 'chenlu', '没发完')
    },
  })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await product?.stop()
})

/** Body of an answer as it travels, compressed, straight from the server. */
const bytesOf = (path: string, cookie: string) =>
  new Promise<{ bytes: number; encoding: string }>((resolve, reject) => {
    request(`${product.serverUrl}${path}`, { headers: { cookie, 'accept-encoding': 'br' } }, response => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => resolve({ bytes, encoding: response.headers['content-encoding'] ?? 'none' }))
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })

/** A message of four parts of which one has arrived; once. */
async function leaveUnfinished({ request: ask }: BrowserContext): Promise<void> {
  const sends = `${product.url}/api/customers/${unfinished.externalUserId}/sends`
  const headers = (key: string) => ({ origin: product.url, 'idempotency-key': key })
  const parts = ['一', '二', '三', '四'].map(text => ({ kind: 'text', text }))
  const data = { title: '日常 · 四句话', parts, script: null, reminderId: null }
  const begun = await ask.post(sends, { headers: headers('unfinished-of-four'), data })
  expect(begun.ok(), await begun.text()).toBe(true)
  const { sendId } = (await begun.json()) as { sendId: string }
  const told = await ask.patch(`${sends}/${sendId}`, {
    headers: headers('unfinished-after-one'),
    data: { results: [{ index: 0, outcome: 'ok', reason: null }] },
  })
  expect(told.ok(), await told.text()).toBe(true)
}

/** Runs in the page: adds up what moves without being touched. */
function watchShifts(): void {
  Object.assign(globalThis, { layoutShift: 0 })
  const kept = globalThis as unknown as { layoutShift: number }
  new PerformanceObserver(list => {
    for (const entry of list.getEntries())
      kept.layoutShift += (entry as PerformanceEntry & { value: number }).value
  }).observe({ type: 'layout-shift', buffered: true })
}
const shiftOf = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { layoutShift: number }).layoutShift)

it('opens the profile within the counted budget', async () => {
  const sidebar = await openSidebar(
    browser,
    product,
    { userId: 'chenlu', chat: customer.externalUserId },
    { isAlone: true },
  )
  try {
    await sidebar.app.getByRole('heading', { level: 1, name: '量一量' }).waitFor()
    const cookies = await sidebar.context.cookies(product.url)
    const cookie = cookies.map(one => `${one.name}=${one.value}`).join('; ')

    // A second document in a fresh cache, with the session there: what a guide's cold opening costs.
    const cold = await browser.newContext({
      viewport: { width: 360, height: 640 },
      storageState: await sidebar.context.storageState(),
    })
    const page = await cold.newPage()
    await page.addInitScript(watchShifts)
    await page.addInitScript(() => {
      // Noted in the page itself: what is fetched for later, once the profile stands, begins before we out here hear of it.
      const noted = globalThis as unknown as { profileAt?: number; wasBlank?: boolean }
      new MutationObserver(() => {
        const isThere = document.querySelector('.who h1') !== null
        if (isThere) noted.profileAt ??= performance.now()
        else if (noted.profileAt) noted.wasBlank = true
      }).observe(document, { childList: true, subtree: true })
    })
    await product.control('DELETE', '/calls')
    await page.goto(`${product.url}/sidebar/`, { waitUntil: 'commit' })
    await page.getByRole('heading', { level: 1, name: '量一量' }).waitFor()
    const urls = await page.evaluate(() => {
      const { profileAt } = globalThis as unknown as { profileAt: number }
      const fetched = performance.getEntriesByType('resource').filter(one => one.startTime <= profileAt)
      return [location.href, ...fetched.map(one => one.name)]
    })
    const requests = urls
      .map(url => new URL(url).pathname)
      .filter(path => path.startsWith('/') && !path.startsWith('/sandbox/'))
    // Until the app has taken the place of her name, and drawn what comes below it.
    await page.getByRole('tablist').waitFor()
    const wasBlank = await page.evaluate(() => 'wasBlank' in globalThis)
    const shift = await shiftOf(page)
    await cold.close()

    const sizes = await Promise.all(requests.map(async path => ({ path, ...(await bytesOf(path, cookie)) })))
    const calls = await product.control<unknown[]>('GET', '/calls')
    const code = sizes.filter(({ path }) => !path.startsWith('/api/'))
    const total = code.reduce((sum, { bytes }) => sum + bytes, 0)
    const apiSteps = requests.filter(path => path.startsWith('/api/')).length
    console.log(
      [
        'first screen, cold, with session:',
        ...sizes.map(
          ({ path, bytes, encoding }) =>
            `  ${(bytes / 1024).toFixed(1).padStart(6)} KB ${encoding.padEnd(4)} ${path}`,
        ),
        `  ${(total / 1024).toFixed(1).padStart(6)} KB and the card in ${requests.length} requests · api steps ${apiSteps} · WeCom calls ${calls.length}`,
      ].join('\n'),
    )
    expect(wasBlank).toBe(false)
    expect(apiSteps).toBe(1)
    expect(shift).toBeLessThanOrEqual(MAX_LAYOUT_SHIFT)
    expect(calls).toHaveLength(0)
    expect(requests.length).toBeLessThanOrEqual(MAX_REQUESTS_COLD)
    expect(total).toBeLessThanOrEqual(MAX_BYTES)
    for (const { encoding, path } of code) expect(encoding, path).toBe('br')
  } finally {
    await sidebar.close()
  }
})

it.each([360, 300])('what comes late moves nothing, at %d px', async width => {
  const who = { userId: 'chenlu', chat: unfinished.externalUserId }
  const sidebar = await openSidebar(browser, product, who, { isAlone: true })
  const heading = { level: 1, name: '没发完' } as const
  try {
    await sidebar.app.getByRole('heading', heading).waitFor()
    await leaveUnfinished(sidebar.context)
    const cold = await browser.newContext({
      viewport: { width, height: 640 },
      storageState: await sidebar.context.storageState(),
    })
    const page = await cold.newPage()
    await page.addInitScript(watchShifts)
    // What is fetched behind the first screen takes its time.
    await page.route(/\/assets\/(RestOfSend|QuickReplies)/, async route => {
      await page.getByRole('heading', heading).waitFor()
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
      await route.continue()
    })
    await page.goto(`${product.url}/sidebar/`, { waitUntil: 'commit' })
    await page.getByRole('button', { name: '从第 2 条接着发' }).waitFor()
    await page.getByRole('group', { name: '快捷回复' }).getByRole('button').first().waitFor()
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    const shift = await shiftOf(page)
    await cold.close()
    console.log(`moved by what comes late, at ${width} px: ${shift.toFixed(4)}`)
    expect(shift).toBeLessThanOrEqual(MAX_LAYOUT_SHIFT)
  } finally {
    await sidebar.close()
  }
})

/** Scripts as they were built, by file. */
function builtScripts(): Map<string, string> {
  const folder = new URL('../../web/dist/assets/', import.meta.url)
  const names = readdirSync(folder).filter(name => name.endsWith('.js'))
  return new Map(names.map(name => [name, readFileSync(new URL(name, folder), 'utf8')]))
}

it('lists the files of every part in an order in which they can be evaluated one by one', () => {
  const scripts = builtScripts()
  const importsOf = (name: string) =>
    [...(scripts.get(name) ?? '').matchAll(/\bfrom\s*["'`]\.\/([^"'`]+\.js)["'`]/g)].map(
      ([, file = '']) => file,
    )
  const isFirstScreen = (name: string) => name.startsWith('main-')
  const wrong: string[] = []
  let lists = 0
  for (const [owner, code] of scripts) {
    const files = JSON.parse(/\[("assets\/[^\]]*")\]/.exec(code)?.[0] ?? '[]') as string[]
    for (const [, places = ''] of code.matchAll(/__vite__mapDeps\(\[([\d,]+)\]\)/g)) {
      lists++
      const [part = '', ...leaningOn] = places.split(',').map(place => files[Number(place)]?.slice(7) ?? '')
      const here = new Set(['', owner])
      for (const file of [...leaningOn, part].filter(each => each.endsWith('.js'))) {
        const early = importsOf(file).filter(each => !here.has(each) && !isFirstScreen(each))
        if (early.length > 0) wrong.push(`${file} of ${part} comes before ${early.join(', ')}`)
        here.add(file)
      }
    }
  }
  expect(lists).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})

it('brings the contracts of what comes first in pieces, none of which keeps a finger waiting', () => {
  const pieces = [...builtScripts()].filter(([name]) => name.startsWith('contract-'))
  expect(pieces.length).toBeGreaterThan(5)
  for (const [name, code] of pieces) expect(code.length, name).toBeLessThanOrEqual(MAX_PIECE_LENGTH)
})

it('shows the customer her coupon page in one small answer', async () => {
  const { bytes } = await bytesOf('/c/AAAAAAAAAAAAAAAAAAAAAA', '')
  console.log(`coupon page of an unknown link: ${(bytes / 1024).toFixed(1)} KB`)
  expect(bytes).toBeLessThanOrEqual(MAX_COUPON_PAGE_BYTES)
})
