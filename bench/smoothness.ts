import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../tests/support/browser.ts'
import { startFloor } from './floor.ts'
import { slowPage, visit } from './pages.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const ROUNDS = 5
/** What comes after the profile without being asked for belongs to the opening too. */
const SETTLE_MS = 3_000

interface Smoothness {
  longestMs: number
  blockingMs: number
  shift: number
}

/** F7: what keeps the guide's finger waiting while the page opens, and what moves under it; against the floor page in turn. */
export async function measureSmoothness(): Promise<Row[]> {
  const product = await startBenchProduct()
  const browser = await launchBrowser()
  try {
    const card = await fetch(`${product.serverUrl}/api/customers/${product.externalUserId}/card`, {
      headers: { cookie: product.cookie },
    })
    if (!card.ok) throw new Error(`the card answers ${card.status}`)
    const floor = await startFloor(await card.text())
    try {
      const ours: Smoothness[] = []
      const floors: Smoothness[] = []
      for (let turn = 0; turn <= ROUNDS; turn++) {
        const page = await watchOpening(browser, `${product.serverUrl}/sidebar/`, '.who h1', product)
        const bare = await watchOpening(browser, floor.url, '#profile:not([hidden])')
        // The first round warms the machine.
        if (turn === 0) continue
        ours.push(page)
        floors.push(bare)
      }
      return [rowOf(ours, floors)]
    } finally {
      floor.server.close()
    }
  } finally {
    await browser.close()
    await product.stop()
  }
}

async function watchOpening(
  browser: Browser,
  url: string,
  profile: string,
  product?: BenchProduct,
): Promise<Smoothness> {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  try {
    if (product) {
      const [name = '', ...value] = product.cookie.split('=')
      await context.addCookies([{ name, value: value.join('='), url: product.serverUrl }])
      const bridge = await readFile(new URL('./localBridge.js', import.meta.url), 'utf8')
      await context.addInitScript(bridge.replaceAll('__CONTACT__', product.externalUserId))
    }
    await context.addInitScript(watchTasksAndShifts)
    const { page, devtools } = await slowPage(context)
    await visit(page, devtools, url, profile)
    await page.waitForTimeout(SETTLE_MS)
    const { tasks, shift } = await page.evaluate(
      () => (globalThis as unknown as { opening: Watched }).opening,
    )
    return {
      longestMs: Math.max(0, ...tasks),
      blockingMs: tasks.reduce((sum, ms) => sum + ms - 50, 0),
      shift,
    }
  } finally {
    await context.close()
  }
}

interface Watched {
  /** milliseconds of every task above 50 */
  tasks: number[]
  shift: number
}

/** Runs in the page, before its own scripts. */
function watchTasksAndShifts(): void {
  const opening: Watched = { tasks: [], shift: 0 }
  Object.assign(globalThis, { opening })
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) opening.tasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver(list => {
    for (const entry of list.getEntries())
      opening.shift += (entry as PerformanceEntry & { value: number }).value
  }).observe({ type: 'layout-shift', buffered: true })
}

function rowOf(ours: Smoothness[], floors: Smoothness[]): Row {
  const of = (all: Smoothness[], what: keyof Smoothness) => all.map(one => one[what])
  const shown = (all: Smoothness[]) =>
    `${Math.round(median(of(all, 'longestMs')))} / ${Math.round(median(of(all, 'blockingMs')))} ms; ${round(median(of(all, 'shift')), 3)}`
  return {
    name: 'F7',
    what: 'longest task / total blocking time at CPU 4x; layout shift, until 3 s after the profile',
    measured: shown(ours),
    reference: `floor page ${shown(floors)}`,
    good: '150 / 100 ms; 0.02',
    moonshot: '50 / 0 ms; 0',
    readings: {
      longestMs: of(ours, 'longestMs').map(Math.round),
      blockingMs: of(ours, 'blockingMs').map(Math.round),
      shift: of(ours, 'shift').map(each => round(each, 4)),
    },
  }
}
