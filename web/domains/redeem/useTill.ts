import { computed, ref, shallowRef } from 'vue'
import type { CouponAtTill } from '../../../shared/contract/coupons.ts'
import { ApiError, fateOf } from '../../api/apiError.ts'
import { findCoupon, redeemCoupon } from '../../api/coupons.ts'
import { createIntention } from '../../api/idempotencyKey.ts'
import { problemDetail } from '../../ui/problemTitle.ts'
import { seekTrouble } from './redeemWords.ts'
import type { Shown } from './shownCode.ts'

/** How the last attempt to redeem ended, while the coupon is still on the counter. */
type Trouble =
  /** Nobody knows whether it went through; asking again does it once at most. */
  { kind: 'unanswered' } | { kind: 'refused'; words: string }

/**
 * One coupon on the counter: found by what the customer shows, redeemed once. A second tap while it is under way does nothing, and
 * the same amount asked for again after a lost answer is the same request, whose answer says what the first one did.
 */
export function useTill(noteUse: () => void) {
  const coupon = shallowRef<CouponAtTill>()
  const isSeeking = ref(false)
  const isRedeeming = ref(false)
  /** Why there is no coupon on the counter. */
  const missed = ref('')
  const trouble = shallowRef<Trouble>()
  /** An attempt at this coupon is unanswered, whatever became of those after it. */
  let isUnknown = false
  /** It was this page that has just redeemed it. */
  const isDone = ref(false)
  const intention = createIntention()
  let turn = 0

  async function seek(shown: Shown): Promise<void> {
    const mine = ++turn
    isSeeking.value = true
    missed.value = ''
    try {
      const found = await findCoupon(shown)
      if (mine !== turn) return
      coupon.value = found
      isDone.value = false
      isUnknown = false
      trouble.value = undefined
    } catch (error) {
      if (mine === turn) missed.value = seekTrouble(error)
    } finally {
      if (mine === turn) isSeeking.value = false
    }
  }

  async function redeem(amountFen: number, piece: string): Promise<void> {
    const held = coupon.value
    if (!held || isRedeeming.value) return
    isRedeeming.value = true
    trouble.value = undefined
    const { couponId, code } = held
    const body = { code, amountFen, piece: piece.trim() || null }
    const key = intention.keyOf({ couponId, ...body })
    try {
      const used = await redeemCoupon(couponId, body, key)
      intention.answered()
      if (coupon.value?.couponId !== couponId) return
      coupon.value = used
      isDone.value = true
      noteUse()
    } catch (error) {
      const fate = fateOf(error)
      if (fate === 'refused') intention.answered()
      if (coupon.value?.couponId !== couponId) return
      if (fate !== 'notNow') isUnknown = fate === 'unknown'
      await explain(error, held)
    } finally {
      isRedeeming.value = false
    }
  }

  async function explain(error: unknown, held: CouponAtTill): Promise<void> {
    trouble.value = isUnknown ? { kind: 'unanswered' } : { kind: 'refused', words: problemDetail(error) }
    // The coupon has changed under us: what it is now says more than the refusal.
    if (error instanceof ApiError && error.problem.code === 'coupon_not_redeemable') {
      const now = await findCoupon({ code: held.code }).catch(() => undefined)
      if (now && coupon.value?.couponId === held.couponId) {
        coupon.value = now
        if (now.state === 'redeemed') noteUse()
      }
    }
  }

  return {
    coupon,
    isSeeking,
    isRedeeming,
    missed,
    trouble,
    isDone,
    isUsed: computed(() => coupon.value?.state === 'redeemed'),
    seek,
    redeem,
    /** Its use was taken back elsewhere on the page. */
    put(changed: CouponAtTill): void {
      if (coupon.value?.couponId !== changed.couponId) return
      coupon.value = changed
      isDone.value = false
      trouble.value = undefined
    },
    /** The counter is free for the next customer. */
    clear(): void {
      turn++
      coupon.value = undefined
      isUnknown = false
      isSeeking.value = false
      missed.value = ''
      trouble.value = undefined
      isDone.value = false
    },
    /** What was being looked for is not meant any more; what comes of it is not shown. */
    letGo(): void {
      turn++
      isSeeking.value = false
      missed.value = ''
    },
    miss: (words: string) => void (missed.value = words),
  }
}
