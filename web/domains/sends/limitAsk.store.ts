import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { ReachedLimit, ReasonClass } from '../../../shared/contract/reasonClass.ts'
import { ApiError } from '../../api/apiError.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'

/** What a message says for itself. */
export interface Claims {
  reasonClass?: ReasonClass
  confirmed?: true
}

/** A message that is to start. */
export interface Starting {
  /** The chat it was begun for, whoever comes into view later. */
  contact: Contact | undefined
  /** What it says for itself from the start. */
  claims: Claims
  /** What she has said to limits for this message before; what she says now is added. */
  answers?: LimitAnswers
  /** What it is by its nature: said without a question where a soft limit lets that pass, and told in the timeline. */
  nature?: ReasonClass | undefined
}

/** By limit, with its words: what she said to one says nothing of another. */
export type LimitAnswers = Map<string, Claims>

export interface AskedLimit {
  limit: ReachedLimit
  /** why, and until when */
  words: string
}

const limitOf = (error: unknown): AskedLimit | undefined =>
  error instanceof ApiError && error.problem.limit
    ? { limit: error.problem.limit, words: error.problem.detail ?? error.problem.title }
    : undefined

/** What the message says to this limit by itself. In a group nobody would read of it, and what is hard is hers to answer. */
function ownAnswer({ contact, nature }: Starting, { limit }: AskedLimit, said: Claims): Claims | undefined {
  const isSpoken = nature && said.reasonClass === undefined && contact?.kind === 'customer'
  return isSpoken && limit.hardness === 'soft' && limit.bypass.includes(nature)
    ? { reasonClass: nature }
    : undefined
}

/** The one question of restraint: asked when the server says that a message had better wait. */
export const useLimitAskStore = defineStore('limitAsk', () => {
  const current = useCurrentCustomerStore()
  const asked = shallowRef<AskedLimit>()
  let resolve: ((claims: Claims | undefined) => void) | undefined

  function answer(claims: Claims | undefined): void {
    asked.value = undefined
    resolve?.(claims)
    resolve = undefined
  }
  // It was asked about somebody else.
  watch([() => current.externalUserId, () => current.chatId], () => answer(undefined))

  /**
   * Starts a message; when a limit stands against it, the guide is asked and it is started again as she says, each limit once.
   * She is asked only while the chat it was begun for is in view (P14).
   * @returns undefined when she would rather not, or when the chat has changed meanwhile
   * @throws whatever `start` throws besides
   */
  async function startAsAllowed<Started>(
    starting: Starting,
    start: (claims: Claims) => Promise<Started>,
  ): Promise<Started | undefined> {
    const { contact, answers = new Map() } = starting
    let { claims } = starting
    const met = new Set<string>()
    for (;;) {
      try {
        return await start(claims)
      } catch (error) {
        const reached = limitOf(error)
        if (!reached) throw error
        const limit = JSON.stringify(reached)
        const known = met.has(limit) ? undefined : answers.get(limit)
        met.add(limit)
        const before = known ?? ownAnswer(starting, reached, claims)
        const chosen = before ?? ((await current.confirmStillHere(contact)) ? await ask(reached) : undefined)
        // The facts the question came from are newer than the page's.
        if (!known) current.noteChange()
        if (!chosen || !(await current.confirmStillHere(contact))) {
          void current.refresh()
          return undefined
        }
        answers.set(limit, chosen)
        // A reason is no confirmation: what it does not lift is asked about by itself.
        claims = { ...claims, ...chosen }
      }
    }
  }

  function ask(reached: AskedLimit): Promise<Claims | undefined> {
    // One question at a time: the former is answered with no.
    answer(undefined)
    return new Promise(done => {
      resolve = done
      asked.value = reached
    })
  }

  return { asked, answer, startAsAllowed }
})
