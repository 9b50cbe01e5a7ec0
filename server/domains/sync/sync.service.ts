import { z } from 'zod'
import type { Logger } from 'pino'
import type { SyncState } from '../../../shared/contract/sync.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { createTombstones } from '../../db/tombstones.ts'
import { Forbidden } from '../../errors.ts'
import type { Job, Queue } from '../../jobs/job.ts'
import type { Sealing } from '../../sealing.ts'
import { isNoMember, WecomError, type WecomClient, type WecomMember } from '../../wecom/client.ts'
import type { ChannelCodesService } from '../channelCodes/channelCodes.service.ts'
import { nameSound } from '../customers/customers.service.ts'
import type { GroupsService } from '../groups/groups.service.ts'
import type { ScriptsService } from '../scripts/scripts.service.ts'
import type { StaffService } from '../staff/staff.service.ts'
import { corpNameOf, withBelow } from '../staff/storesOf.ts'
import { groupSubject } from './callbackEvent.ts'
import { createLeases, LeaseLost, type Lease } from './leases.repository.ts'
import { createPages } from './pages.ts'
import {
  createSyncRepository,
  type PullCause,
  type PullProgress,
  type StaffToPull,
} from './sync.repository.ts'

/** Calls of one kind at the same time; WeCom does not say how many it likes (wecom/limits.md). */
const PARALLEL = 5
const OWNERS_PER_CALL = 100
/** WeCom no longer knows a cursor of ours [server-api.md §0]. */
const INVALID_CURSOR = 50100
/** Prolonged while the pull is at work, so that one that shows no sign of life for so long is dead. */
const PULL_LEASE_SECONDS = 30
const PULL_BEAT_MS = 10_000
const GROUP_LEASE_SECONDS = 60
const TAGS_LEASE_SECONDS = 30
/** Beats come every minute; WeCom gives an event up after three tries within seconds. */
const OUTAGE_SECONDS = 150
const STOPPED_RETRY_MS = 5 * 60_000
const BUSY_RETRY_MS = 10_000
/** Counting who has been pulled goes through all members. */
const TELL_MS = 5_000

/** `isFresh`: everything anew, unless a pull that began after `askedAt` does so already; else only the rest of one cut off. */
interface PullWish {
  isFresh: boolean
  cause?: PullCause | undefined
  /** ISO 8601 */
  askedAt?: string | undefined
}

/** What the work on one member needs of the pull it belongs to. */
interface Pull {
  lease: Lease
  write: ReturnType<typeof createPages>
  tell: () => Promise<void>
}

/** Pulls what is missing; a pull of a large corp takes hours, a dead worker is noticed by its heartbeat. */
export const pullJob: Job<PullWish> = {
  name: 'sync.pull',
  payload: z.object({
    isFresh: z.boolean().default(false),
    cause: z.enum(['first', 'nightly', 'outage', 'manual']).optional(),
    askedAt: z.string().optional(),
  }),
  onePerKey: true,
  retryLimit: 20,
  retrySeconds: 5,
  expireSeconds: 6 * 60 * 60,
}
/** Every night: what no callback told us. */
export const nightlyPullJob: Job<object> = { name: 'sync.nightly', payload: z.object({}), cron: '10 3 * * *' }
/** Every minute: somebody is here to hear callbacks. */
export const heartbeatJob: Job<object> = {
  name: 'sync.heartbeat',
  payload: z.object({}),
  retryLimit: 0,
  cron: '* * * * *',
}

/** What an admin has to put right, by the refusal it causes [D90664, EC 26-07]. */
const stopReasons = new Map<number, string>([
  [40001, '应用的 Secret 不对，请检查 WECOM_APP_SECRET'],
  [40091, '应用的 Secret 不是这家企业的，请检查 WECOM_APP_SECRET'],
  [40013, '企业 ID 不对，请检查 WECOM_CORP_ID'],
  [50003, '应用已被停用，请在管理后台启用'],
  [60020, '服务器的 IP 不在应用的企业可信 IP 里'],
  [48002, '请在「客户联系 → API → 可调用接口的应用」里勾选这个应用'],
])

export interface SyncDeps {
  db: Db
  clock: Clock
  log: Logger
  queue: Queue
  wecom: WecomClient
  sealing: Sealing
  corpId: number
  channelCodes: Pick<ChannelCodesService, 'namesOf' | 'settleArrivals'>
  groups: GroupsService
  scripts: Pick<ScriptsService, 'installStarter'>
  staff: Pick<StaffService, 'applyOrganisation'>
  timeZone: string
}

