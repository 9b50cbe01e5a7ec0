import type { Db } from '../../db/db.ts'
import { createAuditRepository } from './audit.repository.ts'
import type { ChainBreak, Link } from './chain.ts'
import { walkChain } from './walkChain.ts'

export interface RecordVerdict {
  wecomCorpId: string
  walked: number
  /** entries that are not part of the chain yet */
  free: number
  through: Link
  broken: { seq: number; trouble: ChainBreak['trouble'] | 'otherEnd' } | null
}

/**
 * Proves the record of every corp in this database.
 * @param knownEnd `<seq>:<hash>` as it was printed before: one of the corps must still have exactly this link
 * @throws Error when it does not look like one
 */
export async function verifyRecords(db: Db, knownEnd?: string): Promise<RecordVerdict[]> {
  const wanted = knownEnd === undefined ? undefined : readEnd(knownEnd)
  const repository = createAuditRepository(db)
  const verdicts: RecordVerdict[] = []
  let isKnown = false
  for (const { corpId, wecomCorpId } of await repository.listCorps()) {
    if (wanted) isKnown ||= (await repository.findLink(corpId, wanted.seq))?.hash.equals(wanted.hash) === true
    const { walked, through, broken } = await walkChain(db, corpId)
    verdicts.push({
      wecomCorpId,
      walked,
      through,
      broken: broken ?? null,
      free: await repository.countFree(corpId),
    })
  }
  if (!wanted || isKnown) return verdicts
  return verdicts.map(verdict => ({
    ...verdict,
    broken: verdict.broken ?? { seq: wanted.seq, trouble: 'otherEnd' },
  }))
}

function readEnd(text: string): Link {
  const found = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
  if (!found?.[1] || !found[2]) throw new Error('--end 要写成 <行号>:<64 位十六进制>，就是上次印出来的末尾')
  return { seq: Number(found[1]), hash: Buffer.from(found[2], 'hex') }
}
