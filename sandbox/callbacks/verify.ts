import { randomInt } from 'node:crypto'
import { sealEcho } from './envelope.ts'
import { ask, newNonce } from './send.ts'
import type { TryOutcome } from './send.ts'
import type { CallbackSettings } from './settings.ts'

export interface Verdict {
  isRight: boolean
  /** what the console would refuse */
  problem?:
    'notConfigured' | 'timeout' | 'network' | 'status' | 'byteOrderMark' | 'quotes' | 'newline' | 'wrongText'
  outcome: TryOutcome | undefined
  ms: number
}

/** The GET of the console on saving: the decrypted echo as the bare body, within a second [D90930]. */
export async function verifyReceiver(
  settings: CallbackSettings,
  corpId: string,
  timestamp: number,
): Promise<Verdict> {
  const echo = String(randomInt(1_000_000_000, 2 ** 47))
  const query = sealEcho(echo, { ...settings, corpId, timestamp, nonce: newNonce() })
  const { outcome, text, ms } = await ask(settings.url, query, { deadlineMs: settings.verifyMs })
  const problem = problemOf(outcome, text, echo)
  return { isRight: problem === undefined, ...(problem && { problem }), outcome, ms }
}

function problemOf(outcome: TryOutcome, text: string, echo: string): Verdict['problem'] {
  if (outcome === 'timeout' || outcome === 'network') return outcome
  if (outcome !== 200) return 'status'
  if (text === echo) return undefined
  if (text === `\uFEFF${echo}`) return 'byteOrderMark'
  if (text === `"${echo}"` || text === `'${echo}'`) return 'quotes'
  if (text.trim() === echo) return 'newline'
  return 'wrongText'
}
