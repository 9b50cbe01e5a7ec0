import { computed, getCurrentScope, onScopeDispose, shallowReactive } from 'vue'
import { isPassing } from '../../api/apiError.ts'
import { problemReason } from '../../ui/problemTitle.ts'
import type { Recorded } from '../../ui/retrying.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore, type Claims } from '../sends/limitAsk.store.ts'
import { useSendsStore } from '../sends/sends.store.ts'
import { SENT_SHOWN_MS } from '../sends/useSend.ts'
import { deliverReserved, type Reserved, type ReservedEnd } from './deliverReserved.ts'
import { createIntentions } from './intentions.ts'

export type CouponSendState =
  | { kind: 'idle' }
  | { kind: 'sending' }
  | { kind: 'sent' }
  /** It did not go through, or nobody knows; `words` say what became of the piece. */
  | { kind: 'unsent'; words: string; isCancelled?: boolean }

const IDLE: CouponSendState = { kind: 'idle' }

/** What is asked for: `what` stands for it while there is no answer. */
export interface Wish {
  templateId: string
  what: unknown
  reserve: (claims: Claims, idempotencyKey: string) => Promise<Reserved>
}

/**
 * Gives from one template to the chat in view: reserve → link card into the chat → confirm, or release when it did not leave. One
 * at a time, messages included: a second tap while one is under way does nothing.
 */
export function useReservedSend() {
  const current = useCurrentCustomerStore()
  const sends = useSendsStore()
  const limits = useLimitAskStore()
  /** By chat and template: what became of one chat's coupon is never shown at another's. */
  const states = shallowReactive(new Map<string, CouponSendState>())
  const intentions = createIntentions()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  if (getCurrentScope()) onScopeDispose(() => timers.forEach(clearTimeout))

  const chatInView = () => current.externalUserId ?? current.chatId
  const idOf = (templateId: string) => `${chatInView()} ${templateId}`

  /** Resolves to whether the card is in the chat. Never throws. */
  async function give(wish: Wish): Promise<boolean> {
    if (!chatInView() || !sends.begin()) return false
    try {
      return await run(wish)
    } finally {
      sends.end()
    }
  }

  async function run({ templateId, what, reserve }: Wish): Promise<boolean> {
    const { contact, reasonClass } = current
    const chat = chatInView()
    const id = idOf(templateId)
    const show = (state: CouponSendState) => void states.set(id, state)
    show({ kind: 'sending' })
    if (!(await current.confirmStillHere(contact))) {
      show(IDLE)
      return false
    }

    const intention = intentions.of(id)
    let reserved: Reserved | undefined
    try {
      const begun = intention.begin(JSON.stringify(what), reasonClass)
      reserved = await limits.startAsAllowed({ contact, ...begun }, claims =>
        reserve(claims, intention.keyFor(claims)),
      )
    } catch (error) {
      // Without an answer it may be reserved all the same; the next tap asks for that very piece.
      if (!isPassing(error)) intentions.close(id)
      show({ kind: 'unsent', words: `${problemReason(error)}，没有发出` })
      current.noteChange()
      return false
    }
    if (!reserved) {
      intentions.close(id)
      show(IDLE)
      return false
    }
    intention.answered()
    const { end, recorded } = await deliverReserved(reserved, contact)
    // Taken back in the client's own dialog: given after all, it is not asked about the same limit again.
    if (end.kind !== 'cancelled') intentions.close(id)
    show(stateOf(end))
    void recorded.then(result => {
      if (end.kind === 'sent') settle(id, result)
      if (chatInView() === chat) void current.refresh()
    })
    return end.kind === 'sent'
  }

  /** The server knows, or will later. */
  function settle(id: string, result: Recorded): void {
    if (result === 'refused') {
      const words = '卡片发出了，券已过时限、没有记上，请再看一眼下面的券'
      states.set(id, { kind: 'unsent', words })
    } else {
      timers.add(setTimeout(() => states.set(id, IDLE), SENT_SHOWN_MS))
    }
  }

  return {
    give,
    /** Whether anything is under way in this chat. */
    isBusy: computed(() => sends.isBusy),
    stateOf: (templateId: string): CouponSendState => states.get(idOf(templateId)) ?? IDLE,
  }
}

function stateOf(end: ReservedEnd): CouponSendState {
  switch (end.kind) {
    case 'sent':
      return { kind: 'sent' }
    case 'switched':
      return IDLE
    case 'cancelled':
      return { kind: 'unsent', words: '你取消了，券退回了', isCancelled: true }
    case 'unknown':
      return {
        kind: 'unsent',
        words: '企业微信没有回应，先看看聊天里有没有；没有的话，10 分钟后自动退回',
      }
    case 'failed':
      return { kind: 'unsent', words: '没有发出，券退回了，可以再试' }
  }
}
