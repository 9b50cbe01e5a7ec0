import type { Db } from '../../db/db.ts'
import { createAuditRepository } from './audit.repository.ts'
import { CHAIN_START, firstBreak, type ChainBreak, type Link } from './chain.ts'

const READ_AT_A_TIME = 2_000

/**
 * Walks a chain to its end, or to its first break.
 * @param from a link that is trusted; default the chain's beginning, or what was trimmed from it after three years
 */
export async function walkChain(
  db: Db,
  corpId: number,
  from?: Link,
): Promise<{ walked: number; through: Link; broken: ChainBreak | undefined }> {
  const repository = createAuditRepository(db)
  let through = from ?? (await repository.findTrim(corpId)) ?? CHAIN_START
  let walked = 0
  for (;;) {
    const rows = await repository.listLinks(corpId, through.seq, READ_AT_A_TIME)
    const broken = firstBreak(through, rows)
    const sound = broken ? rows.filter(row => row.seq < broken.seq) : rows
    const last = sound.at(-1)
    if (last) through = { seq: last.seq, hash: last.hash }
    walked += sound.length
    if (broken || rows.length < READ_AT_A_TIME) return { walked, through, broken }
  }
}
