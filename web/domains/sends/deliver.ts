import type { ReasonClass } from '../../../shared/contract/reasonClass.ts'
import type { PartState, Send } from '../../../shared/contract/sends.ts'
import { isLeftOpen } from '../../../shared/rules/sendState.ts'
import { ApiError, isPassing } from '../../api/apiError.ts'
import { createIntention, newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { finishSend, listOpenSends, type Receiver } from '../../api/sends.ts'
import { deviceMark } from '../../device/deviceMark.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { retrying, type Recorded } from '../../ui/retrying.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { giveParts } from './giveParts.ts'
import { useLimitAskStore } from './limitAsk.store.ts'
import { useSendsStore } from './sends.store.ts'
import type { SendEnd } from './sendState.ts'
import {
  forgetEarlier,
  forgetUnfiled,
  keepUnfiled,
  unfiledIn,
  unfiledOf,
  type PartResult,
} from './unfiled.ts'

export interface Delivery {
  to: Receiver
  /** The chat it was begun for, whoever comes into view later. */
  contact: Contact | undefined
  /** What the guide said it is, when it was begun. */
  reasonClass: ReasonClass | undefined
  send: Send
  /** What is known of the parts. */
  states: PartState[]
  /** The first part to go out. */
  from: number
  /** The server has noted that part as leaving. */
  isNoted: boolean
  /** The guide has looked into the chat: the first part is not there. */
  again?: boolean
}

/**
 * Gives part after part to the client. Before each the contact is read again and the server notes that the part is leaving, so
 * that after any interruption it is known what may stand in the chat; where that cannot be noted nothing more leaves. How each
 * part ended is kept here at once and told with the next note. Never throws.
 */
export async function deliver({
  to,
  contact,
  reasonClass,
  send,
  states: known,
  from,
  isNoted,
  again,
}: Delivery): Promise<SendEnd> {
  const current = useCurrentCustomerStore()
  const sends = useSendsStore()
  const limits = useLimitAskStore()
  const { sendId } = send
  const states = [...known]
  const hadReached = known.includes('ok')
  let bodies = send.parts.map(({ body }) => body)
  let untold: PartResult[] = []
  /** This time of giving the part to the client; of the first part the send names the first. */
  let attempt = sendId
  // What an earlier page or attempt still had to tell goes on with this one.
  stopFiling(sendId)

  const chat = await chatMark(to)
  const show = () => sends.showRunning({ to, sendId, states: [...states] })
  function end(index: number, result: PartResult['outcome'], reason: string | null = null): void {
    const one = { index, outcome: result, reason, attempt }
    states[index] = result
    keepUnfiled(sendId, one, chat)
    untold.push(one)
  }

  /** @returns how it stopped: why it could not be noted, or that it had better wait; undefined when it was noted */
  async function note(index: number): Promise<{ trouble: string } | 'waits' | undefined> {
    const results = untold
    attempt = newIdempotencyKey()
    const body = { results, next: index, attempt, ...(again && index === from ? { again } : {}) }
    try {
      const answer = await limits.startAsAllowed(
        { contact, claims: reasonClass ? { reasonClass } : {} },
        claims => finishSend(to, sendId, { ...body, ...claims }, newIdempotencyKey()),
      )
      if (!answer) return 'waits'
      bodies = answer.parts.map(part => part.body)
      untold = []
      forgetUnfiled(sendId, results)
      forgetEarlier(sendId, index)
      return undefined
    } catch (cause) {
      // Whether it was noted or not: this page knows that the part has not left, and says so.
      if (isPassing(cause)) end(index, 'failed', '网络没有通')
      return { trouble: (cause instanceof ApiError && cause.problem.detail) || problemTitle(cause) }
    }
  }

  /** How the send ends before a part that had better not leave. */
  async function noteFirst(index: number, before: PartState): Promise<SendEnd | undefined> {
    if (isNoted && index === from) return undefined
    const sentParts = states.filter(state => state === 'ok').length
    // A limit that stands against it is asked about in its own chat only.
    if (!(await current.confirmStillHere(contact))) {
      states[index] = before
      return { kind: 'idle', sentParts }
    }
    const stop = await note(index)
    if (stop === undefined) return undefined
    if (states[index] === 'leaving') states[index] = before
    if (stop === 'waits') return { kind: 'idle', sentParts }
    return { kind: 'failed', words: stoppedWords(stop.trouble, sentParts), sentParts }
  }

  const ended = await giveParts({
    contact,
    states,
    from,
    bodyOf: index => bodies[index],
    note: noteFirst,
    ended: end,
    show,
  })
  sends.showRunning(undefined)
  const sentParts = states.filter(state => state === 'ok').length
  if (ended.kind === 'idle') current.noteStopped(sentParts, states.length - sentParts)
  // Also of several parts the first has reached her: from now on she has heard from us.
  if (to.kind === 'customer' && !hadReached && states.includes('ok'))
    current.showContacted(to.externalUserId, send.title)
  sends.showLeft(to, send, states)
  void file(to, sendId).then(recorded => {
    if (recorded === 'superseded') return
    // A card fetched before the server had heard tells of a part that is still leaving.
    sends.showLeft(to, send, states)
    // What was continued may have been a reminder's message; what did not leave gives back its place.
    const isFreed = !states.includes('ok') && !isLeftOpen(states)
    if (recorded === 'done' && (!isNoted || isFreed)) void current.refresh()
    else current.noteChange()
  })
  return ended
}

/** Who tells of a send: the newest only, so that nothing is told that a later attempt has overtaken. */
const filers = new Map<string, symbol>()

const stopFiling = (sendId: string): void => void filers.delete(sendId)

/**
 * Tells the server how parts of a send ended, until it has heard: what is kept of them at each attempt, not what was when it
 * began. Ends when the send goes on, or when somebody else tells of it.
 */
export async function file(to: Receiver, sendId: string): Promise<Recorded | 'superseded'> {
  const self = Symbol(sendId)
  const intention = createIntention()
  filers.set(sendId, self)
  const recorded = await retrying(async () => {
    const results = filers.get(sendId) === self ? unfiledOf(sendId) : []
    if (results.length === 0) return
    try {
      await finishSend(to, sendId, { results }, intention.keyOf(results))
    } catch (cause) {
      // What the server will never take need not be kept for another page.
      if (!isPassing(cause)) forgetUnfiled(sendId, results)
      throw cause
    }
    forgetUnfiled(sendId, results)
  })
  if (filers.get(sendId) !== self) return 'superseded'
  if (recorded !== 'queued') stopFiling(sendId)
  return recorded
}

/** What this device still has to tell of earlier sends in this chat: what did not leave must not stand against the next. */
export async function fileEarlier(to: Receiver): Promise<void> {
  const { here, anywhere } = unfiledIn(await chatMark(to))
  const found = anywhere.length > 0 ? await listOpenSends(to).catch(() => undefined) : undefined
  const open = (found?.sends ?? []).map(({ sendId }) => sendId)
  await Promise.all([...here, ...anywhere.filter(sendId => open.includes(sendId))].map(id => file(to, id)))
}

/** What tells this chat from others on the device, without saying whose it is. */
const chatMark = (to: Receiver): Promise<string | undefined> =>
  deviceMark(to.kind === 'customer' ? `customer ${to.externalUserId}` : `group ${to.chatId}`)

const stoppedWords = (trouble: string, sentParts: number): string =>
  sentParts > 0 ? `${trouble}，前 ${sentParts} 条已送到，后面的还没有发` : `${trouble}，没有发出`
