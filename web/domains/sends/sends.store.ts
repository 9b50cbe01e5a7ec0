import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import type { OpenSend, PartState } from '../../../shared/contract/sends.ts'
import { isLeftOpen } from '../../../shared/rules/sendState.ts'
import type { Receiver } from '../../api/sends.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'

/** What is going out from this page right now: one send at a time. */
export interface Running {
  to: Receiver
  sendId: string
  states: PartState[]
}

/** Which send, and what it came from. */
type Sent = Pick<OpenSend, 'sendId' | 'title' | 'scriptId' | 'reminderId'>

/** What is going out from this page, and what is left to be sent in the chat in view. */
export const useSendsStore = defineStore('sends', () => {
  const current = useCurrentCustomerStore()
  const running = shallowRef<Running>()
  const isBusy = ref(false)
  const leftInGroups = shallowReactive(new Map<string, OpenSend>())

  /** What is left of one send; nothing when `parts` say so. */
  function showLeft(to: Receiver, { sendId, title, scriptId, reminderId }: Sent, parts: PartState[]): void {
    const left = isLeftOpen(parts) ? { sendId, title, scriptId, reminderId, parts } : undefined
    if (to.kind === 'customer') return current.showUnfinished(to.externalUserId, sendId, left)
    if (left) leftInGroups.set(to.chatId, left)
    else if (leftInGroups.get(to.chatId)?.sendId === sendId) leftInGroups.delete(to.chatId)
  }

  /** What an earlier page has left in a group; without an answer the group is simply shown. */
  async function lookInGroup(chatId: string): Promise<void> {
    const { listOpenSends } = await import('../../api/sends.ts')
    const found = await listOpenSends({ kind: 'group', chatId }).catch(() => undefined)
    const [open] = found?.sends ?? []
    if (!open || running.value) return
    const states = open.parts.map(part => part.state)
    showLeft({ kind: 'group', chatId }, open, states)
  }

  return {
    running,
    /** One is being sent, or about to be. */
    isBusy,
    /** @returns whether this one may begin: not while another goes out, on this message or any other */
    begin(): boolean {
      if (isBusy.value) return false
      isBusy.value = true
      return true
    },
    end: () => void (isBusy.value = false),
    /** Of the chat in view. */
    left: computed<OpenSend | undefined>(() =>
      current.externalUserId
        ? (current.card?.unfinishedSend ?? undefined)
        : leftInGroups.get(current.chatId ?? ''),
    ),
    showRunning: (now: Running | undefined) => void (running.value = now),
    showLeft,
    lookInGroup,
  }
})

/** The chat in view as a receiver. */
export function receiverInView(): Receiver | undefined {
  const { externalUserId, chatId } = useCurrentCustomerStore()
  if (externalUserId) return { kind: 'customer', externalUserId }
  return chatId ? { kind: 'group', chatId } : undefined
}
