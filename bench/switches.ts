import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '../tests/support/browser.ts'
import { slowPage } from './pages.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const SWITCHES = Number(process.env.BENCH_SWITCHES ?? 500)
/** More than a page remembers. */
const CUSTOMERS = 60
const WARM_UP = 120
const TURNS = 20
const FRAME_MS = 1000 / 60

interface Met {
  externalUserId: string
  heading: string
}

/**
 * F6, F9: the chat switches within the page. F6 on a slow phone and network, never seen and seen before, against one fetch of the same
 * card in the same page in turn; F9 the heap after a collection, before and after many switches among more customers than are remembered.
 */
export async function measureSwitches(wanted: Set<string>): Promise<Row[]> {
  const product = await startBenchProduct()
  const browser = await launchBrowser()
  try {
    const customers = await addCustomers(product)
    return [
      ...(wanted.has('F6') ? [await measureOne(browser, product, customers)] : []),
      ...(wanted.has('F9') ? [await measureMany(browser, product, customers)] : []),
    ]
  } finally {
    await browser.close()
    await product.stop()
  }
}

/** Customers of the guide who is signed in, each under a name of her own. */
async function addCustomers({ query }: BenchProduct): Promise<Met[]> {
  return query<Met>(
    `with made as (
       insert into customers (corp_id, external_user_id, name, salutation, tier, synced_at)
       select corp_id, 'wmSWITCH' || lpad(n::text, 20, '0'), '客户' || n, '客户' || n || '姐', '金卡', now()
       from corps, generate_series(1, $1::int) n returning customer_id, corp_id, external_user_id, name, salutation),
     followed as (
       insert into follows (corp_id, staff_id, customer_id, added_at, add_way, tag_ids, search_key, sort_key, synced_at)
       select m.corp_id, s.staff_id, m.customer_id, now(), 1, array(select tag_id from tags order by tag_id limit 8), m.name, m.name, now()
       from made m join staff s on s.user_id = 'chenlu')
     select external_user_id as "externalUserId", salutation as heading from made`,
    [CUSTOMERS],
  )
}

async function openPage(browser: Browser, product: BenchProduct, first: Met, isSlow: boolean) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  const [name = '', ...value] = product.cookie.split('=')
  await context.addCookies([{ name, value: value.join('='), url: product.serverUrl }])
  const bridge = await readFile(new URL('./localBridge.js', import.meta.url), 'utf8')
  await context.addInitScript(bridge.replaceAll('__CONTACT__', first.externalUserId))
  const { page, devtools } = isSlow
    ? await slowPage(context)
    : await context
        .newPage()
        .then(async made => ({ page: made, devtools: await context.newCDPSession(made) }))
  await page.goto(`${product.serverUrl}/sidebar/`)
  await page.locator('.who h1').filter({ hasText: first.heading }).waitFor()
  return { context, page, devtools }
}

/** The chat switches; resolves with the time until the frame that shows the other customer, in milliseconds. */
const switchTo = (page: Page, to: Met): Promise<number> =>
  page.evaluate(
    ({ externalUserId, heading }) =>
      new Promise<number>((resolve, reject) => {
        const started = performance.now()
        Object.assign(globalThis, { contactInView: externalUserId })
        dispatchEvent(new Event('focus'))
        const look = () => {
          const waited = performance.now() - started
          if (document.querySelector('.who h1')?.textContent?.includes(heading)) resolve(waited)
          else if (waited > 30_000) reject(new Error(`${heading} never came`))
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      }),
    to,
  )

const roundTrip = (page: Page, { externalUserId }: Met): Promise<number> =>
  page.evaluate(async path => {
    const started = performance.now()
    const answer = await fetch(path)
    if (!answer.ok) throw new Error(`the card answers ${answer.status}`)
    await answer.json()
    return performance.now() - started
  }, `/api/customers/${externalUserId}/card`)

async function measureOne(browser: Browser, product: BenchProduct, customers: Met[]): Promise<Row> {
  const [first, ...others] = customers
  if (!first) throw new Error('nobody is there')
  const { context, page } = await openPage(browser, product, first, true)
  try {
    const fresh: number[] = []
    const seen: number[] = []
    const bare: number[] = []
    for (const [turn, other] of others.slice(0, TURNS + 1).entries()) {
      const floor = await roundTrip(page, other)
      const unknown = await switchTo(page, other)
      const known = await switchTo(page, first)
      // The first round warms the page.
      if (turn === 0) continue
      bare.push(floor)
      fresh.push(unknown)
      seen.push(known)
    }
    const added = fresh.map((ms, turn) => ms - (bare[turn] ?? Number.NaN))
    return {
      name: 'F6',
      what: 'in-page switch to another customer, slow 4G, CPU 4x slow: over one round trip; seen before',
      measured: `+${Math.round(median(added))} ms; ${Math.round(median(seen))} ms (${round(median(seen) / FRAME_MS, 1)} frames)`,
      reference: `fetch of the same card ${Math.round(median(bare))} ms`,
      ratio: round(median(fresh.map((ms, turn) => ms / (bare[turn] ?? Number.NaN)))),
      good: '+60 ms',
      moonshot: '+1 frame; seen before 1 frame',
      readings: { fresh: fresh.map(Math.round), seen: seen.map(Math.round), bare: bare.map(Math.round) },
    }
  } finally {
    await context.close()
  }
}

async function measureMany(browser: Browser, product: BenchProduct, customers: Met[]): Promise<Row> {
  const [first] = customers
  if (!first) throw new Error('nobody is there')
  const { context, page, devtools } = await openPage(browser, product, first, false)
  try {
    let turn = 0
    const wander = async (count: number) => {
      for (let step = 0; step < count; step++)
        await switchTo(page, customers[++turn % customers.length] ?? first)
    }
    const heap = async () => {
      await devtools.send('HeapProfiler.collectGarbage')
      await devtools.send('HeapProfiler.collectGarbage')
      const { usedSize } = await devtools.send('Runtime.getHeapUsage')
      const { nodes, jsEventListeners } = await devtools.send('Memory.getDOMCounters')
      return { mib: usedSize / 2 ** 20, nodes, jsEventListeners }
    }
    await wander(WARM_UP)
    const before = await heap()
    const half = Math.floor(SWITCHES / 2)
    await wander(half)
    const middle = await heap()
    await wander(SWITCHES - half)
    const after = await heap()
    return {
      name: 'F9',
      what: `${SWITCHES} customer switches among ${CUSTOMERS}: growth of the heap after a collection; nodes and listeners held`,
      measured: `${round(after.mib - before.mib)} MiB; nodes ${before.nodes} → ${after.nodes}, listeners ${before.jsEventListeners} → ${after.jsEventListeners}`,
      reference: `the first half of them ${round(middle.mib - before.mib)} MiB, ${round(before.mib, 1)} MiB before`,
      good: '3 MB',
      moonshot: '0.5 MB',
      readings: { mib: [before, middle, after].map(one => round(one.mib, 3)) },
    }
  } finally {
    await context.close()
  }
}
