import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Page, PageQuery } from '../../../shared/contract/page.ts'
import type { Erasure, HeldPerson } from '../../../shared/contract/privacy.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { createTombstones } from '../../db/tombstones.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import type { Job, Queue } from '../../jobs/job.ts'
import { createPageCursors, cutPage } from '../../pageCursor.ts'
import type { Sealing } from '../../sealing.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import { customerQuery, phoneTailHash } from '../customers/searchKeys.ts'
import { eraseOne } from './eraseOne.ts'
import { createErasuresRepository, type ErasureRow } from './erasures.repository.ts'
import { erasedTables } from './erasedTables.ts'
import { createHeldPeopleRepository } from './heldPeople.repository.ts'

const FOUND_AT_MOST = 20
const LEFT_PER_RUN = 50

/** At once, and again within seconds where a try was cut off: all of it is to be done in a minute. */
export const eraseJob: Job<{ erasureId: string }> = {
  name: 'privacy.erase',
  payload: z.strictObject({ erasureId: z.uuid() }),
  retrySeconds: 2,
  retryLimit: 20,
  expireSeconds: 120,
}

export interface ErasuresDeps {
  db: Db
  clock: Clock
  queue: Queue
  sealing: Sealing
  corpId: number
}

/** The end of everything held about one person (P29). */
export function createErasuresService({ db, clock, queue, sealing, corpId }: ErasuresDeps) {
  const cursors = createPageCursors(sealing)
  const job: JobActor = { kind: 'job', corpId, name: 'privacy' }

  const assertAdmin = (actor: StaffActor) => {
    if (actor.role !== 'admin') throw new Forbidden()
  }

  async function get(actor: StaffActor, erasureId: string): Promise<Erasure> {
    const found = await createErasuresRepository(db).find(actor.corpId, erasureId)
    if (!found) throw new NotFound()
    return toErasure(found)
  }

  async function run(erasureId: string): Promise<void> {
    const erasure = await createErasuresRepository(db).findWaiting(corpId, erasureId)
    if (!erasure) return
    await db.thorough().transaction(async tx => {
      if (!(await eraseOne(tx, erasure, { sealing, now: clock.now() }))) return
      const subject = { kind: 'erasure', id: erasureId } as const
      await appendAudit(tx, { actor: job, at: clock.now(), action: 'personErased', subject })
    })
  }

  return {
    get: async (actor: StaffActor, erasureId: string): Promise<Erasure> => {
      assertAdmin(actor)
      return get(actor, erasureId)
    },

    /** Whoever the corp holds data of, for admins. @throws Forbidden */
    async search(actor: StaffActor, { words }: { words: string }): Promise<{ items: HeldPerson[] }> {
      assertAdmin(actor)
      const query = customerQuery(words)
      const asked = {
        externalUserId: words,
        pattern: query?.pattern ?? null,
        phoneTail: query?.phoneTail ? phoneTailHash(sealing, query.phoneTail) : null,
      }
      return { items: await createHeldPeopleRepository(db.patient()).search(actor, asked, FOUND_AT_MOST) }
    },

    /**
     * From now on nothing WeCom tells brings her back; a job erases her at once. A second wish is the first one.
     * @throws Forbidden for everybody but admins; NotFound
     */
    async ask(
      actor: StaffActor,
      externalUserId: string,
      { reason }: { reason: string },
      intent: Intent | undefined,
    ): Promise<Erasure> {
      assertAdmin(actor)
      const { erasureId } = await once(db, actor, intent, clock.now(), async tx => {
        const person = await createHeldPeopleRepository(tx).find(actor, externalUserId)
        if (!person) throw new NotFound()
        const { customerId } = person
        const at = clock.now()
        const asked = await createErasuresRepository(tx).ask({
          erasureId: randomUUID(),
          corpId: actor.corpId,
          customerId,
          tombstone: await createTombstones(tx, actor.corpId).mark(externalUserId),
          cause: 'asked',
          askedBy: actor.staffId,
          at,
        })
        if (!asked.isNew) return { erasureId: asked.erasureId }
        const subject = { kind: 'erasure', id: asked.erasureId } as const
        await appendAudit(tx, { actor, at, action: 'erasureAsked', customerId, subject, detail: { reason } })
        await queue.send(tx, eraseJob, { erasureId: asked.erasureId })
        return { erasureId: asked.erasureId }
      })
      return get(actor, erasureId)
    },

    async list(actor: StaffActor, { cursor, limit }: PageQuery): Promise<Page<Erasure>> {
      assertAdmin(actor)
      const [exactAt, erasureId] = cursor === undefined ? [] : cursors.read(actor, 'erasures', cursor)
      const before =
        cursor === undefined ? undefined : { exactAt: String(exactAt), erasureId: String(erasureId) }
      const found = await createErasuresRepository(db).list(actor.corpId, before, limit + 1)
      const { rows, nextCursor } = cutPage(found, limit, last =>
        cursors.write(actor, 'erasures', [last.exactAt, last.erasureId]),
      )
      return { items: rows.map(toErasure), nextCursor }
    },

    /** Safe to repeat, on any server. */
    run,

    /**
     * What no job has ended: its queue was lost, or its tries were used up. One that fails keeps nobody behind it waiting.
     * @throws AggregateError of those that failed
     */
    async runLeft(signal: AbortSignal): Promise<void> {
      const failures: unknown[] = []
      const repository = createErasuresRepository(db)
      for (let after = ''; !signal.aborted;) {
        const left = await repository.listWaiting(corpId, LEFT_PER_RUN, after)
        for (const { erasureId } of left) {
          if (signal.aborted) break
          await run(erasureId).catch((error: unknown) => failures.push(error))
          after = erasureId
        }
        if (left.length < LEFT_PER_RUN) break
      }
      if (failures.length > 0) throw new AggregateError(failures, 'some erasures could not be ended')
    },
  }
}

export type ErasuresService = ReturnType<typeof createErasuresService>

const toErasure = (row: ErasureRow): Erasure => ({
  erasureId: row.erasureId,
  cause: row.cause,
  state: row.state,
  askedBy: row.askedBy,
  askedAt: row.askedAt.toISOString(),
  doneAt: row.doneAt?.toISOString() ?? null,
  counts: Object.entries(row.counts)
    .map(([table, rows]) => ({ what: erasedTables[table] ?? '其他', rows }))
    .filter(({ what }) => what !== ''),
})
