import { computed, reactive, ref, watch } from 'vue'
import type { Purchase, PurchaseDraft } from '../../../shared/contract/purchases.ts'
import { yuanText } from '../../../shared/rules/coupon.ts'
import { parseYuan, type YuanTrouble } from '../../../shared/rules/parseYuan.ts'
import { addPurchase, changePurchase } from '../../api/purchases.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { useForm } from '../../ui/useForm.ts'
import { useDraft } from '../drafts/useDraft.ts'
import { useCurrentCustomerStore } from './currentCustomer.store.ts'

/** For whom: the customer, a person noted with her, or somebody by relation. */
export interface Recipient {
  relation: string | null
  personId: string | null
}

const amountWords: Record<YuanTrouble, string> = {
  empty: '',
  unclear: '金额没看懂，如 3680 或 1.28万',
  negative: '金额不能是负数',
  tooFine: '金额最多到分',
  tooMuch: '金额不超过 100 万',
}

interface Typed {
  piece: string
  amount: string
  day: string
  recipient: Recipient
  isCustom: boolean
  engraving: string
}
/** What was typed, and over which version. */
interface Kept extends Typed {
  version: number | null
}

/** What is typed of one purchase, new or noted before, kept as a draft until it is saved. Made anew for another purchase. */
export function usePurchaseForm(
  purchase: () => Purchase | undefined,
  today: () => string,
  isOpen: () => boolean,
  /** What is bought for a child lies on no device (P28); undefined while nobody can tell. */
  isForChild: (recipient: Recipient) => boolean | undefined,
) {
  const current = useCurrentCustomerStore()
  const noted = (): Typed => {
    const known = purchase()
    return {
      piece: known?.piece ?? '',
      amount: known ? yuanText(known.amountFen) : '',
      day: known?.day ?? today(),
      recipient: { relation: known?.recipient ?? null, personId: known?.personId ?? null },
      isCustom: known?.isCustom ?? false,
      engraving: known?.engraving ?? '',
    }
  }
  const draft = reactive<Typed>(noted())
  let begun = JSON.stringify(draft)
  /** It was changed by somebody since the draft was begun. */
  const isOther = ref(false)

  const kept = useDraft<Kept>(
    `purchase:${purchase()?.purchaseId ?? 'new'}`,
    () => (isOpen() ? current.externalUserId : undefined),
    {
      read: () =>
        JSON.stringify(draft) === begun
          ? undefined
          : { ...draft, recipient: { ...draft.recipient }, version: purchase()?.version ?? null },
      restore({ version, ...typed }) {
        isOther.value = version !== (purchase()?.version ?? null)
        Object.assign(draft, typed)
      },
      clear() {
        isOther.value = false
        Object.assign(draft, noted())
        begun = JSON.stringify(draft)
      },
      isPageOnly: () => isForChild(draft.recipient),
    },
  )

  /** Everything of a piece at once, as it was offered. */
  function fill(known: Pick<typeof draft, 'piece' | 'amount' | 'recipient' | 'engraving'>): void {
    Object.assign(draft, known, { isCustom: true })
  }

  const amount = computed(() => parseYuan(draft.amount))
  const facts = computed<PurchaseDraft | undefined>(() => {
    const piece = draft.piece.trim()
    if (piece === '' || 'trouble' in amount.value || draft.day === '' || draft.day > today()) return undefined
    return {
      piece,
      amountFen: amount.value.fen,
      day: draft.day,
      recipient: draft.recipient.relation,
      personId: draft.recipient.personId,
      isCustom: draft.isCustom,
      engraving: draft.isCustom ? draft.engraving.trim() || null : null,
    }
  })

  const form = useForm(async (given: { externalUserId: string; facts: PurchaseDraft }, key: string) => {
    const known = purchase()
    return known
      ? changePurchase(given.externalUserId, known.purchaseId, given.facts, known.version)
      : addPurchase(given.externalUserId, given.facts, key)
  })
  watch(draft, form.edited)

  /** The purchase as the server has it; undefined when it is not saved, and then `trouble` says why. */
  async function save(): Promise<Purchase | undefined> {
    const { externalUserId } = current
    const given = facts.value
    if (!externalUserId || !given || !(await current.confirmStillHere())) return undefined
    const saved = await form.submit({ externalUserId, facts: given })
    if (saved) kept.saved(externalUserId)
    return saved
  }

  return {
    draft,
    isRestored: kept.isRestored,
    /** Why it is not saved, or what has become of it meanwhile. */
    reason: computed(() => (isOther.value ? '这一笔后来改过，看看再存' : kept.reason.value)),
    discard: kept.discard,
    fill,
    save,
    busy: form.busy,
    canSave: computed(() => facts.value !== undefined && !form.busy.value),
    amountHint: computed(() => ('trouble' in amount.value ? amountWords[amount.value.trouble] : '')),
    trouble: computed(() =>
      form.error.value ? `${problemTitle(form.error.value)}，还没有记下，你写的都还在` : '',
    ),
  }
}
