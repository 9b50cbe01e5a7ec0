import { readFile } from 'node:fs/promises'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { launchBrowser } from '../tests/support/browser.ts'
import { until } from '../tests/support/processes.ts'
import { startFloor } from './floor.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const ROUNDS = 9
/** Cold openings beyond those rounds: one alone is off by a third either way, and takes no more than a moment. */
const COLD_ROUNDS = 18
/** Warm openings of a round, of which the middle one counts: a single one is off by a third now and then. */
const WARM_OPENINGS = 3
/** Slow 4G and a phone four times slower than this machine. */
const network = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6e6 / 8) | 0,
  uploadThroughput: (0.75e6 / 8) | 0,
}
const CPU_SLOWDOWN = 4

export interface Visit {
  /** navigation start → profile on the screen, milliseconds */
  profileMs: number
  requests: string[]
  /** all that came, headers and answers included */
  bytes: number
  /** document, scripts, styles, without headers */
  codeBytes: number
}

/** F1–F5: the first screen's bytes, requests and time, against the floor page in turn. */
export async function measurePages(): Promise<Row[]> {
  const product = await startBenchProduct()
  const browser = await launchBrowser()
  try {
    const card = await fetch(`${product.serverUrl}/api/customers/${product.externalUserId}/card`, {
      headers: { cookie: product.cookie },
    })
    if (!card.ok) throw new Error(`the card answers ${card.status}`)
    const floor = await startFloor(await card.text())
    try {
      return rowsOf(await takeTurns(browser, product, floor.url))
    } finally {
      floor.server.close()
    }
  } finally {
    await browser.close()
    await product.stop()
  }
}

interface Turns {
  ours: Openings[]
  floor: Openings[]
  /** by themselves, each beside that of the floor page */
  cold: { ours: Visit; floor: Visit }[]
}

async function takeTurns(browser: Browser, product: BenchProduct, floorUrl: string): Promise<Turns> {
  const turns: Turns = { ours: [], floor: [], cold: [] }
  const url = `${product.serverUrl}/sidebar/`
  for (let round = 0; round <= ROUNDS; round++) {
    const ours = await openings(browser, url, '.who h1', product)
    const floor = await openings(browser, floorUrl, '#profile:not([hidden])')
    // The first round warms the machine, not the page.
    if (round === 0) continue
    turns.ours.push(ours)
    turns.floor.push(floor)
    turns.cold.push({ ours: ours.cold, floor: floor.cold })
  }
  for (let round = 0; round < COLD_ROUNDS; round++) {
    const ours = await onSlowPage(browser, product, (page, devtools) => visit(page, devtools, url, '.who h1'))
    const floor = await onSlowPage(browser, undefined, (page, devtools) =>
      visit(page, devtools, floorUrl, '#profile:not([hidden])'),
    )
    turns.cold.push({ ours, floor })
  }
  return turns
}

/** What the page before still does for itself is over when she opens another chat. */
const SETTLE_MS = 3_000

interface Openings {
  cold: Visit
  second: Visit
  /** as after every further switch of the chat: from its second run on the browser has a script compiled */
  warm: Visit
}

/** A fresh browser profile, signed in where it is our page. */
async function onSlowPage<T>(
  browser: Browser,
  product: BenchProduct | undefined,
  act: (page: Page, devtools: CDPSession) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  try {
    if (product) {
      const [name = '', ...value] = product.cookie.split('=')
      await context.addCookies([{ name, value: value.join('='), url: product.serverUrl }])
      // No request interception here: it would switch the browser's cache off.
      const bridge = await readFile(new URL('./localBridge.js', import.meta.url), 'utf8')
      await context.addInitScript(bridge.replaceAll('__CONTACT__', product.externalUserId))
    }
    const { page, devtools } = await slowPage(context)
    return await act(page, devtools)
  } finally {
    await context.close()
  }
}

/** One cold visit, then new documents with all that those before have left behind. */
const openings = (
  browser: Browser,
  url: string,
  profile: string,
  product?: BenchProduct,
): Promise<Openings> =>
  onSlowPage(browser, product, async (page, devtools) => {
    const cold = await visit(page, devtools, url, profile)
    const again = async () => {
      await page.waitForTimeout(SETTLE_MS)
      await page.goto('about:blank')
      return visit(page, devtools, url, profile)
    }
    const second = await again()
    const warm: Visit[] = []
    while (warm.length < WARM_OPENINGS) warm.push(await again())
    return { cold, second, warm: middleOf(warm) }
  })

const middleOf = (visits: readonly Visit[]): Visit => {
  const sorted = visits.toSorted((one, other) => one.profileMs - other.profileMs)
  return sorted[sorted.length >> 1]!
}

/** A page on a slow phone and a slow network. */
export async function slowPage(context: BrowserContext): Promise<{ page: Page; devtools: CDPSession }> {
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', network)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
  return { page, devtools }
}

