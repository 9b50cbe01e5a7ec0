import { computed, reactive, watch } from 'vue'
import type { Purchase, PurchaseDraft } from '../../../shared/contract/purchases.ts'
import { yuanText } from '../../../shared/rules/coupon.ts'
import { parseYuan, type YuanTrouble } from '../../../shared/rules/parseYuan.ts'
import { addPurchase, changePurchase } from '../../api/purchases.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { useForm } from '../../ui/useForm.ts'
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

/** What is typed of one purchase, new or noted before, and its way to the server. */
export function usePurchaseForm(purchase: () => Purchase | undefined, today: () => string) {
  const current = useCurrentCustomerStore()
  const draft = reactive({
    piece: '',
    amount: '',
    day: '',
    recipient: { relation: null, personId: null } as Recipient,
    isCustom: false,
    engraving: '',
  })

  function begin(): void {
    const known = purchase()
    Object.assign(draft, {
      piece: known?.piece ?? '',
      amount: known ? yuanText(known.amountFen) : '',
      day: known?.day ?? today(),
      recipient: { relation: known?.recipient ?? null, personId: known?.personId ?? null },
      isCustom: known?.isCustom ?? false,
      engraving: known?.engraving ?? '',
    })
    form.edited()
  }

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
    return form.submit({ externalUserId, facts: given })
  }

  return {
    draft,
    begin,
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
