import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'
import { problems, type ProblemCode } from '../../shared/contract/problem.ts'
import { seedTrial } from '../../scripts/seedTrial.ts'
import { demoEnvironment } from '../../scripts/demoEnvironment.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { launchBrowser } from './browser.ts'
import { LOGINS_PER_MINUTE } from './outsideStates.ts'
import { startProcesses, until, type Product } from './processes.ts'
import { createCouponLinks } from './stageCoupons.ts'
import type { State } from './state.ts'

/** A Monday forenoon of the trial's world: nothing is asleep, and every run shows the same days. */
const INSTANT = '2026-11-23T02:30:00Z'
const SESSION_SECRET = 'test-only-0123456789abcdef0123456789abcdef'
/** A second one, so that there is somebody to approve. */
const ADMINS = 'hq_admin,gaofeng'

export interface Look {
  width: number
  /** undefined: as long as what it shows */
  height: number | undefined
  theme: 'light' | 'dark'
  /** per cent of the usual text */
  text: number
  isStill: boolean
}
export const usualLook: Look = { width: 360, height: 640, theme: 'light', text: 100, isStill: false }
const LONGEST_PX = 2400

/** What a page did that no page may: errors on its console, uncaught ones, things its policy refused. */
export interface Shown {
  page: Page
  trouble: string[]
  /** boxes that have jumped by more than anybody could overlook, without anybody's doing */
  jumps(): Promise<string[]>
  /** the same page, as it looks there */
  wear(look: Look): Promise<void>
  close(): Promise<void>
}

