import type { z } from 'zod'
import type { Profile } from '../../../shared/contract/customers.ts'
import type { FactsDraft } from '../../../shared/contract/facts.ts'
import type { DateDraft } from '../../../shared/contract/people.ts'
import type { PromiseDraft } from '../../../shared/contract/reminders.ts'
import { changeProfile, changeRemark } from '../../api/customers.ts'
import { noteFacts } from '../../api/facts.ts'
import { getCard } from '../../api/firstScreen.ts'
import { addDate } from '../../api/people.ts'
import { addPromise } from '../../api/reminders.ts'
import { changeTags } from '../../api/tags.ts'

/** What may wait for the network. Messages never do: what leaves hours later leaves into another conversation. */
export type WaitingAct =
  | { kind: 'tags'; add: string[]; remove: string[] }
  | { kind: 'date'; draft: z.input<typeof DateDraft> }
  | { kind: 'facts'; draft: z.input<typeof FactsDraft> }
  | { kind: 'promise'; draft: z.input<typeof PromiseDraft> }
  | { kind: 'remark'; words: string }
  | { kind: 'profile'; name: keyof Profile; seen: string | null; words: string | null }

/** Somebody has changed the field since it was read. */
export class ChangedElsewhere extends Error {}

/**
 * Does what waited; safe to repeat under the same key.
 * @throws ApiError, Unreachable, ChangedElsewhere
 */
export async function performWrite(customerId: string, act: WaitingAct, key: string): Promise<unknown> {
  switch (act.kind) {
    case 'tags':
      return changeTags(customerId, { add: act.add, remove: act.remove }, key)
    case 'date':
      return addDate(customerId, act.draft, key)
    case 'facts':
      return noteFacts(customerId, act.draft, key)
    case 'promise':
      return addPromise(customerId, act.draft, key)
    case 'remark':
      return changeRemark(customerId, act.words, key)
    case 'profile':
      return putField(customerId, act)
  }
}

/** Against what stands there now: the version of hours ago says nothing, the words that were read then do. */
async function putField(
  customerId: string,
  { name, seen, words }: Extract<WaitingAct, { kind: 'profile' }>,
): Promise<unknown> {
  const { profile } = (await getCard(customerId)).customer
  // The first attempt came through after all, and only its answer was lost.
  if (profile[name] === words) return undefined
  if (profile[name] !== seen) throw new ChangedElsewhere('the field is another')
  return changeProfile(customerId, { [name]: words }, profile.version)
}
