import { computed, getCurrentScope, onScopeDispose, shallowReactive } from 'vue'
import { problemReason } from '../../ui/problemTitle.ts'
import type { Recorded } from '../../ui/retrying.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useSendsStore } from '../sends/sends.store.ts'
import { SENT_SHOWN_MS } from '../sends/useSend.ts'
import { chatOf, giveReserved, type AtTap, type GivenEnd, type Wish } from './giveReserved.ts'

export type CouponSendState =
  | { kind: 'idle' }
  | { kind: 'sending' }
  | { kind: 'sent' }
  /** It did not go through, or nobody knows; `words` say what became of the piece. */
  | { kind: 'unsent'; words: string; isCancelled?: boolean }

const IDLE: CouponSendState = { kind: 'idle' }

/**
 * Gives from one template to the chat in view, and keeps how it stands. One at a time, messages included: a second tap while one is
 * under way does nothing.
 */
export function useReservedSend() {
  const current = useCurrentCustomerStore()
  const sends = useSendsStore()
  /** By chat and template: what became of one chat's coupon is never shown at another's. */
  const states = shallowReactive(new Map<string, CouponSendState>())
  const timers = new Set<ReturnType<typeof setTimeout>>()
  if (getCurrentScope()) onScopeDispose(() => timers.forEach(clearTimeout))

  const idIn = (chat: Pick<AtTap, 'contact'>, templateId: string) => `${chatOf(chat) ?? ''} ${templateId}`

  /** Resolves to whether the card is in the chat. Never throws. */
  async function give(templateId: string, wish: Pick<Wish, 'body' | 'reserve'>): Promise<boolean> {
    const { contact, reasonClass } = current
    if (!chatOf({ contact }) || !sends.begin()) return false
    const id = idIn({ contact }, templateId)
    states.set(id, { kind: 'sending' })
    const recorded = (result: Recorded, { kind }: GivenEnd) => {
      if (kind === 'sent') settle(id, result)
    }
    try {
      const end = await giveReserved({ contact, reasonClass }, { ...wish, what: templateId, recorded })
      states.set(id, stateAfter(end))
      if (end.kind === 'refused') current.noteChange()
      return end.kind === 'sent'
    } finally {
      sends.end()
    }
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

  const stateOf = (templateId: string): CouponSendState => states.get(idIn(current, templateId)) ?? IDLE
  return {
    give,
    /** Whether anything is under way in this chat. */
    isBusy: computed(() => sends.isBusy),
    stateOf,
    /** Whether there is something to read on how giving it in this chat stands or ended. */
    isTold: (templateId: string): boolean => stateOf(templateId).kind !== 'idle',
  }
}

function stateAfter(end: GivenEnd): CouponSendState {
  switch (end.kind) {
    case 'sent':
      return { kind: 'sent' }
    case 'idle':
    case 'switched':
      return IDLE
    case 'refused':
      return { kind: 'unsent', words: `${problemReason(end.error)}，没有发出` }
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
