import type { WindowEvent } from '../events.ts'
import type { ContactWay } from '../world/contactWays.ts'
import type { BridgeSwitches, ChatMessage, Device, Follow } from '../world/types.ts'
import type { WindowView } from './view.ts'

export type DeviceChange = Partial<Omit<Device, 'id' | 'switches'>> & { switches?: Partial<BridgeSwitches> }

/** @throws Error with the sandbox's own words when it refuses. */
export async function call<Answer>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const init: RequestInit = { method, ...(signal && { signal }) }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { 'content-type': 'application/json' }
  }
  const response = await fetch(`/sandbox${path}`, init)
  const text = await response.text()
  if (!response.ok) throw new Error(messageOf(text) || `${method} ${path}: ${response.status}`)
  return (text ? JSON.parse(text) : undefined) as Answer
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return text // not JSON: shown as it is
  }
}

export const readView = () => call<WindowView>('GET', '/window/view')
export const changeDevice = (change: DeviceChange) => call<Device>('PATCH', '/api/device', change)
export const resetWorld = () => call<unknown>('POST', '/api/reset')
export const giveScan = (text: string | null) => call<undefined>('POST', '/bridge/scan', { text })
export const denyScan = () => call<undefined>('POST', '/bridge/scan', { text: null, isDenied: true })

/** Codes to add a friend by, as WeCom has them. */
export const readContactWays = () => call<ContactWay[]>('GET', '/api/actions/contact-ways')
/** Somebody scans one: the customer who holds the phone, or somebody new. */
export const scanContactWay = async (
  configId: string,
  who: { externalUserId: string } | { customer: { name: string } },
): Promise<Follow> =>
  (await call<{ result: Follow }>('POST', '/api/actions/customer-scans', { configId, ...who })).result

/** A person types a text into a conversation. */
export function say(conversationId: string, from: ChatMessage['from'], content: string): Promise<unknown> {
  return call('POST', '/api/say', { conversationId, from, content })
}

/**
 * @param onOpen each time the stream is up (again): what happened before is not told and must be read
 * @returns a function that stops listening; the browser reconnects by itself
 */
export function listen(onEvent: (event: WindowEvent) => void, onOpen: () => void): () => void {
  const source = new EventSource('/sandbox/events')
  source.onmessage = message => onEvent(JSON.parse(message.data as string) as WindowEvent)
  source.onopen = onOpen
  return () => source.close()
}
