import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { seedTrial } from '../../scripts/seedTrial.ts'
import { demoEnvironment } from '../../scripts/demoEnvironment.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { startProcesses, until, type Product } from './processes.ts'
import type { State } from './state.ts'

/** A Monday forenoon of the trial's world: nothing is asleep, and every run shows the same days. */
const INSTANT = '2026-11-23T02:30:00Z'
const SESSION_SECRET = 'test-only-0123456789abcdef0123456789abcdef'

export interface Look {
  width: number
  theme: 'light' | 'dark'
  /** per cent of the usual text */
  text: number
  isStill: boolean
}
export const usualLook: Look = { width: 360, theme: 'light', text: 100, isStill: false }

/** What a page did that no page may: errors on its console, uncaught ones, things its policy refused. */
export interface Shown {
  page: Page
  trouble: string[]
  /** how far the page's boxes have jumped without anybody's doing, as the browser counts it (CLS) */
  shift(): Promise<number>
}

/** The whole product with the demo's knowledge in it. */
export async function startStage(databaseUrl: string, dataDir: string): Promise<Product> {
  await mkdir(dataDir, { recursive: true })
  const clock = join(dataDir, 'clock')
  await writeFile(clock, `${INSTANT}+running`)
  const product = await startProcesses({
    databaseUrl,
    dataDir,
    env: { CLOCK_FILE: clock, LOG_LEVEL: 'warn' },
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

/** Opens states of a product one after the other, each member in a client of her own. */
export function createStage(browser: Browser, product: Product) {
  const clients = new Map<string, BrowserContext>()
  const signedIn = new Set<BrowserContext>()
  let intentions = 0

  async function clientOf({ who }: State, look: Look): Promise<BrowserContext> {
    const key = `${who} ${JSON.stringify(look)}`
    const known = clients.get(key)
    if (known) return known
    const context = await browser.newContext({
      viewport: { width: look.width, height: 640 },
      colorScheme: look.theme,
      reducedMotion: look.isStill ? 'reduce' : 'no-preference',
    })
    await context.addInitScript(`
      window.stageShift = 0
      new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.stageShift += entry.value
      }).observe({ type: 'layout-shift', buffered: true })
      document.addEventListener('DOMContentLoaded', () => {
        document.documentElement.style.fontSize = '${look.text}%'
      })`)
    clients.set(key, context)
    return context
  }

  const rows = product.query<{ id: string }>
  const conversations = {
    customer: `single:chenlu:${wellKnown.liWanqing}`,
    newFriend: `single:chenlu:${wellKnown.mia}`,
    group: `group:${wellKnown.oldFriendsGroup}`,
  }

  async function deviceFor(context: BrowserContext, state: State, look: Look): Promise<void> {
    await context.request.get(`${product.url}/sandbox/api/device`)
    const chat = 'chat' in state.at ? state.at.chat : undefined
    const answer = await context.request.patch(`${product.url}/sandbox/api/device`, {
      data: {
        userId: state.who,
        // The client names its theme to the server, which writes it into the document.
        theme: look.theme,
        ...(chat
          ? {
              conversationId: conversations[chat],
              entry: chat === 'group' ? 'group_chat_tools' : 'single_chat_tools',
            }
          : { conversationId: '', entry: 'normal' }),
      },
    })
    if (!answer.ok()) throw new Error(`device: ${answer.status()} ${await answer.text()}`)
  }

  /** Once for every client: login leaves its own fragment behind, the page that was asked for opens after it. */
  async function signIn(context: BrowserContext): Promise<void> {
    if (signedIn.has(context)) return
    signedIn.add(context)
    const page = await context.newPage()
    await page.goto(`${product.url}/sidebar/`)
    await page.close()
  }

  /** A coupon of her own for every look: what one claims another would find claimed. */
  async function couponLink(context: BrowserContext): Promise<string> {
    const post = async (path: string, data: object) => {
      const answer = await context.request.post(`${product.url}/api${path}`, {
        headers: {
          origin: product.url,
          'idempotency-key': `of-the-stage-${String(++intentions).padStart(8, '0')}`,
        },
        data,
      })
      if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`)
      return (await answer.json()) as { couponId: string; card: { link: string } }
    }
    const [template] = await rows(
      `select template_id as id from coupon_templates where state = 'running' and per_person > 0 order by stock desc limit 1`,
    )
    const free = await rows(
      `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
       where s.user_id = 'chenlu' and not exists (select 1 from coupons k where k.customer_id = c.customer_id) limit 1`,
    )
    const reserved = await post('/coupons', { templateId: template?.id, externalUserId: free[0]?.id })
    await post(`/coupons/${reserved.couponId}/confirm`, {})
    return reserved.card.link
  }

  async function addressOf(context: BrowserContext, state: State): Promise<string> {
    if ('chat' in state.at) return `${product.url}/sidebar/`
    if ('hash' in state.at) return `${product.url}/sidebar/#${state.at.hash}`
    if (state.at.link === 'broken') return `${product.url}/c/AAAAAAAAAAAAAAAAAAAAAA`
    if (state.at.link === 'login') return `${product.url}/auth/callback?code=none&state=none`
    return couponLink(context)
  }

  /** Opens a state and waits until it stands. The caller closes the page. */
  async function show(state: State, look: Look = usualLook): Promise<Shown> {
    const context = await clientOf(state, look)
    await deviceFor(context, state, look)
    await signIn(context)
    const address = await addressOf(context, state)
    const page = await context.newPage()
    page.setDefaultTimeout(8_000)
    const trouble: string[] = []
    // An answer that is meant to be no is no trouble.
    const isMeant = (text: string) =>
      ('link' in state.at || state.without !== undefined) && text.startsWith('Failed to load resource')
    page.on('console', message => {
      if (message.type() === 'error' && !isMeant(message.text())) trouble.push(message.text())
    })
    page.on('pageerror', error => trouble.push(error.message))
    const { without } = state
    if (without)
      await page.route(
        url => without.path.test(url.pathname),
        route => {
          if (without.how === 'failed') return route.abort()
          // The server's own word for one who is not there.
          if (without.how === 'missing')
            return route.continue({ url: `${product.url}/api/customers/wmNobodyHere/card` })
        },
      )
    try {
      await page.goto(address)
      await state.act?.(page)
      await state.stands(page)
      // What a sheet or toast plays on its way in is over before anybody looks.
      await until(
        async () =>
          page.evaluate(() =>
            document
              .getAnimations()
              .every(
                ({ playState, effect }) => playState !== 'running' || effect?.getTiming().duration === 5000,
              ),
          ),
        `${state.name} to come to rest`,
      )
    } catch (error) {
      await page.close()
      throw new Error(`${state.name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
    return {
      page,
      trouble,
      shift: () => page.evaluate(() => (window as unknown as { stageShift?: number }).stageShift ?? 0),
    }
  }

  return {
    show,
    async close() {
      for (const context of clients.values()) await context.close()
    },
  }
}
