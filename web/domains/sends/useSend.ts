import { computed, getCurrentScope, onScopeDispose, ref, shallowRef } from 'vue'
import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { PartState, SendDraft } from '../../../shared/contract/sends.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { clientHere } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useLimitAskStore } from './limitAsk.store.ts'
import { createSendIntention } from './sendIntention.ts'
import { receiverInView, useSendsStore } from './sends.store.ts'
import type { SendEnd, SendState } from './sendState.ts'

export type { SendEnd, SendState } from './sendState.ts'

/** How long `sent` is shown before the machine is idle again. */
export const SENT_SHOWN_MS = 1_200

/**
 * Sends a message of one or more parts to the chat in view, one after another, each recorded as it ends. The contact is read
 * again before the start and before every part: if it has changed, nothing (more) leaves. One send at a time: a second tap, on
 * this message or another, does nothing while one goes out.
 */
export function useSend() {
  const current = useCurrentCustomerStore()
  const sends = useSendsStore()
  const limits = useLimitAskStore()
  const ended = shallowRef<SendEnd>({ kind: 'idle' })
  /** How many parts are about to go out; 0 while nothing does. */
  const partCount = ref(0)
  const sendId = ref<string>()
  /** Of what goes out another way. */
  const shown = shallowRef<PartState[]>()
  /** The last attempt left something to be sent. */
  const isLeft = ref(false)
  const intention = createSendIntention()
  let timer: ReturnType<typeof setTimeout>
  if (getCurrentScope()) onScopeDispose(() => clearTimeout(timer))

  /** What is left of this very message, as long as it is. */
  const left = computed(() =>
    sendId.value !== undefined && sends.left?.sendId === sendId.value ? sends.left : undefined,
  )
  const state = computed<SendState>(() => {
    // Continued or given up since, from wherever: how the attempt ended is told no more.
    if (partCount.value === 0) return isLeft.value && !left.value ? { kind: 'idle' } : ended.value
    if (shown.value) return { kind: 'sending', states: shown.value }
    const { running } = sends
    if (running && running.sendId === sendId.value) return { kind: 'sending', states: running.states }
    const waiting = Array.from({ length: partCount.value - 1 }, () => 'waiting' as const)
    return { kind: 'sending', states: ['leaving', ...waiting] }
  })

  /** Other words were chosen: how the last attempt ended is no longer of interest. */
  function reset(): void {
    if (partCount.value > 0) return
    intention.answered()
    ended.value = { kind: 'idle' }
  }

  /** Resolves to whether everything left. `nature`: what it is by its nature, unless she says more. Never throws. */
  const send = (draft: SendDraft, nature?: ReasonClass): Promise<boolean> =>
    sendBy(draft.parts.length + (draft.engravingId === undefined ? 0 : 1), () => run(draft, nature))

  /** As `send`, for what is started and recorded another way, which shows how its parts stand. */
  async function sendBy(
    parts: number,
    deliver: (show: (states: PartState[]) => void) => Promise<SendEnd>,
  ): Promise<boolean> {
    if (!sends.begin()) return false
    clearTimeout(timer)
    sendId.value = undefined
    isLeft.value = false
    partCount.value = parts
    try {
      ended.value = await deliver(states => void (shown.value = states))
    } catch (cause) {
      ended.value = { kind: 'failed', words: `${problemTitle(cause)}，没有发出`, sentParts: 0 }
    } finally {
      partCount.value = 0
      shown.value = undefined
      isLeft.value = left.value !== undefined
      sends.end()
    }
    if (ended.value.kind !== 'sent') return false
    timer = setTimeout(reset, SENT_SHOWN_MS)
    return true
  }

  async function run(draft: SendDraft, nature: ReasonClass | undefined): Promise<SendEnd> {
    const to = receiverInView()
    const { contact, reasonClass } = current
    if (!to || !(await current.confirmStillHere(contact))) return { kind: 'idle' }
    const [api, { deliver, fileEarlier }] = await Promise.all([
      import('../../api/sends.ts'),
      import('./deliver.ts'),
    ])
    // A repeat after a missing answer is the same intention only with the same words to the same chat; a day or a fact in
    // them may have changed since.
    const begun = intention.begin(JSON.stringify([to, draft]), reasonClass)
    await fileEarlier(to)
    const started = await limits.startAsAllowed({ contact, ...begun, nature }, claims =>
      api.startSend(to, { ...draft, ...claims, client: clientHere() }, intention.keyFor(claims)),
    )
    if (!started) {
      intention.forget()
      return { kind: 'idle' }
    }
    // From here on the server knows this attempt; the next one is another.
    intention.answered()
    sendId.value = started.sendId
    const states = started.parts.map(part => part.state)
    const end = await deliver({ to, contact, reasonClass, send: started, states, from: 0, isNoted: true })
    // While nothing has left it stays one intention: taken back in the client's own dialog, it is not asked about again.
    if (hasLeft(end)) intention.forget()
    return end
  }

  return {
    state,
    left,
    send,
    sendBy,
    reset,
    /** Of the last attempt something stands in the chat, or may: what is left of it goes on by itself. */
    hasLeft: () => hasLeft(ended.value),
  }
}

/** Whether something of it stands in the chat, or may. */
const hasLeft = (end: SendEnd): boolean =>
  end.kind === 'sent' || end.kind === 'unknown' || (end.sentParts ?? 0) > 0