export function createSyncService(deps: SyncDeps) {
  const { db, clock, log, queue, wecom, sealing, corpId, groups, scripts, staff, timeZone } = deps
  const { channelCodes } = deps
  const repository = createSyncRepository(db, corpId)
  const leases = createLeases(db, corpId)
  const actor: JobActor = { kind: 'job', corpId, name: 'sync' }

  /** The people, shops and tags everything else refers to. @returns who may have customers */
  async function pullOrganisation(signal: AbortSignal): Promise<string[]> {
    const askedAt = clock.now()
    const departments = await wecom.listDepartments()
    const corpName = corpNameOf(departments)
    if (corpName) await repository.writeCorpName(corpName)

    const agent = await wecom.getAgent()
    const followUserIds = await wecom.listFollowUserIds()
    const inDepartments: string[] = []
    await eachOf(withBelow(departments, agent.departmentIds), signal, async departmentId => {
      inDepartments.push(...(await wecom.listDepartmentUserIds(departmentId)))
    })
    const userIds = unique([...agent.userIds, ...inDepartments, ...followUserIds])
    const members: WecomMember[] = []
    const presentUserIds: string[] = []
    await eachOf(userIds, signal, async userId => {
      const member = await findMember(userId)
      if (member === 'unanswered') presentUserIds.push(userId)
      else if (member) members.push(member)
    })
    await staff.applyOrganisation({ departments, members, presentUserIds, askedAt })
    await pullTags()
    return followUserIds
  }

  /** Undefined for somebody who left between the list and the question; a refusal of another kind says nothing about her. */
  async function findMember(userId: string): Promise<WecomMember | undefined | 'unanswered'> {
    try {
      return await wecom.getMember(userId)
    } catch (error) {
      if (isNoMember(error)) return undefined
      if (!(error instanceof WecomError) || error.retry !== 'final') throw error
      log.warn({ errcode: error.errcode }, 'a member cannot be asked about; what is known of her stays')
      return 'unanswered'
    }
  }

  /** Groups and tags as they are now; one at a time, so that no older list is written over a newer one. */
  async function pullTags(): Promise<void> {
    const lease = await leases.await('tagCatalogue', TAGS_LEASE_SECONDS)
    try {
      const tagGroups = await wecom.listTagGroups()
      await db.transaction(async tx => {
        await leases.hold(tx, lease, TAGS_LEASE_SECONDS)
        const inTransaction = createSyncRepository(tx, corpId)
        await inTransaction.upsertTagGroups(
          tagGroups.map(({ groupId, name, sort }) => ({ groupId, name, sort })),
        )
        await inTransaction.upsertTags(
          tagGroups.flatMap(({ groupId, tags }) =>
            tags.map(tag => ({ ...tag, groupId, ...nameSound(tag.name) })),
          ),
        )
      })
    } finally {
      await leases.giveBack(lease)
    }
  }

  /** One member's customers, page by page; each page is written together with the place behind it, the last one with the end. */
  async function pullCustomers(member: StaffToPull, { lease, write, tell }: Pull, signal: AbortSignal) {
    const isWhole = await pullPages(member, write, signal)
    if (!isWhole)
      await db.transaction(async tx => {
        await createSyncRepository(tx, corpId).finishStaff(member.staffId, clock.now())
        await leases.hold(tx, lease, PULL_LEASE_SECONDS)
      })
    await tell()
  }

  /**
   * From the beginning once more when WeCom no longer knows the place reached; not twice, it would go round for ever.
   * @returns false when WeCom does not show all of this member's customers: then nothing is known of those missing
   */
  async function pullPages(
    member: StaffToPull,
    write: Pull['write'],
    signal: AbortSignal,
    mayRestart = true,
  ): Promise<boolean> {
    let cursor = member.cursor
    let written = Promise.resolve()
    try {
      do {
        signal.throwIfAborted()
        if (cursor === '') await repository.startStaff(member.staffId)
        const asked = { at: clock.now(), mark: performance.now() }
        const page = await wecom.listFollows(member.userId, cursor)
        // While one is being written the next is asked for, but waits for it.
        await written
        written = write({ member, ...page, asked })
        // Heard of where it is waited for.
        written.catch(() => undefined)
        cursor = page.nextCursor
      } while (cursor !== '')
    } catch (error) {
      await written
      if (!(error instanceof WecomError) || error.retry !== 'final') throw error
      if (error.errcode !== INVALID_CURSOR || cursor === '' || !mayRestart) {
        log.warn({ errcode: error.errcode, staffId: member.staffId }, "a member's customers cannot be pulled")
        return false
      }
      return pullPages({ ...member, cursor: '' }, write, signal, false)
    }
    await written
    return true
  }

  /** How far the pull is, every few seconds and at its end. */
  function createTeller(): (isEnd?: boolean) => Promise<void> {
    let toldAt = performance.now()
    return async (isEnd = false) => {
      if (!isEnd && performance.now() - toldAt < TELL_MS) return
      toldAt = performance.now()
      const progress = await repository.findProgress()
      log.info({ ...progress }, progressLine(progress))
    }
  }

  /** Of groups whose owner has left nothing is heard here: what is known of them stays. */
  async function pullGroups(ownerUserIds: string[], signal: AbortSignal): Promise<void> {
    const known = await groups.listOwnedBy(actor, ownerUserIds)
    const chatIds: string[] = []
    for (let from = 0; from < ownerUserIds.length; from += OWNERS_PER_CALL) {
      const owners = ownerUserIds.slice(from, from + OWNERS_PER_CALL)
      let cursor = ''
      do {
        signal.throwIfAborted()
        const page = await wecom.listGroupChatIds(owners, cursor)
        chatIds.push(...page.chatIds)
        cursor = page.nextCursor
      } while (cursor !== '')
    }
    await eachOf(unique(chatIds), signal, pullGroup)
    const listed = new Set(chatIds)
    await groups.remove(
      db,
      actor,
      known.filter(chatId => !listed.has(chatId)),
    )
  }

  async function pullGroup(chatId: string): Promise<void> {
    const lease = await leases.take(groupSubject(chatId), GROUP_LEASE_SECONDS)
    // News of it is being worked on just now, and brings the same.
    if (!lease) return
    try {
      const group = await wecom.getGroupChat(chatId)
      await db.transaction(async tx => {
        await createTombstones(tx, corpId).holdOffErasing()
        await leases.hold(tx, lease, GROUP_LEASE_SECONDS)
        await groups.upsertGroup(tx, actor, group, clock.now())
      })
    } catch (error) {
      // Dissolved since it was listed, or not a customer group any more.
      if (!(error instanceof WecomError) || error.retry !== 'final') throw error
    } finally {
      await leases.giveBack(lease)
    }
  }

  async function pullEverything(
    begins: PullCause | undefined,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<void> {
    if (begins) await repository.beginRun(begins, clock.now())
    else await repository.writeRun('running', null, clock.now())
    await scripts.installStarter(actor)
    const followUserIds = await pullOrganisation(signal)
    await repository.planStaff(followUserIds)
    const write = createPages({
      ...{ db, clock, sealing, corpId, actor, channelCodes },
      hold: tx => leases.hold(tx, lease, PULL_LEASE_SECONDS),
    })
    const pull = { lease, write, tell: createTeller() }
    await eachOf(await repository.listStaffToPull(), signal, member => pullCustomers(member, pull, signal))
    await pull.tell(true)
    await pullGroups(followUserIds, signal)
    await leases.hold(db, lease, PULL_LEASE_SECONDS)
    await repository.writeRun('done', null, clock.now())
    const progress = await repository.findProgress()
    log.info({ ...progress }, `客户已同步：${progress.totalStaff} 位成员，${progress.customers} 段好友关系`)
  }

  /** A refusal somebody has to put right is said on the screen and asked about again after a while. */
  async function rest(error: WecomError): Promise<void> {
    const known = stopReasons.get(error.errcode ?? 0)
    const words = known ?? `企业微信拒绝了请求（${error.errcode}），请检查应用的设置`
    const reason = error.ip ? `${words}，请加上 ${error.ip}` : words
    await repository.writeRun('stopped', reason, clock.now())
    log.error({ api: error.api, errcode: error.errcode }, `同步停下了：${reason}`)
    await again(STOPPED_RETRY_MS)
  }

  const again = (afterMs: number, wish: PullWish = { isFresh: false }) =>
    ask(wish, new Date(clock.now().getTime() + afterMs))

  /**
   * Under names of their own: neither asking for the rest nor an older wish takes the place of a wish for everything. One that
   * a pull has served meanwhile costs nothing.
   */
  const ask = (wish: PullWish, startAfter?: Date, tx: Db | Tx = db) =>
    queue.send(tx, pullJob, wish, {
      key: wish.isFresh ? `everything:${wish.askedAt ?? ''}` : 'rest',
      ...(startAfter && { startAfter }),
    })
  const askAnew = (cause: PullCause, tx?: Tx) =>
    ask({ isFresh: true, cause, askedAt: clock.now().toISOString() }, undefined, tx)

  /** Prolongs the lease as long as work goes on, whichever part of it takes its time. @returns what ends it */
  function keepAlive(lease: Lease): { lost: AbortSignal; stop: () => void } {
    const lost = new AbortController()
    const beat = async () => {
      try {
        await leases.hold(db, lease, PULL_LEASE_SECONDS)
      } catch (error) {
        if (error instanceof LeaseLost) lost.abort(error)
        else log.warn({ err: error }, 'the lease of the pull was not prolonged this time')
      }
    }
    const timer = setInterval(() => void beat(), PULL_BEAT_MS)
    return { lost: lost.signal, stop: () => clearInterval(timer) }
  }

  return {
    /** At every start: asks for the first pull, or for the rest of one that was interrupted. */
    async startImport(): Promise<void> {
      const run = await repository.findRun()
      if (run?.state === 'done') return
      if (!run) await repository.writeRun('waiting', null, clock.now())
      await ask({ isFresh: false })
    },

    /** Everything is asked for anew: it repairs what was missed. */
    pullAnew: (cause: PullCause): Promise<void> => askAnew(cause),

    /** Only admins. @throws Forbidden */
    async pullNow(staff: StaffActor): Promise<SyncState> {
      if (staff.role !== 'admin') throw new Forbidden()
      await askAnew('manual')
      const state = await repository.findState(clock.today(timeZone), timeZone)
      // Queued: whoever looks goes on looking until it has been.
      return { ...state, pull: { ...state.pull, isRunning: true } }
    },

    /** Only admins. @throws Forbidden */
    async getState(staff: StaffActor): Promise<SyncState> {
      if (staff.role !== 'admin') throw new Forbidden()
      return repository.findState(clock.today(timeZone), timeZone)
    },

    /** Every minute, and at every start. After a gap nobody was here to hear callbacks: everything is asked for anew. */
    async beat(): Promise<void> {
      // In one: whoever dies between the two leaves the gap to be seen by the next.
      const gap = await db.transaction(async tx => {
        const seconds = await createSyncRepository(tx, corpId).beat()
        if (seconds === undefined || seconds < OUTAGE_SECONDS) return undefined
        await askAnew('outage', tx)
        return seconds
      })
      if (gap !== undefined)
        log.warn({ seconds: Math.round(gap) }, '有一段时间没有服务器在运行，重新核对一遍')
    },

    /**
     * Pulls members, tags, customers and groups into the database. Goes on where an earlier one was cut off; safe to repeat.
     * One at a time over all servers.
     * What was pulled before `askedAt` may have changed since unheard: a pull that was cut off before then begins anew.
     */
    async pull(wish: PullWish, signal: AbortSignal): Promise<void> {
      const { isFresh, cause = 'first', askedAt } = wish
      const lease = await leases.take('pull', PULL_LEASE_SECONDS)
      // Another process is at it; should it die, this one looks after the rest.
      if (!lease) return again(BUSY_RETRY_MS, wish)
      const alive = keepAlive(lease)
      try {
        const run = await repository.findRun()
        const begins =
          isFresh &&
          run !== undefined &&
          (askedAt === undefined ? run.state === 'done' : run.startedAt <= new Date(askedAt))
        if (run?.state === 'done' && !begins) return
        await pullEverything(begins ? cause : undefined, lease, AbortSignal.any([signal, alive.lost]))
      } catch (error) {
        if (!(error instanceof WecomError) || error.retry !== 'stop') throw error
        await rest(error)
      } finally {
        alive.stop()
        await leases.giveBack(lease)
      }
    },

    pullTags,
  }
}
export type SyncService = ReturnType<typeof createSyncService>

const progressLine = ({ doneStaff, totalStaff, customers }: PullProgress) =>
  `正在导入客户：${doneStaff}/${totalStaff} 位成员，${customers} 段好友关系`

const unique = (ids: string[]): string[] => [...new Map(ids.map(id => [id.toLowerCase(), id])).values()]

/** Works through a list, a few at a time; the first failure ends it, once what is under way has ended. */
async function eachOf<T>(items: T[], signal: AbortSignal, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  let failed = false
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(PARALLEL, items.length) }, async () => {
      for (const item of rest) {
        if (failed) return
        try {
          signal.throwIfAborted()
          await work(item)
        } catch (error) {
          failed = true
          throw error
        }
      }
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
