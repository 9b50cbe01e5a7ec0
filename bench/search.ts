import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { ScriptCatalogue } from '../shared/contract/scripts.ts'
import { TagCatalogue } from '../shared/contract/tags.ts'
import { fillScripts, fillTags } from '../tests/support/bigLibrary.ts'
import { launchBrowser } from '../tests/support/browser.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const SCRIPTS = 5_000
const TAGS = 10_000
/** What the same keystrokes cost where there is next to nothing to search. */
const FEW = 40
const ROUNDS = 3
const CPU_SLOWDOWN = 4
/** Typed letter by letter, and taken back letter by letter. */
const QUERIES = ['shengri', 'zjzz', 'mama']
const PLACES = ['scripts', 'tags'] as const
type Place = (typeof PLACES)[number]

interface Reading {
  /** keystroke → painted, milliseconds, each key */
  keys: number[]
  /** most elements in the document while typing */
  nodes: number
}
type Readings = Record<Place, Record<'many' | 'few', Reading[]>>

/** F8: what a key costs in 话术 and in the tag picker, with thousands and with a handful, in turn. */
export async function measureSearch(): Promise<Row[]> {
  const product = await startBenchProduct()
  const browser = await launchBrowser()
  try {
    await fillScripts(product.query, 0, SCRIPTS)
    await fillTags(product.query, 0, TAGS)
    await verify(product)
    const readings: Readings = { scripts: { many: [], few: [] }, tags: { many: [], few: [] } }
    for (let turn = 0; turn <= ROUNDS; turn++)
      for (const size of ['many', 'few'] as const) {
        const found = await typeInBoth(browser, product, size === 'few')
        // The first round warms the machine.
        if (turn > 0) for (const place of PLACES) readings[place][size].push(found[place])
      }
    return [rowOf(readings)]
  } finally {
    await browser.close()
    await product.stop()
  }
}

async function catalogues(product: BenchProduct) {
  const ask = async (path: string) =>
    (await fetch(`${product.serverUrl}${path}`, { headers: { cookie: product.cookie } })).json()
  return {
    scripts: ScriptCatalogue.parse(await ask('/api/scripts')),
    tags: TagCatalogue.parse(await ask('/api/tag-groups')),
  }
}

async function verify(product: BenchProduct): Promise<void> {
  const { scripts, tags } = await catalogues(product)
  const count = tags.groups.reduce((sum, group) => sum + group.tags.length, 0)
  if (scripts.scripts.changed.length < SCRIPTS || count < TAGS)
    throw new Error(`${scripts.scripts.changed.length} scripts and ${count} tags`)
}

/** A page of its own; with `isFew` the catalogues are cut down on the way. */
async function typeInBoth(
  browser: Browser,
  product: BenchProduct,
  isFew: boolean,
): Promise<Record<Place, Reading>> {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  try {
    const [name = '', ...value] = product.cookie.split('=')
    await context.addCookies([{ name, value: value.join('='), url: product.serverUrl }])
    const bridge = await readFile(new URL('./localBridge.js', import.meta.url), 'utf8')
    await context.addInitScript(bridge.replaceAll('__CONTACT__', product.externalUserId))
    if (isFew) {
      const { scripts, tags } = await catalogues(product)
      const [group] = tags.groups.filter(one => one.tags.length >= FEW)
      const few = { ...scripts.scripts, changed: scripts.scripts.changed.slice(0, FEW) }
      await context.route(
        url => url.pathname === '/api/scripts',
        route => route.fulfill({ json: { ...scripts, scripts: few } }),
      )
      await context.route('**/api/tag-groups', route =>
        route.fulfill({ json: { groups: group ? [{ ...group, tags: group.tags.slice(0, FEW) }] : [] } }),
      )
    }
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await page.goto(`${product.serverUrl}/sidebar/`)
    await page.getByRole('tab', { name: '话术' }).click()
    await page.locator('.script').first().waitFor()
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
    const scripts = await typeAll(page, '找话术', '.script')
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    await page.getByRole('button', { name: '更多标签' }).click()
    await page.locator('[role=dialog] .chip').first().waitFor()
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
    const tags = await typeAll(page, '找标签', '[role=dialog] .chip')
    return { scripts, tags }
  } finally {
    await context.close()
  }
}

async function typeAll(page: Page, label: string, hit: string): Promise<Reading> {
  const field = page.getByRole('searchbox', { name: label })
  await field.focus()
  // From the key (its own time stamp) until the frame that shows its effect has been painted.
  await field.evaluate(element => {
    const keys: number[] = []
    Object.assign(globalThis, { searchKeys: keys })
    element.addEventListener(
      'input',
      event =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => keys.push(performance.now() - event.timeStamp)
          port2.postMessage(undefined)
        }),
      { capture: true },
    )
  })
  let nodes = 0
  let typed = 0
  const painted = () =>
    page.waitForFunction(
      count => (globalThis as unknown as { searchKeys: number[] }).searchKeys.length >= count,
      typed,
    )
  for (const query of QUERIES) {
    for (const key of [...query, ...Array.from(query, () => 'Backspace')]) {
      await page.keyboard.press(key)
      typed++
      await painted()
      nodes = Math.max(nodes, await page.evaluate(() => document.querySelectorAll('*').length))
    }
    if ((await page.locator(hit).count()) === 0) throw new Error(`${label}: nothing is shown after ${query}`)
  }
  const keys = await page.evaluate(() => (globalThis as unknown as { searchKeys: number[] }).searchKeys)
  return { keys, nodes }
}

function rowOf(readings: Readings): Row {
  const keysOf = (place: Place, size: 'many' | 'few') => readings[place][size].flatMap(one => one.keys)
  const typical = (place: Place, size: 'many' | 'few') => median(keysOf(place, size))
  const slowest = (place: Place) => Math.max(...keysOf(place, 'many'))
  const nodes = (place: Place, size: 'many' | 'few') =>
    Math.max(...readings[place][size].map(one => one.nodes))
  const ms = (value: number) => `${Math.round(value)}`
  return {
    name: 'F8',
    what: `keystroke to paint at CPU 4x, ${SCRIPTS} scripts / ${TAGS} tags: median (slowest), most DOM nodes`,
    measured: PLACES.map(
      place => `${ms(typical(place, 'many'))} (${ms(slowest(place))}) ms, ${nodes(place, 'many')} nodes`,
    ).join(' / '),
    reference: `${FEW} of each: ${PLACES.map(
      place => `${ms(typical(place, 'few'))} ms, ${nodes(place, 'few')} nodes`,
    ).join(' / ')}`,
    ratio: round(Math.max(...PLACES.map(place => typical(place, 'many') / typical(place, 'few')))),
    good: '100 ms',
    moonshot: '16 ms, constant DOM',
    readings: Object.fromEntries(
      PLACES.flatMap(place =>
        (['many', 'few'] as const).map(size => [`${place} ${size}`, keysOf(place, size).map(Math.round)]),
      ),
    ),
  }
}