/** The whole product with the demo's knowledge in it. */
export async function startStage(databaseUrl: string, dataDir: string): Promise<Product> {
  await mkdir(dataDir, { recursive: true })
  const clock = join(dataDir, 'clock')
  await writeFile(clock, `${INSTANT}+running`)
  const product = await startProcesses({
    databaseUrl,
    dataDir,
    env: {
      CLOCK_FILE: clock,
      LOG_LEVEL: 'warn',
      ADMIN_USERIDS: ADMINS,
      LOGINS_PER_MINUTE: String(LOGINS_PER_MINUTE),
      TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  try {
    const env = {
      ...demoEnvironment({ DATABASE_URL: databaseUrl, CLOCK_FILE: clock, DATA_DIR: dataDir, SESSION_SECRET }),
      PUBLIC_URL: product.url,
      WECOM_API_BASE: product.url,
      WECOM_OAUTH_BASE: product.url,
    }
    await seedTrial(env, () => false)
    return product
  } catch (error) {
    await product.stop()
    throw error
  }
}

/** What a flow stands on: the whole product, and a browser to look at it with. */
export interface House {
  product: Product
  browser: Browser
  /** Ends both, and takes the database and everything else away. */
  close(): Promise<void>
}

/** @param newDatabase makes one for this house alone */
export async function openHouse(
  newDatabase: () => Promise<{ url: string; drop(): Promise<void> }>,
): Promise<House> {
  const undo: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const database = await newDatabase()
    undo.push(() => database.drop())
    const folder = await mkdtemp(join(tmpdir(), 'guidebar-stage-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const product = await startStage(database.url, folder)
    undo.push(() => product.stop())
    const browser = await launchBrowser()
    undo.push(() => browser.close())
    return { product, browser, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Nothing plays any more; what runs for seconds, the bar of the undo toast, is no way in. */
const LONGEST_WAY_IN_MS = 1_000
const isAtRest = (page: Page) =>
  page.evaluate(
    longest =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) =>
            playState !== 'running' || Number(effect?.getTiming().duration) > longest,
        ),
    LONGEST_WAY_IN_MS,
  )

/** Until a state stands, also on a machine with other work to do. */
const PATIENCE_MS = 20_000

/** Opens states of a product one after the other, each member in a client of her own. Two at a time need two of these. */
export function createStage(browser: Browser, product: Product) {
  const clients = new Map<State['who'], BrowserContext>()
  const links = createCouponLinks(product)

  async function clientOf(who: State['who']): Promise<BrowserContext> {
    const known = clients.get(who) ?? (await newClient(who))
    clients.set(who, known)
    return known
  }

  async function newClient(who: State['who']): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 360, height: 640 }, locale: 'zh-CN' })
    await context.addInitScript(`
      window.stageShifts = []
      new PerformanceObserver(list => {
        for (const { hadRecentInput, value, sources } of list.getEntries())
          if (!hadRecentInput) window.stageShifts.push({ value, moved: sources.map(({ node }) => (node && (node.className || node.nodeName)) || 'text') })
      }).observe({ type: 'layout-shift', buffered: true })`)
    // Login leaves its own fragment behind: the page that was asked for opens after it.
    await deviceFor(context, who, { hash: '/' })
    const page = await context.newPage()
    await page.goto(`${product.url}/sidebar/`)
    await page.close()
    return context
  }

  async function deviceFor(context: BrowserContext, who: State['who'], at: State['at']): Promise<void> {
    await context.request.get(`${product.url}/sandbox/api/device`)
    const chat = 'chat' in at ? at.chat : undefined
    const isGroup = chat === 'oldFriendsGroup'
    const answer = await context.request.patch(`${product.url}/sandbox/api/device`, {
      data: {
        userId: who,
        // The client names its theme to the server, which writes it into the document.
        theme: 'light',
        ...(chat
          ? {
              conversationId: isGroup ? `group:${wellKnown[chat]}` : `single:${who}:${wellKnown[chat]}`,
              entry: isGroup ? 'group_chat_tools' : 'single_chat_tools',
            }
          : { conversationId: '', entry: 'normal' }),
      },
    })
    if (!answer.ok()) throw new Error(`device: ${answer.status()} ${await answer.text()}`)
  }

  async function addressOf(context: BrowserContext, { at, who }: State): Promise<string> {
    if ('coupon' in at) return links.linkOf(context, who, at.coupon)
    if ('path' in at) return `${product.url}${at.path}`
    return `${product.url}/sidebar/${'hash' in at ? `#${at.hash}` : ''}`
  }

  /** Opens a state at the usual look and waits until it stands. The caller closes it. */
  async function show(state: State): Promise<Shown> {
    const context = await (state.isNew ? newClient(state.who) : clientOf(state.who))
    await deviceFor(context, state.who, state.at)
    const address = await addressOf(context, state)
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    const trouble: string[] = []
    // An answer that is meant to be no is no trouble.
    const isMeant = (text: string) =>
      ('coupon' in state.at || 'path' in state.at || state.instead !== undefined) &&
      text.startsWith('Failed to load resource')
    page.on('console', message => {
      if (message.type() === 'error' && !isMeant(message.text())) trouble.push(message.text())
    })
    page.on('pageerror', error => trouble.push(error.message))
    const { instead, refused } = state
    if (instead)
      await page.route(
        url => instead.path.test(url.pathname),
        route => answerInstead(route, instead.answer),
      )
    if (refused)
      await product.control('PUT', '/faults', [{ api: refused.api, errcode: refused.errcode, times: -1 }])
    try {
      await page.goto(address)
      await state.act?.(page, product)
      await state.stands(page)
      // What a sheet or toast plays on its way in is over before anybody looks.
      await until(() => isAtRest(page), `${state.name} to come to rest`, 5_000)
    } catch (error) {
      const path = process.env.STAGE_TROUBLE
      if (path) await page.screenshot({ path: join(path, `${state.name}.png`) })
      await page.close()
      throw new Error(`${state.name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    } finally {
      if (refused) await product.control('PUT', '/faults', [])
    }
    return {
      page,
      trouble,
      jumps: async () => (state.isSudden ? [] : jumpsOf(page)),
      wear: look => wear(page, look),
      close: () => (state.isNew ? context.close() : page.close()),
    }
  }

  return {
    show,
    async close() {
      for (const context of clients.values()) await context.close()
    },
  }
}

/** In all, as the browser counts it (CLS); web.dev/cls calls five times as much good. */
const SHIFT_LIMIT = 0.02
async function jumpsOf(page: Page): Promise<string[]> {
  const shifts = await page.evaluate(
    () => (window as unknown as { stageShifts?: { value: number; moved: string[] }[] }).stageShifts ?? [],
  )
  const sum = shifts.reduce((all, { value }) => all + value, 0)
  return sum > SHIFT_LIMIT
    ? [`jumps by ${sum.toFixed(3)}: ${shifts.map(({ moved }) => moved.join(', ')).join(' | ')}`]
    : []
}

function answerInstead(route: Route, answer: 'cut' | 'silence' | ProblemCode): Promise<void> | undefined {
  if (answer === 'silence') return undefined
  if (answer === 'cut') return route.abort()
  const { status, title } = problems[answer]
  const problem = {
    type: `urn:guidebar:problem:${answer}`,
    title,
    status,
    code: answer,
    requestId: 'of-the-stage',
  }
  return route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify(problem) })
}

/** Without loading it anew: the same state in another width, theme and size of text. */
async function wear(page: Page, { width, height, theme, text, isStill }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: isStill ? 'reduce' : 'no-preference' })
  await page.evaluate(
    given => {
      const { documentElement: root } = document
      if (root.dataset['theme']) root.dataset['theme'] = given.theme
      root.style.fontSize = given.text === 100 ? '' : `${given.text}%`
    },
    { theme, text },
  )
  await page.setViewportSize({ width, height: height ?? 640 })
  if (height === undefined) {
    // Our pages scroll inside: how much longer the longest of them is than what can be seen.
    const more = await page.evaluate(() =>
      Math.max(
        document.documentElement.scrollHeight - innerHeight,
        ...[...document.querySelectorAll('main, main *, .sheet__body')]
          .filter(element => /^(auto|scroll)$/.test(getComputedStyle(element).overflowY))
          .map(element => element.scrollHeight - element.clientHeight),
      ),
    )
    if (more > 0) await page.setViewportSize({ width, height: Math.min(640 + more, LONGEST_PX) })
  }
  await until(() => isAtRest(page), 'the page to come to rest', 5_000)
}
