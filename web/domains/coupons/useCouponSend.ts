import { computed, getCurrentScope, onScopeDispose, shallowReactive } from 'vue'
import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { isPassing } from '../../api/apiError.ts'
import { confirmCoupon, releaseCoupon, reserveCoupon } from '../../api/coupons.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { retrying, type Recorded } from '../../ui/retrying.ts'
import { sendToChat, type Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore } from '../sends/limitAsk.store.ts'
import { createSendIntention, type SendIntention } from '../sends/sendIntention.ts'
import { SENT_SHOWN_MS } from '../sends/useSend.ts'

export type CouponSendState =
  | { kind: 'idle' }
  | { kind: 'sending' }
  | { kind: 'sent' }
  /** It did not go through, or nobody knows; `words` say what became of the piece. */
  | { kind: 'unsent'; words: string; isCancelled?: boolean }

/** A tap within this time after a request without an answer means the same coupon, not a second one. */
const SAME_INTENTION_MS = 5 * 60_000
const IDLE: CouponSendState = { kind: 'idle' }

/** How the piece ended, and the record of it on the server. */
interface Ending {
  state: CouponSendState
  recorded: Promise<Recorded>
}

/**
 * Gives one coupon to the customer in view: reserve → link card into the chat → confirm, or release when it did not
 * leave. When the client never answers, nobody knows: the piece stays reserved until its deadline, and we say so.
 * One at a time; a second tap while one is under way does nothing.
 */
export function useCouponSend() {
  const current = useCurrentCustomerStore()
  /** By customer and template: what became of one customer's coupon is never shown at another's. */
  const states = shallowReactive(new Map<string, CouponSendState>())
  const limits = useLimitAskStore()
  const intentions = new Map<string, SendIntention>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  if (getCurrentScope()) onScopeDispose(() => timers.forEach(clearTimeout))
  const isBusy = computed(() => [...states.values()].some(state => state.kind === 'sending'))

  const keyOf = (templateId: string, id = current.externalUserId) => `${id} ${templateId}`

  /** One per customer and template. */
  function intentionOf(id: string): SendIntention {
    const intention = intentions.get(id) ?? createSendIntention(SAME_INTENTION_MS)
    intentions.set(id, intention)
    return intention
  }

  async function give(templateId: string, reminderId: string | null = null): Promise<void> {
    const { externalUserId, contact, reasonClass } = current
    if (isBusy.value || !externalUserId) return
    const id = keyOf(templateId)
    states.set(id, { kind: 'sending' })
    if (!(await current.confirmStillHere(contact))) return void states.set(id, IDLE)

    const intention = intentionOf(id)
    let reservation: CouponReservation | undefined
    try {
      const body = { templateId, externalUserId, reminderId }
      reservation = await limits.startAsAllowed({ contact, ...intention.begin(id, reasonClass) }, claims =>
        reserveCoupon({ ...body, ...claims }, intention.keyFor(claims)),
      )
    } catch (error) {
      // Without an answer it may be reserved all the same; the next tap asks for that very piece.
      if (!isPassing(error)) intentions.delete(id)
      states.set(id, { kind: 'unsent', words: `${problemTitle(error)}，没有发出` })
      current.noteChange()
      return
    }
    if (!reservation) {
      intentions.delete(id)
      return void states.set(id, IDLE)
    }
    intention.answered()
    const { state, recorded } = await deliver(reservation, contact)
    states.set(id, state)
    // Taken back in the client's own dialog: given after all, it is not asked about the same limit again.
    if (!(state.kind === 'unsent' && state.isCancelled)) intentions.delete(id)
    void recorded.then(result => {
      finish(id, state, result)
      if (current.externalUserId === externalUserId) void current.refresh()
    })
  }

  async function deliver(
    { couponId, card }: CouponReservation,
    contact: Contact | undefined,
  ): Promise<Ending> {
    const release = (outcome: 'cancelled' | 'failed', reason: string | null) =>
      retrying(() => releaseCoupon(couponId, { outcome, reason }, `release-${couponId}`))

    if (!(await current.confirmStillHere(contact)))
      return { state: IDLE, recorded: release('failed', '聊天换人了') }
    const result = await sendToChat({ kind: 'news', ...card })
    if (result === 'ok')
      return {
        state: { kind: 'sent' },
        recorded: retrying(() => confirmCoupon(couponId, `confirm-${couponId}`)),
      }
    if (result === 'unknown') {
      const words = '企业微信没有回应，先看看聊天里有没有；没有的话，10 分钟后自动退回'
      return { state: { kind: 'unsent', words }, recorded: Promise.resolve('done') }
    }
    if (result === 'cancelled')
      return {
        state: { kind: 'unsent', words: '你取消了，券退回了', isCancelled: true },
        recorded: release('cancelled', null),
      }
    return {
      state: { kind: 'unsent', words: '没有发出，券退回了，可以再试' },
      recorded: release('failed', result.failed.slice(0, 200)),
    }
  }

  /** The server knows, or will later. */
  function finish(id: string, state: CouponSendState, result: Recorded): void {
    if (state.kind !== 'sent') return
    if (result === 'refused') {
      const words = '卡片发出了，券已过时限、没有记上，请再看一眼下面的券'
      states.set(id, { kind: 'unsent', words })
    } else {
      timers.add(setTimeout(() => states.set(id, IDLE), SENT_SHOWN_MS))
    }
  }

  return {
    give,
    /** Whether one is under way. */
    isBusy,
    stateOf: (templateId: string): CouponSendState => states.get(keyOf(templateId)) ?? IDLE,
  }
}
