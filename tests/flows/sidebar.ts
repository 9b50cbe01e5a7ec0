import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core'
import type { BridgeSwitches, ChatMessage, Device } from '../../sandbox/world/types.ts'
import { until, type Product } from '../support/processes.ts'

type DeviceChange = Partial<Omit<Device, 'id' | 'switches'>> & { switches?: Partial<BridgeSwitches> }

/** One guide at her own WeCom client: a browser context of its own, so that flows never meet. */
export interface Guide {
  page: Page
  context: BrowserContext
  /** our page inside the client */
  app: FrameLocator | Page
  /** requests the app made so far, as `METHOD path` */
  requests: string[]
  /** uncaught errors of the page */
  complaints: string[]
  /** changes how this client behaves: entry, theme, switches */
  device(change: DeviceChange): Promise<void>
  /** opens another chat in the same client */
  openChat(peerId: string): Promise<void>
  close(): Promise<void>
}

/** A customer made for one flow, followed by the given members, and the chat with her. */
export interface FlowCustomer {
  externalUserId: string
  userId: string
}

/** Makes a customer in the stand-in; to be called before the first import, so that it is part of it. */
export async function makeCustomer(
  control: Product['control'],
  userId: string,
  name: string,
  more: { remark?: string; tagIds?: string[]; mobiles?: string[] } = {},
): Promise<FlowCustomer> {
  const { externalUserId } = await control<{ externalUserId: string }>('POST', '/customers', {
    customer: { name, type: 1, gender: 2 },
    follows: [{ userId, addWay: 1, ...more }],
  })
  return { externalUserId, userId }
}

/** Opens the client in the chat with a customer (or a group); `query` adds to the window's address. */
export async function openSidebar(
  browser: Browser,
  product: Product,
  who: { userId: string; chat?: string },
  options: {
    query?: string
    device?: DeviceChange
    width?: number
    height?: number
    /** the webview alone: no window around it that would tell the page of a changed chat */
    isAlone?: boolean
    /** done to the browser before it asks for anything */
    prepare?: (context: BrowserContext) => Promise<unknown>
  } = {},
): Promise<Guide> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 360, height: options.height ?? 640 },
  })
  await options.prepare?.(context)
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', request => {
    const { pathname } = new URL(request.url())
    if (/^\/(api|sidebar|assets|auth)\b/.test(pathname)) requests.push(`${request.method()} ${pathname}`)
  })
  page.on('pageerror', error => complaints.push(error.message))
  const device = async (change: DeviceChange) => {
    const answer = await context.request.patch(`${product.url}/sandbox/api/device`, { data: change })
    if (!answer.ok()) throw new Error(`device: ${answer.status()} ${await answer.text()}`)
  }
  if (options.device) {
    // The first request gives the browser its device; what is changed then is in force before the app opens.
    await context.request.get(`${product.url}/sandbox/api/device`)
    await device(options.device)
  }
  if (options.isAlone) {
    await context.request.get(`${product.url}/sandbox/api/device`)
    const conversationId = `single:${who.userId}:${who.chat ?? ''}`
    await device({ userId: who.userId, conversationId, entry: 'single_chat_tools' })
    await page.goto(`${product.url}/sidebar/`)
  }
  const chat = who.chat ? `&chat=${who.chat}` : ''
  if (!options.isAlone)
    await page.goto(`${product.url}/?user=${who.userId}${chat}&compact=1${options.query ?? ''}`)
  return {
    page,
    context,
    app: options.isAlone ? page : page.frameLocator('iframe[title="导购侧边栏"]'),
    requests,
    complaints,
    device,
    openChat: async peerId => device({ conversationId: `single:${who.userId}:${peerId}` }),
    close: () => context.close(),
  }
}

/** Messages of a chat as the customer's phone has them. */
export const messagesTo = (product: Product, { userId, externalUserId }: FlowCustomer) =>
  product.control<ChatMessage[]>(
    'GET',
    `/conversations/${encodeURIComponent(`single:${userId}:${externalUserId}`)}/messages`,
  )

/** What the app has sent into a chat. */
export const sentTo = async (product: Product, customer: FlowCustomer): Promise<ChatMessage[]> =>
  (await messagesTo(product, customer)).filter(message => message.via === 'sendChatMessage')

/** Waits until the app has sent `count` messages into a chat. */
export const untilSent = (product: Product, customer: FlowCustomer, count: number): Promise<ChatMessage[]> =>
  until(async () => {
    const sent = await sentTo(product, customer)
    return sent.length >= count && sent
  }, `${count} message(s) to ${customer.externalUserId}`)

/** Names of the tags a customer has in the stand-in's WeCom, on one member's follow. */
export async function tagsAtWecom(
  product: Product,
  { userId, externalUserId }: FlowCustomer,
): Promise<string[]> {
  const customer = await product.control<{
    follows: { userId: string; tags: { name: string }[] }[]
  }>('GET', `/customers/${externalUserId}`)
  const follow = customer.follows.find(one => one.userId === userId)
  return follow?.tags.map(tag => tag.name) ?? []
}
