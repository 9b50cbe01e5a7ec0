import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { isDatabaseUnavailable, isLockTimeout, isStatementTimeout, isStorageFull } from '../../db/failures.ts'
import { createTombstones, isErasedFriend, type Erased } from '../../db/tombstones.ts'
import type { BulkQueue, Job } from '../../jobs/job.ts'
import { requestIds } from '../../requestIds.ts'
import { digest, type Sealing } from '../../sealing.ts'
import type { WelcomesService } from '../channelCodes/welcomes.service.ts'
import { inBatches } from './batches.ts'
import { textToKeep, type CallbackEvent } from './callbackEvent.ts'
import { createEventsRepository } from './events.repository.ts'
import { createFollowsRepository } from './follows.repository.ts'

const MOST_AT_ONCE = 100
/** With two under way each has half of those who came, and the statements around them cost as much: 40 % fewer a second. */
const PARALLEL = 1
/** groupchat/get lags behind the event by about two seconds [D92130]. */
const GROUP_LAG_MS = 2_000

/** So many at the door at once come before the work on what has come: they are lost when they wait for five seconds. */
const CROWD = 8
const LONGEST_PAUSE_MS = 1_000
const LOOK_MS = 50

export interface IntakeDeps {
  db: Db
  corpId: number
  clock: Clock
  queue: BulkQueue
  sealing: Pick<Sealing, 'seal'>
  welcomes: Pick<WelcomesService, 'expect'>
  /** what is queued for an event's subject */
  job: Job<{ subject: string }>
}

interface Arrived {
  hash: string
  event: CallbackEvent
  bodySealed: Buffer
  receivedAt: Date
  requestId: string | undefined
}

/** Stores events and queues the work, in one transaction for all that came meanwhile: WeCom tells of a crowd all at once. */
export function createIntake({ db, corpId, clock, queue, sealing, welcomes, job }: IntakeDeps) {
  /**
   * Somebody who is erased, of whom nothing is known again: what is told of her is not kept, a repeat of old news least of all,
   * unless she has added a member anew since.
   */
  async function isOfErased(
    tx: Tx,
    erased: Erased,
    { externalUserId, changeType, happenedAt }: CallbackEvent,
  ) {
    if (!erased.has(externalUserId)) return false
    if (isErasedFriend(erased, externalUserId, { addedAt: happenedAt })) return true
    const isJoining = changeType === 'add_external_contact' || changeType === 'add_half_external_contact'
    return (
      !isJoining && (await createFollowsRepository(tx, corpId).findCustomerId(externalUserId)) === undefined
    )
  }

  async function listKept(tx: Tx, arrived: Arrived[]): Promise<Arrived[]> {
    const tombstones = createTombstones(tx, corpId)
    await tombstones.holdOffErasing()
    const named = new Set(arrived.map(({ event }) => event.externalUserId).filter(id => id !== ''))
    const erased = await tombstones.find([...named])
    if (erased.size === 0) return arrived
    const kept: Arrived[] = []
    for (const each of arrived) if (!(await isOfErased(tx, erased, each.event))) kept.push(each)
    return kept
  }

  const startOf = ({ event }: CallbackEvent): Date =>
    new Date(clock.now().getTime() + (event === 'change_external_chat' ? GROUP_LAG_MS : 0))

  const store = (arrived: Arrived[]): Promise<void> =>
    db.transaction(async tx => {
      const unlike = [...new Map(arrived.map(each => [each.hash, each])).values()]
      const kept = await listKept(tx, unlike)
      if (kept.length === 0) return
      const written = await createEventsRepository(tx, corpId).insert(
        kept.map(({ hash, event, bodySealed, receivedAt }) => ({
          contentHash: Buffer.from(hash, 'hex'),
          event: event.event,
          changeType: event.changeType,
          subject: event.subject,
          bodySealed,
          happenedAt: event.happenedAt,
          receivedAt,
        })),
      )
      const fresh = kept.filter(({ hash }) => written.has(hash))
      for (const { event, requestId } of fresh) {
        if (event.welcomeCode === '') continue
        await asRequest(requestId, () => welcomes.expect(tx, { ...event, corpId, state: event.channel }))
      }
      await queue.sendMany(
        tx,
        job,
        fresh.map(({ event, requestId }) => ({
          payload: { subject: event.subject },
          key: event.subject,
          startAfter: startOf(event),
          requestId,
        })),
      )
    })

  const take = inBatches<Arrived>({
    most: MOST_AT_ONCE,
    parallel: PARALLEL,
    // What the database could not do for all it cannot do for each either, and WeCom waits for five seconds only.
    isOfOne: error =>
      ![isDatabaseUnavailable, isStorageFull, isLockTimeout, isStatementTimeout].some(isSo => isSo(error)),
    work: store,
  })

  let atTheDoor = 0
  return {
    /** Resolves when the event is on the disk, or nothing that is to be kept. @param text its plaintext */
    async take(event: CallbackEvent, text: string): Promise<void> {
      atTheDoor++
      try {
        await take({
          hash: digest(text).toString('hex'),
          event,
          bodySealed: sealing.seal(textToKeep(event, text)),
          receivedAt: clock.now(),
          requestId: requestIds.getStore(),
        })
      } finally {
        atTheDoor--
      }
    },

    /** Resolves at once, or when a crowd has been let in, after a second at the latest. */
    async afterCrowd(): Promise<void> {
      const until = performance.now() + LONGEST_PAUSE_MS
      while (atTheDoor >= CROWD && performance.now() < until) await wait(LOOK_MS)
    },
  }
}

const asRequest = <T>(requestId: string | undefined, work: () => T): T =>
  requestId === undefined ? requestIds.exit(work) : requestIds.run(requestId, work)
