import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { NotFound, Upstream } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import type { Logger } from 'pino'
import { WecomError, type WecomClient } from '../../wecom/client.ts'
import { createMediaRepository, type MediaContent, type MediaStanding } from './media.repository.ts'
import { renewMedia } from './renewMedia.ts'

export type { MediaContent, MediaKind } from './media.repository.ts'

/** WeCom keeps an upload for three days. */
export const LIFE_HOURS = 72
/** What is given to WeCom only when it is needed is given anew when it is older than this. */
export const FRESH_HOURS = 60
/** What is to stand ready is put there anew from this age on: a day before it ends, so that a day's outage is not felt. */
export const RENEW_HOURS = 48
/** An id that lives for less than this is not handed out any more: the message has still to be sent. */
export const LEAST_LIFE_MINUTES = 10
/** Files that can be made again go after this long. */
export const DISPOSABLE_DAYS = 30
/** How long one upload may take before somebody else tries, and how long a trouble at WeCom's side is waited out. */
const TRY_SECONDS = 5 * 60
/** What WeCom refuses for what it is will not be taken a minute later. */
const REFUSED_SECONDS = 6 * 3600
/** Files one statement of the job drops. */
const DROP_BATCH = 200

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

interface Deps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'warn'>
  queue: Queue
  wecom: Pick<WecomClient, 'uploadMedia'>
  /** whose files this server keeps ready */
  corpId: number
}

export type MediaService = ReturnType<typeof createMediaService>

/**
 * Files that WeCom needs to have before a message can name them. Who may see or send one is the business of the rooms above; here
 * stands which id WeCom knows it by, and for how long.
 */
export function createMediaService({ db, clock, log, queue, wecom, corpId: ownCorpId }: Deps) {
  const ageMs = ({ fetchedAt }: MediaStanding) =>
    fetchedAt ? clock.now().getTime() - fetchedAt.getTime() : Infinity

  /** @throws NotFound; WecomError */
  async function upload(corpId: number, fileId: string): Promise<string> {
    const repository = createMediaRepository(db)
    const content = await repository.find(corpId, fileId)
    if (!content) throw new NotFound()
    const { kind, bytes, contentType, name: fileName } = content
    // The three days begin no later than this.
    const fetchedAt = clock.now()
    const mediaId = await wecom.uploadMedia({ kind, bytes, contentType, fileName })
    await repository.setMedia(corpId, fileId, mediaId, fetchedAt)
    return mediaId
  }

  return {
    /**
     * @param use `keptReady`: WeCom is to have it at any time; `disposable`: it is given when it is needed, can be made again, and
     *   goes after `DISPOSABLE_DAYS`; `kept`: it stays, and WeCom need not have it
     */
    async put(
      tx: Tx,
      corpId: number,
      content: MediaContent,
      use: 'keptReady' | 'disposable' | 'kept',
    ): Promise<string> {
      const fileId = randomUUID()
      await createMediaRepository(tx).insert(corpId, fileId, content, use, clock.now())
      if (use === 'keptReady') await queue.send(tx, renewMedia, {})
      return fileId
    },

    holds: (tx: Tx, corpId: number, fileId: string, bytes: Uint8Array): Promise<boolean> =>
      createMediaRepository(tx).holds(corpId, fileId, bytes),

    remove: (tx: Tx, corpId: number, fileIds: readonly string[]): Promise<void> =>
      createMediaRepository(tx).delete(corpId, fileIds),

    find: (corpId: number, fileId: string): Promise<MediaContent | undefined> =>
      createMediaRepository(db).find(corpId, fileId),

    async keepReady(tx: Tx, corpId: number, fileIds: readonly string[], keptReady: boolean): Promise<void> {
      if (fileIds.length === 0) return
      await createMediaRepository(tx).setKeptReady(corpId, fileIds, keptReady)
      if (keptReady) await queue.send(tx, renewMedia, {})
    },

    /** WeCom's ids of those that live on for at least `LEAST_LIFE_MINUTES`, by file. Asks WeCom nothing. */
    async mediaIdsOf(tx: Db | Tx, corpId: number, fileIds: readonly string[]): Promise<Map<string, string>> {
      const standings = await createMediaRepository(tx).listStandings(corpId, fileIds)
      return new Map(
        standings.flatMap(standing => {
          const lives = ageMs(standing) < LIFE_HOURS * HOUR_MS - LEAST_LIFE_MINUTES * MINUTE_MS
          return standing.mediaId !== null && lives ? [[standing.fileId, standing.mediaId] as const] : []
        }),
      )
    },

    /**
     * WeCom's id of a file, given to it first when it does not have it (any more). No transaction may be open: it waits for WeCom.
     * @throws NotFound; Upstream when WeCom does not take it
     */
    async deliver(corpId: number, fileId: string): Promise<string> {
      const [standing] = await createMediaRepository(db).listStandings(corpId, [fileId])
      if (standing?.mediaId && ageMs(standing) < FRESH_HOURS * HOUR_MS) return standing.mediaId
      return upload(corpId, fileId).catch((cause: unknown) => {
        throw cause instanceof WecomError ? new Upstream(upstreamCode(cause), { cause }) : cause
      })
    },

    /**
     * Gives WeCom what is to stand ready and does not, or not for much longer, one after another. A trouble of the moment ends the
     * run; what WeCom refuses for what it is does not keep the others waiting.
     * @returns how many it took
     */
    async renewDue(signal?: AbortSignal): Promise<number> {
      const corpId = ownCorpId
      let taken = 0
      for (;;) {
        if (signal?.aborted) return taken
        const now = clock.now()
        const fileId = await createMediaRepository(db).takeDue(corpId, {
          staleBefore: new Date(now.getTime() - RENEW_HOURS * HOUR_MS),
          now,
          nextTryAt: new Date(now.getTime() + TRY_SECONDS * 1000),
        })
        if (fileId === undefined) return taken
        try {
          await upload(corpId, fileId)
          taken++
        } catch (error) {
          if (error instanceof NotFound) continue
          if (!(error instanceof WecomError)) throw error
          log.warn({ fileId, reason: error.message }, 'WeCom did not take a file')
          if (error.retry !== 'final') return taken
          await createMediaRepository(db).postpone(
            corpId,
            fileId,
            new Date(now.getTime() + REFUSED_SECONDS * 1000),
          )
        }
      }
    },

    /** Drops files of long ago that can be made again, of every corp. @returns how many */
    async dropOld(signal?: AbortSignal): Promise<number> {
      const before = new Date(clock.now().getTime() - DISPOSABLE_DAYS * 24 * HOUR_MS)
      let total = 0
      for (;;) {
        const count = await createMediaRepository(db).deleteDisposableBefore(before, DROP_BATCH)
        total += count
        if (count < DROP_BATCH || signal?.aborted) return total
      }
    },
  }
}

function upstreamCode({ trouble, retry }: WecomError): 'wecom_timeout' | 'wecom_unavailable' | 'wecom_error' {
  if (trouble === 'timeout') return 'wecom_timeout'
  return retry === 'final' ? 'wecom_error' : 'wecom_unavailable'
}
