import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import type { PartResults, PartState } from '../../../shared/contract/sends.ts'
import { variablesOf } from '../../../shared/rules/fillScript.ts'
import { isLeftOpen, isUncertain, nextPart } from '../../../shared/rules/sendState.ts'
import { CONTINUE_HOURS } from '../../db/sendParts.ts'
import { Conflict, Invalid } from '../../errors.ts'
import type { HeldPart, LockedSend } from './sends.repository.ts'

/** Whether it still holds: what became of an earlier attempt says nothing of one that left since, unless it has arrived. */
const isOfNow = (part: HeldPart | undefined, { outcome, attempt }: PartResults['results'][number]): boolean =>
  outcome === 'ok' || attempt === undefined || !part?.attempt || part.attempt === attempt

/** The parts with what is told of them. Who stops is asked no more: what was with the client then is `unknown`. */
export function statesAfter(
  before: readonly HeldPart[],
  { results, stop }: PartResults,
): { parts: PartState[]; results: PartResults['results'] } {
  const parts = before.map(({ state }) => state)
  const told = results.filter(result => isOfNow(before[result.index], result))
  for (const { index, outcome } of told) if (parts[index] !== 'ok') parts[index] = outcome
  for (const [index, state] of parts.entries()) {
    if (!stop || state !== 'leaving') continue
    parts[index] = 'unknown'
    told.push({ index, outcome: 'unknown', reason: null })
  }
  return { parts, results: told }
}

/** @throws Conflict unless the send can still be continued, as `canBeContinued` says, and exactly this part is the next to go out */
export function assertMayLeave(
  parts: PartState[],
  send: LockedSend,
  { next, again }: PartResults,
  now: Date,
): void {
  if (send.isStopped) throw new Conflict('state_conflict', { detail: '剩下的已经不发了' })
  if (send.startedAt.getTime() <= now.getTime() - CONTINUE_HOURS * 3_600_000)
    throw new Conflict('state_conflict', { detail: '隔得太久，不能接着发了' })
  if (next !== nextPart(parts))
    throw new Conflict('state_conflict', { detail: '前面的还没有发完，或者已经发过了' })
  if (!isLeftOpen(parts)) throw new Conflict('state_conflict', { detail: '一条都没有发出过，请重新发' })
  if (isUncertain(parts[next ?? 0]) && !again)
    throw new Conflict('state_conflict', { detail: `第 ${(next ?? 0) + 1} 条不确定发出没有，看看聊天再继续` })
}

/** @throws Invalid with the path of every text in which something still stands to be filled in, also under a name that is none of ours. */
export function assertFilled(parts: readonly ScriptPart[]): void {
  const texts = parts.flatMap((part, index) =>
    textsOf(part).map(([field, text]) => ({ path: `parts.${index}.${field}`, text })),
  )
  const unfilled = texts.flatMap(({ path, text }) => {
    const names = variablesOf(text)
    return names.length > 0
      ? [{ path, code: 'unfilled', message: `还没填上${names.map(name => `「${name}」`).join('')}` }]
      : []
  })
  if (unfilled.length > 0) throw new Invalid(unfilled)
}

/** What of a part is read by the customer, by field. */
function textsOf(part: ScriptPart): [field: string, text: string][] {
  switch (part.kind) {
    case 'text':
      return [['text', part.text]]
    case 'news':
      return [
        ['title', part.title],
        ['description', part.description],
      ]
    case 'miniprogram':
      return [['title', part.title]]
    default:
      return []
  }
}

export function assertKnownParts(results: PartResults['results'], partCount: number): void {
  const unknown = results.flatMap(({ index }, place) =>
    index >= partCount ? [{ path: `results.${place}.index`, message: `这次只发了 ${partCount} 条` }] : [],
  )
  const repeated = results.flatMap(({ index }, place) =>
    results.findIndex(other => other.index === index) < place
      ? [{ path: `results.${place}.index`, message: '同一条说了两遍' }]
      : [],
  )
  if (unknown.length + repeated.length > 0) throw new Invalid([...unknown, ...repeated])
}
