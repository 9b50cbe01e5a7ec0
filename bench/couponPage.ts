import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { brotliCompressSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { CouponReservation } from '../shared/contract/coupons.ts'
import { launchBrowser } from '../tests/support/browser.ts'
import { slowPage, visit, type Visit } from './pages.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const ROUNDS = 9

/** C1, C2: what a cheap phone waits for the customer's page with its code, against a document that only says a word. */
export async function measureCouponPage(): Promise<Row[]> {
  const product = await startBenchProduct()
  const browser = await launchBrowser()
  const bare = await startBare()
  try {
    const link = await claimedCoupon(product)
    const ours: Visit[] = []
    const floors: Visit[] = []
    for (let turn = 0; turn <= ROUNDS; turn++) {
      const page = await visitOnce(browser, link, '.qr')
      const floor = await visitOnce(browser, bare.url, '#profile')
      // The first round warms the machine, not the page.
      if (turn === 0) continue
      ours.push(page)
      floors.push(floor)
    }
    return rowsOf(ours, floors)
  } finally {
    bare.server.close()
    await browser.close()
    await product.stop()
  }
}

function rowsOf(ours: Visit[], floors: Visit[]): Row[] {
  const times = (visits: Visit[]) => visits.map(({ profileMs }) => Math.round(profileMs))
  const ratios = ours.map(({ profileMs }, turn) => profileMs / (floors[turn]?.profileMs ?? Number.NaN))
  const [first] = ours
  return [
    {
      name: 'C1',
      what: 'customer’s coupon page: bytes on the wire until the code shows (headers included), requests',
      measured: `${round((first?.bytes ?? 0) / 1024, 1)} KB, ${first?.requests.length ?? 0} request`,
      reference: '–',
      good: '≤ 12 KB, 1',
      moonshot: '≤ 6 KB, 1',
    },
    {
      name: 'C2',
      what: 'cold time to the code, slow 4G, CPU 4x slow',
      measured: `${Math.round(median(times(ours)))} ms`,
      reference: `document of 0.2 KB ${Math.round(median(times(floors)))} ms`,
      ratio: round(median(ratios)),
      good: '≤ 1.5x',
      moonshot: '≤ 1.25x',
      readings: { ours: times(ours), floor: times(floors) },
    },
  ]
}

async function visitOnce(browser: Browser, url: string, selector: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  try {
    const { page, devtools } = await slowPage(context)
    return await visit(page, devtools, url, selector)
  } finally {
    await context.close()
  }
}

/** A coupon with everything its page can show, given by a guide and claimed by its customer. @returns its link */
async function claimedCoupon(product: BenchProduct): Promise<string> {
  const templateId = randomUUID()
  await product.query('update contact_rules set is_on = false')
  await product.query('update contact_settings set quiet_is_on = false')
  await product.query(
    `with template as (
       insert into coupon_templates (template_id, corp_id, name, kind, words, goods, valid_days_after_claim, stock, terms, hours,
                                     landing_text, created_at, changed_at)
       select $1, corp_id, '生日刻字礼', 'service', '免刻字费', '定制款吊坠、手镯、戒指', 30, 50,
              '每人一张，一件商品使用一次。定制款下单后不退换，尺寸可免费调整一次。',
              '[{"weekdays": [1, 2, 3, 4, 5], "from": "10:00", "until": "21:00"}]', '把心意刻进金里，凭券到店免费刻字。', now(), now()
       from corps returning template_id, stock)
     insert into coupon_pools (template_id, pool, stock, is_open) select template_id, 0, stock, true from template`,
    [templateId],
  )
  const headers = { cookie: product.cookie, origin: product.serverUrl, 'content-type': 'application/json' }
  const answer = await fetch(`${product.serverUrl}/api/coupons`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': randomUUID() },
    body: JSON.stringify({ templateId, externalUserId: product.externalUserId }),
  })
  if (!answer.ok) throw new Error(`the coupon: ${answer.status} ${await answer.text()}`)
  const { link } = CouponReservation.parse(await answer.json()).card
  const claim = await fetch(link, { method: 'POST', headers: { origin: product.serverUrl } })
  if (!(await claim.text()).includes('class="qr"')) throw new Error(`the claim: ${claim.status}`)
  return link
}

/** The least a server could answer: one line. */
async function startBare(): Promise<{ url: string; server: Server }> {
  const html = brotliCompressSync(
    '<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width"><title>券</title><p id=profile>到店出示给店员即可 GB7K 2M9Q 4T8X',
  )
  const server = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'br',
      'cache-control': 'no-store',
    })
    response.end(html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`, server }
}
