import { getCurrentScope, onScopeDispose, ref } from 'vue'
import type { PartOutcome, Send, SendDraft } from '../../../shared/contract/sends.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import type { Receiver } from '../../api/sends.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { retrying } from '../../ui/retrying.ts'
import { sendToChat, type Contact, type SendResult } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'

export type SendState =
  | { kind: 'idle' }
  /** Part `part` of `parts` is on its way, counted from 1. */
  | { kind: 'sending'; part: number; parts: number }
  | { kind: 'sent' }
  /** The guide said no in the client. */
  | { kind: 'cancelled'; sentParts: number }
  /** `words` say what happened and what is safe. */
  | { kind: 'failed'; words: string; sentParts: number }
  /** The client never answered: the message may or may not stand in the chat. */
  | { kind: 'unknown'; sentParts: number }

interface PartResult {
  index: number
  outcome: PartOutcome
  reason: string | null
}

/** How long `sent` is shown before the machine is idle again. */
export const SENT_SHOWN_MS = 1_200

/**
 * Sends a message of one or more parts to the chat in view and records how each part ended. The contact is read again
 * before the start and before every part: if it has changed, nothing (more) leaves. A second tap while it sends does nothing.
 */
export function useSend() {
  const current = useCurrentCustomerStore()
  const state = ref<SendState>({ kind: 'idle' })
  let intention = newIdempotencyKey()
  /** What `intention` stands for: to whom, and which words. */
  let intended = ''
  let isBusy = false
  let timer: ReturnType<typeof setTimeout>
  if (getCurrentScope()) onScopeDispose(() => clearTimeout(timer))

  const receiver = (): Receiver | undefined => {
    if (current.externalUserId) return { kind: 'customer', externalUserId: current.externalUserId }
    return current.chatId ? { kind: 'group', chatId: current.chatId } : undefined
  }

  /** Other words were chosen: how the last attempt ended is no longer of interest. */
  function reset(): void {
    if (isBusy) return
    intention = newIdempotencyKey()
    state.value = { kind: 'idle' }
  }

  /** Resolves to whether everything left. Never throws. */
  async function send(draft: SendDraft): Promise<boolean> {
    if (isBusy) return false
    isBusy = true
    clearTimeout(timer)
    const count = draft.parts.length + (draft.engravingId === undefined ? 0 : 1)
    state.value = { kind: 'sending', part: 1, parts: count }
    try {
      state.value = await run(draft)
    } catch (cause) {
      state.value = { kind: 'failed', words: `${problemTitle(cause)}，没有发出`, sentParts: 0 }
    } finally {
      isBusy = false
    }
    if (state.value.kind !== 'sent') return false
    timer = setTimeout(reset, SENT_SHOWN_MS)
    return true
  }

  async function run(draft: SendDraft): Promise<SendState> {
    const to = receiver()
    const contact = current.contact
    if (!to || !(await current.confirmStillHere(contact))) return { kind: 'idle' }
    const api = await import('../../api/sends.ts')
    // A repeat after a missing answer is the same intention only with the same words to the same chat; a day or a fact in
    // them may have changed since.
    const asked = JSON.stringify([to, draft])
    if (asked !== intended) intention = newIdempotencyKey()
    intended = asked
    const started = await api.startSend(to, draft, intention)
    // From here on the server knows this attempt; the next one is another.
    intention = newIdempotencyKey()
    const { results, ended } = await deliver(started, contact)
    // Also of several parts the first has reached her: from now on she has heard from us.
    if (to.kind === 'customer' && results[0]?.outcome === 'ok')
      current.showContacted(to.externalUserId, draft.title)
    const key = newIdempotencyKey()
    void retrying(() => api.finishSend(to, started.sendId, { results }, key)).then(() => current.noteChange())
    return ended
  }

  async function deliver(
    { parts }: Send,
    contact: Contact | undefined,
  ): Promise<{ results: PartResult[]; ended: SendState }> {
    const results: PartResult[] = []
    for (const [index, { body }] of parts.entries()) {
      state.value = { kind: 'sending', part: index + 1, parts: parts.length }
      if (!(await current.confirmStillHere(contact))) {
        results.push({ index, outcome: 'failed', reason: '聊天换人了' })
        return { results, ended: { kind: 'idle' } }
      }
      const result = await sendToChat(body)
      results.push(toPartResult(index, result))
      if (result !== 'ok') return { results, ended: endedBy(result, index) }
    }
    return { results, ended: { kind: 'sent' } }
  }

  return { state, send, reset }
}

function toPartResult(index: number, result: SendResult): PartResult {
  if (typeof result === 'string') return { index, outcome: result, reason: null }
  return { index, outcome: 'failed', reason: result.failed.slice(0, 200) }
}

function endedBy(result: Exclude<SendResult, 'ok'>, sentParts: number): SendState {
  if (result === 'cancelled') return { kind: 'cancelled', sentParts }
  if (result === 'unknown') return { kind: 'unknown', sentParts }
  return { kind: 'failed', words: failureWords(result.failed, sentParts), sentParts }
}

/** The client's refusal (`wecom/jssdk.md` §3.3) in words a guide can act on. */
function failureWords(reason: string, sentParts: number): string {
  const what = sentParts > 0 ? `前 ${sentParts} 条已送到，这一条没有发出` : '没有发出'
  if (/permission/i.test(reason)) return `${what}，企业微信没有给这个权限`
  if (/not exist/i.test(reason)) return `${what}，企业微信版本太旧`
  if (/without context/i.test(reason)) return `${what}，请从聊天右侧打开侧边栏`
  return `${what}，可以再试`
}