export async function visit(page: Page, devtools: CDPSession, url: string, profile: string): Promise<Visit> {
  let bytes = 0
  let codeBytes = 0
  const open = new Map<string, string>()
  const headerBytes = new Map<string, number>()
  const onRequest = (event: { requestId: string; request: { url: string } }) => {
    if (event.request.url.startsWith('http')) open.set(event.requestId, event.request.url)
  }
  // What the cache answers costs no round trip.
  const onCached = (event: {
    requestId: string
    response?: { fromDiskCache?: boolean; encodedDataLength: number }
  }) => {
    if (event.response === undefined || event.response.fromDiskCache) open.delete(event.requestId)
    else headerBytes.set(event.requestId, event.response.encodedDataLength)
  }
  const finished = new Set<string>()
  const onFinished = (event: { requestId: string; encodedDataLength: number }) => {
    finished.add(event.requestId)
    bytes += event.encodedDataLength
    const url = open.get(event.requestId)
    if (url && !new URL(url).pathname.startsWith('/api/'))
      codeBytes += event.encodedDataLength - (headerBytes.get(event.requestId) ?? 0)
  }
  devtools.on('Network.requestWillBeSent', onRequest)
  devtools.on('Network.requestServedFromCache', onCached)
  devtools.on('Network.responseReceived', onCached)
  devtools.on('Network.loadingFinished', onFinished)
  await page.goto(url, { waitUntil: 'commit' })
  const profileMs = await page.evaluate(
    selector =>
      new Promise<number>((resolve, reject) => {
        const look = () => {
          const found = document.querySelector(selector)
          // Laid out in the frame that is about to be painted.
          if (found && found.getClientRects().length > 0) resolve(performance.now())
          else if (performance.now() > 30_000) reject(new Error('the profile never came'))
          else requestAnimationFrame(look)
        }
        look()
      }),
    profile,
  )
  const begun = [...open.keys()]
  const requests = [...open.values()]
  // Her name may stand there while the framework is still coming: it belongs to the first screen.
  await until(
    () => Promise.resolve(begun.every(id => finished.has(id))),
    'what the first screen has asked for',
  )
  const result = { profileMs, requests, bytes, codeBytes }
  devtools.off('Network.requestWillBeSent', onRequest)
  devtools.off('Network.requestServedFromCache', onCached)
  devtools.off('Network.responseReceived', onCached)
  devtools.off('Network.loadingFinished', onFinished)
  return result
}

function rowsOf({ ours, floor, cold }: Turns): Row[] {
  const beside = (which: keyof Openings) =>
    which === 'cold' ? cold : ours.map((one, turn) => ({ ours: one[which], floor: floor[turn]![which] }))
  const times = (which: keyof Openings, whose: 'ours' | 'floor') =>
    beside(which).map(pair => Math.round(pair[whose].profileMs))
  const ratioOf = (which: keyof Openings) =>
    round(median(beside(which).map(pair => pair.ours.profileMs / pair.floor.profileMs)))
  const compare = (
    name: string,
    what: string,
    which: keyof Openings,
    good: string,
    moonshot: string,
  ): Row => ({
    name,
    what,
    measured: `${Math.round(median(times(which, 'ours')))} ms`,
    reference: `floor page ${Math.round(median(times(which, 'floor')))} ms`,
    ratio: ratioOf(which),
    good,
    moonshot,
    readings: { ours: times(which, 'ours'), floor: times(which, 'floor') },
  })
  const first = ours[0]?.cold
  const again = ours[0]?.warm
  const apiSteps = first?.requests.filter(url => new URL(url).pathname.startsWith('/api/')).length ?? 0
  return [
    {
      name: 'F1',
      what: 'first-screen bytes: document, script, style, SDK; brotli (card and headers beside it)',
      measured: `${round((first?.codeBytes ?? 0) / 1024, 1)} KB (${round((first?.bytes ?? 0) / 1024, 1)} KB)`,
      reference: '–',
      good: '≤ 75 KB',
      moonshot: '≤ 45 KB',
    },
    {
      name: 'F2',
      what: 'requests until the profile is visible, cold / warm',
      measured: `${first?.requests.length ?? 0} / ${again?.requests.length ?? 0}`,
      reference: '–',
      good: '4 / 3',
      moonshot: '3 / 2',
    },
    {
      name: 'F3',
      what: 'API steps in series',
      measured: String(apiSteps),
      reference: '–',
      good: '1',
      moonshot: '1',
    },
    compare('F4', 'cold time to profile, slow 4G, CPU 4x slow', 'cold', '≤ 1.6x', '≤ 1.25x'),
    compare(
      'F5',
      `warm time to profile (new document; the one right after the cold one ${ratioOf('second')}x)`,
      'warm',
      '≤ 1.25x',
      '≤ 1.1x',
    ),
  ]
}
