import { computed, getCurrentScope, onScopeDispose, shallowReactive } from 'vue'
import type { CouponReservation } from '../../../shared/contract/coupons.ts'
import { isPassing } from '../../api/apiError.ts'
import { confirmCoupon, releaseCoupon, reserveCoupon } from '../../api/coupons.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { retrying, type Recorded } from '../../ui/retrying.ts'
import { sendToChat, type Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore, type Claims } from '../sends/limitAsk.store.ts'
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
  const intentions = new Map<string, { key: string; since: number; said: Claims }>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  if (getCurrentScope()) onScopeDispose(() => timers.forEach(clearTimeout))
  const isBusy = computed(() => [...states.values()].some(state => state.kind === 'sending'))

  const keyOf = (templateId: string, id = current.externalUserId) => `${id} ${templateId}`

  const openIntention = (id: string) => {
    const open = intentions.get(id)
    return open && performance.now() - open.since < SAME_INTENTION_MS ? open : undefined
  }

  /** One key per customer, template and what is said for it, until the server has answered. */
  function intentionFor(id: string, said: Claims): string {
    const open = openIntention(id)
    if (open && JSON.stringify(open.said) === JSON.stringify(said)) return open.key
    const key = newIdempotencyKey()
    intentions.set(id, { key, since: performance.now(), said })
    return key
  }

  async function give(templateId: string, reminderId: string | null = null): Promise<void> {
    const { externalUserId, contact, reasonClass } = current
    if (isBusy.value || !externalUserId) return
    const intention = keyOf(templateId)
    states.set(intention, { kind: 'sending' })
    if (!(await current.confirmStillHere(contact))) return void states.set(intention, IDLE)

    let reservation: CouponReservation | undefined
    try {
      const body = { templateId, externalUserId, reminderId }
      const claims = { ...(reasonClass ? { reasonClass } : {}), ...openIntention(intention)?.said }
      reservation = await limits.startAsAllowed({ contact, claims }, claims =>
        reserveCoupon({ ...body, ...claims }, intentionFor(intention, claims)),
      )
    } catch (error) {
      // Without an answer it may be reserved all the same; the next tap asks for that very piece.
      if (!isPassing(error)) intentions.delete(intention)
      states.set(intention, { kind: 'unsent', words: `${problemTitle(error)}，没有发出` })
      current.noteChange()
      return
    }
    const said = intentions.get(intention)?.said
    intentions.delete(intention)
    if (!reservation) return void states.set(intention, IDLE)
    const { state, recorded } = await deliver(reservation, contact)
    states.set(intention, state)
    // Taken back in the client's own dialog: given after all, it is not asked about again.
    if (said && state.kind === 'unsent' && state.isCancelled)
      intentions.set(intention, { key: newIdempotencyKey(), since: performance.now(), said })
    void recorded.then(result => {
      finish(intention, state, result)
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
  function finish(intention: string, state: CouponSendState, result: Recorded): void {
    if (state.kind !== 'sent') return
    if (result === 'refused') {
      const words = '卡片发出了，券已过时限、没有记上，请再看一眼下面的券'
      states.set(intention, { kind: 'unsent', words })
    } else {
      timers.add(setTimeout(() => states.set(intention, IDLE), SENT_SHOWN_MS))
    }
  }

  return {
    give,
    /** Whether one is under way. */
    isBusy,
    stateOf: (templateId: string): CouponSendState => states.get(keyOf(templateId)) ?? IDLE,
  }
}
