import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { appendAudit } from './appendAudit.ts'
import { createAuditRepository, type ChainCheck } from './audit.repository.ts'
import { CHAIN_START, linkAfter, type Link } from './chain.ts'
import { walkChain } from './walkChain.ts'

const LINKS_AT_A_TIME = 500
/** How long the record is kept: three years. The database's own trigger lets nothing younger go. */
const KEPT_YEARS = 3
/** Between two looks for free rows. */
const LOOK_EVERY_MS = 2_000
/** A little less than the minute after which the next run begins. */
const LOOKING_MS = 57_000

export interface AuditChainDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'info' | 'error'>
  corpId: number
}

/** Makes the free rows of the record a chain, and proves it. */
export function createAuditChainService({ db, clock, log, corpId }: AuditChainDeps) {
  /**
   * Hangs what is free on the chain, one process at a time; whoever comes second leaves it to the first.
   * @returns how many rows
   */
  async function chain(): Promise<number> {
    let linked = 0
    for (;;) {
      const count = await db.transaction(async tx => {
        const repository = createAuditRepository(tx)
        if (!(await repository.tryToHoldChain(corpId))) return 0
        const free = await repository.listFree(corpId, LINKS_AT_A_TIME)
        if (free.length === 0) return 0
        let end = (await repository.findEnd(corpId)) ?? (await repository.findTrim(corpId)) ?? CHAIN_START
        const links = free.map(fields => {
          const previousHash = end.hash
          end = linkAfter(end, fields)
          return { ...end, previousHash, entryId: fields.entryId }
        })
        await repository.writeLinks(links)
        return links.length
      })
      linked += count
      if (count < LINKS_AT_A_TIME) return linked
    }
  }

  /** From its very beginning, or behind a link that has been found sound. */
  async function verify(reader: Db = db, from?: Link): Promise<ChainCheck> {
    const checkedAt = clock.now()
    const { through, broken } = await walkChain(reader, corpId, from)
    return { checkedAt, through, broken: broken ?? null }
  }

  async function note(verdict: ChainCheck): Promise<void> {
    await createAuditRepository(db).writeCheck(corpId, verdict)
    const { through, broken } = verdict
    // As `npm run audit:verify -- --end` takes it.
    const end = `${through.seq}:${through.hash.toString('hex')}`
    if (broken) log.error({ ...broken, through: end }, 'the audit record is broken')
    // Kept with the logs, the end of today proves tomorrow that nobody has made the chain anew.
    else log.info({ end }, 'the audit record is whole')
  }

  /** What has come since it was last found whole. */
  async function checkOn(): Promise<void> {
    const last = await createAuditRepository(db).findCheck(corpId)
    await chain()
    await note(last && !last.broken ? await verify(db, last.through) : await verify(db.patient()))
  }

  return {
    chain,
    verify,
    checkOn,

    /**
     * Looks for free rows until the next run of the job takes over: they wait seconds, and one process of all does it. Where nobody
     * has walked the chain yet, it is walked first.
     */
    async chainForAMinute(signal: AbortSignal): Promise<void> {
      const until = performance.now() + LOOKING_MS
      if (!(await createAuditRepository(db).findCheck(corpId))) await checkOn()
      while (!signal.aborted && performance.now() < until) {
        await chain()
        await pause(LOOK_EVERY_MS, signal)
      }
    },

    /** The whole chain, every night. */
    async checkWhole(): Promise<void> {
      await chain()
      await note(await verify(db.patient()))
    },

    /** Takes away what is older than three years, from the beginning, and writes down where the chain begins now. */
    async trim(): Promise<void> {
      const now = clock.now()
      const before = new Date(now)
      before.setUTCFullYear(before.getUTCFullYear() - KEPT_YEARS)
      await db.transaction(async tx => {
        const repository = createAuditRepository(tx)
        if (!(await repository.tryToHoldChain(corpId))) return
        const through = await repository.findTrimmable(corpId, before)
        if (!through) return
        const count = await repository.deleteThrough(corpId, through.seq)
        await appendAudit(tx, {
          actor: { kind: 'job', corpId, name: 'audit.trim' },
          at: now,
          action: 'auditTrimmed',
          detail: { throughSeq: through.seq, throughHash: through.hash.toString('hex'), count },
        })
      })
    },
  }
}

export type AuditChainService = ReturnType<typeof createAuditChainService>

/** Ends early when the work is to stop. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(done, milliseconds)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
