import { vi } from 'vitest'
import type { ActResult, Contact, scanCode, SendResult } from '../../web/wecom/bridge.ts'

type Scanned = Awaited<ReturnType<typeof scanCode>>

/**
 * Stands in for `web/wecom/bridge.ts`: who is in view, and how the client answers, are what the test says. Use it as
 * `vi.mock('…/web/wecom/bridge.ts', async original => fakeBridgeModule(await original()))` — what is pure stays real.
 */
export const fakeBridge = {
  /** Who is in view; an Error is what the client answers instead. */
  contact: undefined as Contact | Error | undefined,
  /** Every message that was handed over, in order. */
  sent: [] as unknown[],
  /** Answers of the next sends, in order; `ok` when there are none. */
  answers: [] as (SendResult | Promise<SendResult>)[],
  opened: [] as string[],
  isInWecom: true,
  currentContact: vi.fn(async (): Promise<Contact> => {
    if (fakeBridge.contact instanceof Error) throw fakeBridge.contact
    if (!fakeBridge.contact) throw new Error('the test has not said who is in view')
    return fakeBridge.contact
  }),
  sendToChat: vi.fn(async (part: unknown): Promise<SendResult> => {
    fakeBridge.sent.push(part)
    return fakeBridge.answers.shift() ?? 'ok'
  }),
  openChat: vi.fn(async (externalUserId: string): Promise<ActResult> => {
    fakeBridge.opened.push(externalUserId)
    return 'ok'
  }),
  /** What the client's scanner reads next. */
  scanned: 'cancelled' as Scanned,
  scanCode: vi.fn(async (): Promise<Scanned> => fakeBridge.scanned),
  reset(contact?: Contact) {
    fakeBridge.contact = contact
    fakeBridge.sent = []
    fakeBridge.answers = []
    fakeBridge.opened = []
    fakeBridge.isInWecom = true
    vi.clearAllMocks()
  },
}

export const inChatWith = (externalUserId: string, canSend = true): Contact => ({
  kind: 'customer',
  externalUserId,
  canSend,
})
export const inGroup = (chatId: string): Contact => ({ kind: 'group', chatId, canSend: true })

/** The module with its doors to the client replaced. */
export const fakeBridgeModule = (original: object) => ({
  ...original,
  isInWecom: () => fakeBridge.isInWecom,
  currentContact: fakeBridge.currentContact,
  sendToChat: fakeBridge.sendToChat,
  openChat: fakeBridge.openChat,
  scanCode: fakeBridge.scanCode,
})
