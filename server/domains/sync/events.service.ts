import type { Logger } from 'pino'
import { z } from 'zod'
import type { JobActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db, Tx } from '../../db/db.ts'
import { deleteJobsOfKey } from '../../db/queueTable.ts'
import { createTombstones, isErasedFriend } from '../../db/tombstones.ts'
import type { BulkQueue, Job } from '../../jobs/job.ts'
import type { Sealing } from '../../sealing.ts'
import { createCallbackCrypto, ForeignCallback, type SignedEnvelope } from '../../wecom/callbackCrypto.ts'
import { readCallbackXml } from '../../wecom/callbackXml.ts'
import { WecomError, type WecomClient } from '../../wecom/client.ts'
import type { ChannelCodesService } from '../channelCodes/channelCodes.service.ts'
import type { WelcomesService } from '../channelCodes/welcomes.service.ts'
import { customerSearchKey, type CustomersService } from '../customers/customers.service.ts'
import type { GroupsService } from '../groups/groups.service.ts'
import type { HandoverService, TransferNews } from '../staff/handover.service.ts'
import type { StaffService } from '../staff/staff.service.ts'
import { readCallbackEvent, type CallbackEvent } from './callbackEvent.ts'
import { createEventsRepository } from './events.repository.ts'
import { createFollowsRepository, type EndReason } from './follows.repository.ts'
import { createIntake } from './intake.ts'
import { createLeases, type Lease } from './leases.repository.ts'
import { toPulledFollow } from './pulled.ts'

/** A refetch with its quick tries takes less. */
const LEASE_SECONDS = 60
const BUSY_RETRY_MS = 1_000
const REPLAY_MS = 24 * 60 * 60_000
const LEFT_AFTER_MS = 10 * 60_000
const LEFT_PER_RUN = 500
const KEPT_MS = 30 * 24 * 60 * 60_000
/** Longer than the time for which our own change counts over what WeCom shows (follows.repository). */
const SETTLING_MS = 12_000
const UNKNOWN_TAG_MS = 10 * 60_000
const MAX_UNKNOWN_TAGS = 10_000
/** groupchat/get of a group that is no more, or is no customer group (any more). */
const NO_GROUP = [49008, 86001, 86003, 90501]
/** Of somebody who has added a member and of whom WeCom shows nothing yet. */
const UNKNOWN_NAME = '新朋友'

/** Works what was said about one subject: one waiting run serves all that came before it. */
export const eventsJob: Job<{ subject: string }> = {
  name: 'sync.events',
  payload: z.object({ subject: z.string() }),
  onePerKey: true,
  retryLimit: 8,
  retrySeconds: 5,
  expireSeconds: 120,
  concurrency: 5,
}
/** What is still waiting after the tries of `eventsJob`, and what is old enough to be forgotten. */
export const leftEventsJob: Job<object> = {
  name: 'sync.eventsLeft',
  payload: z.object({}),
  retryLimit: 0,
  cron: '*/5 * * * *',
}

export interface EventsDeps {
  db: Db
  clock: Clock
  log: Logger
  queue: BulkQueue
  wecom: WecomClient
  sealing: Sealing
  config: Pick<Config, 'wecom'>
  corpId: number
  customers: Pick<CustomersService, 'ensure'>
  channelCodes: Pick<ChannelCodesService, 'namesOf' | 'settleArrivals'>
  welcomes: Pick<WelcomesService, 'expect'>
  groups: GroupsService
  /** the corp's tags as they are now */
  pullTags: () => Promise<void>
  staff: Pick<StaffService, 'learnMembers'>
  handover: Pick<HandoverService, 'settle'>
}

export function createEventsService(deps: EventsDeps) {
  const { db, clock, log, queue, wecom, sealing, config, corpId, groups, pullTags, staff, handover } = deps
  const { customers, channelCodes, welcomes } = deps
  const { corpId: wecomCorpId, callback } = config.wecom
  const crypto = callback && createCallbackCrypto({ ...callback, receiveId: wecomCorpId })
  const leases = createLeases(db, corpId)
  const repository = createEventsRepository(db, corpId)
  const actor: JobActor = { kind: 'job', corpId, name: 'callback' }
  const intake = createIntake({ db, corpId, clock, queue, sealing, welcomes, job: eventsJob })
  /** Tags the catalogue did not have, by WeCom's ids: monotonic milliseconds. */
  const unknownSince = new Map<string, number>()

  const wake = (subject: string, afterMs = 0) =>
    queue.send(db, eventsJob, { subject }, { key: subject, startAfter: after(afterMs) })
  const after = (ms: number) => new Date(clock.now().getTime() + ms)

  function openEvents(stored: { eventId: number; bodySealed: Buffer }[]): {
    events: CallbackEvent[]
    unreadable: number[]
  } {
    const events: CallbackEvent[] = []
    const unreadable: number[] = []
    for (const { eventId, bodySealed } of stored) {
      try {
        events.push(readCallbackEvent(sealing.open(bodySealed), wecomCorpId))
      } catch {
        // Sealed under another SESSION_SECRET. What it was about is asked for all the same.
        unreadable.push(eventId)
      }
    }
    return { events, unreadable }
  }

  /** Wide: the content is what tells a repeat, this only keeps out what was heard long ago. */
  function assertRecent(timestamp: string): void {
    const age = clock.now().getTime() - Number(timestamp) * 1000
    if (!/^\d{1,11}$/.test(timestamp) || Math.abs(age) > REPLAY_MS) throw new ForeignCallback('timestamp')
  }

  /** Members by the ids events name them with; whom we do not know yet is asked about. */
  async function staffOf(userIds: string[]) {
    const known = await repository.findStaff(userIds)
    const unknown = userIds.filter(id => id !== '' && !known.has(id.toLowerCase()))
    if (unknown.length === 0) return known
    await staff.learnMembers(unknown)
    return repository.findStaff(userIds)
  }

  /** WeCom's present word on a customer; undefined when nobody in our range is her friend (any more, or yet). */
  async function refetch(externalUserId: string) {
    try {
      return await wecom.getCustomer(externalUserId)
    } catch (error) {
      // 84061, 40096: which of them comes after which deletion is not written anywhere [EC 26-07].
      if (error instanceof WecomError && error.retry === 'final' && error.errcode !== null) return undefined
      throw error
    }
  }

  /** Fetches tags we do not know. What stays unknown (规则组标签 stand in no catalogue) is not asked about again for a while. */
  async function learnTags(tagIds: string[]): Promise<void> {
    const now = performance.now()
    const unknown = await createFollowsRepository(db, corpId).findUnknownTags(tagIds)
    if (unknown.every(id => now - (unknownSince.get(id) ?? -Infinity) < UNKNOWN_TAG_MS)) return
    await pullTags()
    if (unknownSince.size > MAX_UNKNOWN_TAGS) unknownSince.clear()
    for (const id of await createFollowsRepository(db, corpId).findUnknownTags(unknown))
      unknownSince.set(id, now)
  }

  /** Asks how a customer stands now and writes that; endings are kept from the events themselves. */
  async function workCustomer(externalUserId: string, events: CallbackEvent[], lease: Lease, done: Done) {
    const asked = { at: clock.now(), mark: performance.now() }
    const answered = await refetch(externalUserId)
    const erasedBefore = await createTombstones(db, corpId).find([externalUserId])
    const follows = (answered?.follows ?? []).filter(
      follow => !isErasedFriend(erasedBefore, externalUserId, follow),
    )
    // Of somebody erased nothing is known but the friendships she has entered since.
    const found = erasedBefore.size > 0 && follows.length === 0 ? undefined : answered
    const members = await staffOf([
      ...new Set([...follows.map(follow => follow.userId), ...events.map(event => event.userId)]),
    ])
    await learnTags([...new Set(follows.flatMap(follow => follow.tagIds))])
    const channelNames = await channelCodes.namesOf(corpId, [
      ...follows.map(follow => follow.channel),
      ...events.map(event => event.channel),
    ])
    const channelOf = (state: string | null) => channelNames.get(state ?? '') ?? (state || null)

    await db.transaction(async tx => {
      const tombstones = createTombstones(tx, corpId)
      // Before the lease, which erasing takes away: whoever had them the other way round would wait in a circle.
      await tombstones.holdOffErasing()
      await leases.hold(tx, lease, LEASE_SECONDS)
      const erased = await tombstones.find([externalUserId])
      // Erased while WeCom was asked: what it said is looked at anew.
      if (
        erased.get(externalUserId)?.askedAt.getTime() !== erasedBefore.get(externalUserId)?.askedAt.getTime()
      )
        return queue.send(tx, eventsJob, { subject: lease.subject }, { key: lease.subject })
      const repository = createFollowsRepository(tx, corpId)
      const now = clock.now()
      const [written] = found ? await repository.upsertCustomers([found.customer], now) : []
      if (written) {
        const rows = follows.flatMap(follow => {
          const member = members.get(follow.userId.toLowerCase())
          const shown = { ...follow, channel: channelOf(follow.channel) }
          return member ? [{ ...toPulledFollow(sealing, shown, member.staffId, written), asked }] : []
        })
        await repository.upsertFollows(rows, now)
      }
      const isHalf = (event: CallbackEvent) =>
        event.changeType === 'add_half_external_contact' &&
        !isErasedFriend(erased, externalUserId, { addedAt: event.happenedAt })
      const customerId =
        written?.customerId ??
        (events.some(isHalf)
          ? await customers.ensure(tx, corpId, externalUserId, UNKNOWN_NAME)
          : await repository.findCustomerId(externalUserId))
      if (customerId !== undefined) {
        const known = events.flatMap(event => {
          const member = members.get(event.userId.toLowerCase())
          return member ? [{ event, ...member, customerId, at: event.happenedAt }] : []
        })
        const shown = new Set(follows.map(follow => follow.userId.toLowerCase()))
        for (const { event, ...half } of known.filter(each => isHalf(each.event))) {
          if (shown.has(event.userId.toLowerCase())) continue
          const names = { name: found?.customer.name ?? UNKNOWN_NAME, remark: null, salutation: null }
          const channel = channelOf(event.channel)
          const what = ['加了你，等你通过', channel].filter(Boolean).join(' · ')
          await repository.applyHalfJoining({ ...half, channel, what, ...customerSearchKey(names) })
        }
        await repository.applyJoinings(
          known
            .filter(({ event }) => event.changeType === 'add_external_contact')
            .map(each => ({ ...each, what: '又加为好友' })),
        )
        await channelCodes.settleArrivals(tx, actor, [
          ...follows.flatMap(({ userId, channel, addedAt }) => {
            const member = members.get(userId.toLowerCase())
            return member
              ? [{ state: channel, staffId: member.staffId, customerId, at: addedAt ?? now, isHalf: false }]
              : []
          }),
          ...known
            .filter(({ event }) => isHalf(event) && !shown.has(event.userId.toLowerCase()))
            .map(({ event, staffId, at }) => ({
              state: event.channel,
              staffId,
              customerId,
              at,
              isHalf: true,
            })),
        ])
        // What we have asked for ourselves ends there, with its own words.
        const settled = await handover.settle(
          tx,
          known.flatMap(each => {
            const outcome = transferOutcomeOf(each.event)
            return outcome ? [{ customerId, staffId: each.staffId, at: each.at, outcome }] : []
          }),
        )
        await repository.applyEndings(
          known.flatMap(each => {
            const reason = endReasonOf(each.event)
            if (!reason || (reason === 'transferred' && settled.has(each.staffId))) return []
            return [{ ...each, reason, what: endWords[reason](each.name) }]
          }),
        )
      }
      // What the client changed in the same seconds in which ours arrived there was not written: it is asked for once more.
      const justSettled = after(-SETTLING_MS)
      const stored = createEventsRepository(tx, corpId)
      // That she was given to somebody else names her too, and there is nobody it could be about.
      if (erased.size > 0 && customerId === undefined) {
        await stored.deleteWorked(lease.subject)
        await deleteJobsOfKey(tx, lease.subject)
        return
      }
      if (!(await stored.isJustTold(externalUserId, justSettled))) return done(tx)
      await queue.send(
        tx,
        eventsJob,
        { subject: lease.subject },
        { key: lease.subject, startAfter: after(SETTLING_MS) },
      )
    })
  }

  async function workGroup(chatId: string, events: CallbackEvent[], lease: Lease, done: Done) {
    const isDismissed = events.some(event => event.changeType === 'dismiss')
    const chat = await wecom.getGroupChat(chatId).catch((error: unknown) => {
      if (!(error instanceof WecomError) || error.retry !== 'final' || error.errcode === null) throw error
      return NO_GROUP.includes(error.errcode) ? ('gone' as const) : undefined
    })
    await db.transaction(async tx => {
      await createTombstones(tx, corpId).holdOffErasing()
      await leases.hold(tx, lease, LEASE_SECONDS)
      if (isDismissed || chat === 'gone') await groups.remove(tx, actor, [chatId])
      // Another refusal says nothing about the group: what is known of it stays.
      else if (chat) await groups.upsertGroup(tx, actor, chat, clock.now())
      await done(tx)
    })
  }

  async function workSubject(subject: string, events: CallbackEvent[], lease: Lease, done: Done) {
    const [kind, id = ''] = [subject.split(':')[0], subject.slice(subject.indexOf(':') + 1)]
    if (kind === 'customer') return workCustomer(id, events, lease, done)
    if (kind === 'chat') return workGroup(id, events, lease, done)
    await pullTags()
    await db.transaction(async tx => {
      await leases.hold(tx, lease, LEASE_SECONDS)
      await done(tx)
    })
  }

  return {
    /** Whether this server has been told how callbacks are signed. */
    takesCallbacks: crypto !== undefined,

    /**
     * The check WeCom makes when the address is saved.
     * @returns what is to be answered, as it is
     * @throws ForeignCallback
     */
    verifyAddress(envelope: SignedEnvelope): string {
      if (!crypto) throw new ForeignCallback('not set up')
      assertRecent(envelope.timestamp)
      return crypto.open(envelope)
    },

    /**
     * Stores a genuine event once and queues the work, both or neither; what is no business of ours is only let go.
     * @param body the envelope as it was posted
     * @throws ForeignCallback for anything else: nothing is stored
     */
    async receive(signature: Omit<SignedEnvelope, 'encrypted'>, body: string): Promise<void> {
      if (!crypto) throw new ForeignCallback('not set up')
      assertRecent(signature.timestamp)
      const encrypted = readCallbackXml(body).get('Encrypt') ?? ''
      const text = crypto.open({ ...signature, encrypted })
      const event = readCallbackEvent(text, wecomCorpId)
      if (event.subject === '') return
      await intake.take(event, text)
    },

    /**
     * Works what waits about one subject: whatever the events say, WeCom is asked how things stand now, and the difference is
     * written. Two servers never work on the same subject at once. Safe to repeat.
     */
    async work(subject: string): Promise<void> {
      await intake.afterCrowd()
      const lease = await leases.take(subject, LEASE_SECONDS)
      if (!lease) return wake(subject, BUSY_RETRY_MS)
      try {
        const stored = await repository.listWaiting(subject)
        if (stored.length === 0) return
        await repository.countTry(
          stored.map(each => each.eventId),
          clock.now(),
        )
        const { events, unreadable } = openEvents(stored)
        const readable = stored.map(each => each.eventId).filter(id => !unreadable.includes(id))
        if (unreadable.length > 0) log.warn({ count: unreadable.length }, 'stored callbacks cannot be opened')
        await workSubject(subject, events, lease, async tx => {
          const inTransaction = createEventsRepository(tx, corpId)
          await inTransaction.settle(readable, 'done', null, clock.now())
          await inTransaction.settle(unreadable, 'failed', '换过 SESSION_SECRET，打不开了', clock.now())
        })
      } finally {
        await leases.giveBack(lease)
      }
    },

    /** Queues what has been waiting for ten minutes and more, at growing intervals; forgets what is a month old. */
    async workLeft(): Promise<void> {
      const subjects = await repository.listLeft(after(-LEFT_AFTER_MS), clock.now(), LEFT_PER_RUN)
      for (const subject of subjects) await wake(subject)
      await repository.deleteOld(after(-KEPT_MS))
    },
  }
}
export type EventsService = ReturnType<typeof createEventsService>

/** Marks the events as worked, in the transaction of what came of them. */
type Done = (tx: Tx) => Promise<void>

function endReasonOf({ changeType, source }: CallbackEvent): EndReason | undefined {
  if (changeType === 'del_follow_user') return 'customerLeft'
  if (changeType !== 'del_external_contact') return undefined
  return source === 'DELETE_BY_TRANSFER' ? 'transferred' : 'guideRemoved'
}

function transferOutcomeOf({
  changeType,
  source,
  failReason,
}: CallbackEvent): TransferNews['outcome'] | undefined {
  if (changeType === 'del_external_contact' && source === 'DELETE_BY_TRANSFER') return 'done'
  if (changeType !== 'transfer_fail') return undefined
  return failReason === 'customer_limit_exceed' ? 'full' : 'refused'
}

const endWords: Record<EndReason, (name: string) => string> = {
  customerLeft: name => `删除了好友 ${name}`,
  guideRemoved: () => '删除了这位客户',
  transferred: name => `${name} 的好友关系已由同事接替`,
}
