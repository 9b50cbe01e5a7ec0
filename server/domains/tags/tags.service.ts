import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { CustomerTags, TagCatalogue, TagChoice, TagGroup } from '../../../shared/contract/tags.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, Invalid, NotFound, Refusal } from '../../errors.ts'
import type { Queue } from '../../jobs/job.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { WecomError } from '../../wecom/errors.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import { concernsAllTags, refusalReason, tagPush, unitsOf, type PendingChange } from './tagPush.ts'
import { createTagsRepository, type KnownTag, type PushTarget } from './tags.repository.ts'

/** Corp tags one customer may wear for one member; WeCom has a cap of its own (40144) below which it may refuse. */
const MAX_TAGS = 3000
/** One call with its tries takes less; whoever dies with the lane in hand blocks it no longer than this. */
const LEASE_MS = 60_000
const LANE_BUSY_RETRY_MS = 1_000
const LEFT_AFTER_MS = 10 * 60_000
const LEFT_PER_RUN = 500

export interface TagsDeps {
  db: Db
  clock: Clock
  log: Logger
  queue: Queue
  wecom: WecomClient
  customers: CustomersService
}

/** WeCom's ids of tags to put on a customer and to take off. */
export interface TagsChange {
  add: string[]
  remove: string[]
}

/** One push under way: whom it speaks for, and in whose hand the customer's lane is. */
interface Push {
  target: PushTarget
  followId: number
  holder: string
}

export function createTagsService({ db, clock, log, queue, wecom, customers }: TagsDeps) {
  const leaseEnd = () => new Date(clock.now().getTime() + LEASE_MS)

  /** @throws Invalid naming each tag that is unknown, said twice, or a second one of a single-choice group. */
  async function readChange(
    tx: Tx,
    actor: StaffActor,
    change: TagsChange,
  ): Promise<{ add: KnownTag[]; remove: KnownTag[] }> {
    const found = await createTagsRepository(tx).findTags(actor.corpId, [...change.add, ...change.remove])
    const known = new Map(found.map(tag => [tag.wecomId, tag]))
    const wrong: { path: string; message: string }[] = []
    const chosen = new Map<number, string>()
    for (const side of ['add', 'remove'] as const) {
      for (const [index, wecomId] of change[side].entries()) {
        const path = `${side}.${index}`
        const tag = known.get(wecomId)
        if (!tag) wrong.push({ path, message: '没有这个标签' })
        else if (side === 'remove' && change.add.includes(wecomId))
          wrong.push({ path, message: '同一个标签不能又加又去' })
        else if (side === 'add' && tag.choice === 'single') {
          const other = chosen.get(tag.groupId)
          if (other !== undefined && other !== wecomId) wrong.push({ path, message: '这一组只能选一个' })
          chosen.set(tag.groupId, wecomId)
        }
      }
    }
    if (wrong.length > 0) throw new Invalid(wrong)
    const pick = (ids: string[]) => [...new Set(ids)].flatMap(id => known.get(id) ?? [])
    return { add: pick(change.add), remove: pick(change.remove) }
  }

  /** Writes what differs from what the customer wears; answers what is now to be told to WeCom. */
  async function applyChange(tx: Tx, actor: StaffActor, followId: number, change: TagsChange) {
    const repository = createTagsRepository(tx)
    const wanted = await readChange(tx, actor, change)
    const worn = await repository.lockTagIds(actor, followId)
    if (!worn) throw new NotFound()
    await repository.dismissRefusals(followId)

    const added = wanted.add.filter(tag => !worn.includes(tag.tagId))
    const singleGroups = wanted.add.filter(tag => tag.choice === 'single').map(tag => tag.groupId)
    const siblings = singleGroups.length > 0 ? await repository.listTagsInGroups(worn, singleGroups) : []
    const kept = new Set(wanted.add.map(tag => tag.tagId))
    const removed = new Map(
      [...wanted.remove.filter(tag => worn.includes(tag.tagId)), ...siblings]
        .filter(tag => !kept.has(tag.tagId))
        .map(tag => [tag.tagId, tag]),
    )
    if (added.length === 0 && removed.size === 0) return { added, removed: [], isWaiting: false }

    const tagIds = [...worn.filter(id => !removed.has(id)), ...added.map(tag => tag.tagId)]
    if (tagIds.length > MAX_TAGS) {
      throw new Refusal('limit_reached', { detail: `一位客户最多 ${MAX_TAGS} 个标签` })
    }
    await repository.writeTagIds(followId, tagIds)
    const addIds = added.map(tag => tag.tagId)
    const isAddWaiting = await noteForWecom(tx, actor, followId, addIds, 'add')
    const isRemoveWaiting = await noteForWecom(tx, actor, followId, [...removed.keys()], 'remove')
    if (addIds.length > 0) await repository.rememberUse(actor, addIds, clock.now())
    return { added, removed: [...removed.values()], isWaiting: isAddWaiting || isRemoveWaiting }
  }

  async function noteForWecom(
    tx: Tx,
    actor: StaffActor,
    followId: number,
    tagIds: number[],
    change: 'add' | 'remove',
  ): Promise<boolean> {
    if (tagIds.length === 0) return false
    const repository = createTagsRepository(tx)
    const cancelled = await repository.cancelUnheard(followId, tagIds, change === 'add' ? 'remove' : 'add')
    const left = tagIds.filter(id => !cancelled.includes(id))
    if (left.length > 0) await repository.insertChanges(actor.corpId, followId, left, change, clock.now())
    return left.length > 0
  }

  /** One call; when WeCom refuses several tags at once, one call for each of them, to learn which it meant. */
  async function tell({ target, followId, holder }: Push, changes: PendingChange[]): Promise<void> {
    // Whoever was let in meanwhile tells WeCom what is newer; ours after it would be the last word.
    if (!(await createTagsRepository(db).prolongLease(target.customerId, holder, leaseEnd())))
      throw new Error('the lane of this customer was lost; what is left is told by the next push')
    try {
      await wecom.markTag({
        userId: target.userId,
        externalUserId: target.externalUserId,
        add: changes.filter(each => each.change === 'add').map(each => each.wecomId),
        remove: changes.filter(each => each.change === 'remove').map(each => each.wecomId),
      })
    } catch (error) {
      if (!(error instanceof WecomError) || error.retry !== 'final' || error.errcode === null) throw error
      const units = unitsOf(changes)
      if (units.length === 1 || concernsAllTags(error.errcode))
        return refuse(target, followId, changes, error.errcode)
      for (const unit of units) await tell({ target, followId, holder }, unit)
      return
    }
    await db.transaction(async tx => {
      const repository = createTagsRepository(tx)
      await repository.lockFollow(followId)
      await repository.settleDone(followId, changes, clock.now())
    })
  }

  async function refuse(
    target: PushTarget,
    followId: number,
    changes: PendingChange[],
    errcode: number,
  ): Promise<void> {
    log.warn({ followId, errcode, tags: changes.length }, 'WeCom refused tags')
    const reason = refusalReason(errcode)
    await db.transaction(async tx => {
      const repository = createTagsRepository(tx)
      await repository.lockFollow(followId)
      await repository.cancelNeedless(followId, changes)
      const standing = await repository.listStanding(followId, changes)
      // Of a unit changed since, the rest is told once more with what came in its place.
      const refused = unitsOf(changes)
        .filter(unit => unit.every(each => standing.includes(each.tagId)))
        .flat()
      if (refused.length === 0) return
      const refusedIds = refused.map(each => each.tagId)
      await repository.settleRefused(followId, refusedIds, reason)
      const idsOf = (change: 'add' | 'remove') =>
        refused.filter(each => each.change === change).map(each => each.tagId)
      await repository.undoOnFollow(followId, idsOf('add'), idsOf('remove'))
      await customers.recordTouch(
        tx,
        { kind: 'job', corpId: target.corpId, name: tagPush.name },
        {
          customerId: target.customerId,
          kind: 'tagRefused',
          by: 'system',
          what: refused.map(each => each.name).join('、'),
          detail: reason,
        },
      )
    })
  }

  return {
    /** The corp's tags, groups and tags in WeCom's order. */
    list: (actor: StaffActor): Promise<TagCatalogue> => createTagsRepository(db).listGroups(actor.corpId),

    /** Only managers and admins. @throws Forbidden, NotFound */
    async setChoice(actor: StaffActor, groupId: string, choice: TagChoice): Promise<TagGroup> {
      if (actor.role === 'guide') throw new Forbidden()
      const group = await createTagsRepository(db).setChoice(actor.corpId, groupId, choice)
      if (!group) throw new NotFound()
      return group
    },

    async listOfCustomer(actor: StaffActor, externalUserId: string): Promise<CustomerTags> {
      const { followId } = await customers.findFollow(db, actor, externalUserId)
      return customers.getTags(db, actor, followId)
    },

    /**
     * Puts tags on and takes tags off, here at once and at WeCom after. Each call also dismisses the refusals shown so far; an
     * empty change does nothing else. Adding to a single-choice group replaces. Of a change undone before it left nothing is sent.
     * @throws NotFound, Invalid (`add.0`), Refusal('limit_reached')
     */
    async change(
      actor: StaffActor,
      externalUserId: string,
      change: TagsChange,
      intent?: Intent,
    ): Promise<CustomerTags> {
      const { followId, customerId } = await customers.findFollow(db, actor, externalUserId)
      await once(db, actor, intent, clock.now(), async tx => {
        const { added, removed, isWaiting } = await applyChange(tx, actor, followId, change)
        if (added.length + removed.length > 0) {
          await customers.recordTouch(tx, actor, {
            customerId,
            kind: 'tagsChanged',
            by: 'staff',
            staffId: actor.staffId,
            ...wordsOf(added, removed),
          })
        }
        if (isWaiting) await queue.send(tx, tagPush, { followId }, { key: String(followId) })
        return { followId }
      })
      return customers.getTags(db, actor, followId)
    },

    /**
     * Tells WeCom what is waiting for one follow. One push at a time per customer (45035). What WeCom refuses for good is undone
     * here and shown; what may pass later is thrown for the queue to try again.
     */
    async push(followId: number): Promise<void> {
      const repository = createTagsRepository(db)
      const target = await repository.findPushTarget(followId)
      if (!target) return
      const now = clock.now()
      const holder = randomUUID()
      const isOurs = await repository.takeLease(target.customerId, holder, now, leaseEnd())
      if (!isOurs) {
        const startAfter = new Date(now.getTime() + LANE_BUSY_RETRY_MS)
        await queue.send(db, tagPush, { followId }, { key: String(followId), startAfter })
        return
      }
      try {
        const changes = await db.transaction(async tx => {
          await createTagsRepository(tx).lockFollow(followId)
          return createTagsRepository(tx).beginAttempt(followId)
        })
        if (changes.length > 0) await tell({ target, followId, holder }, changes)
      } finally {
        await repository.giveLeaseBack(target.customerId, holder)
      }
    },

    /** Queues what has been waiting for ten minutes and more. */
    async pushLeft(): Promise<void> {
      const before = new Date(clock.now().getTime() - LEFT_AFTER_MS)
      const followIds = await createTagsRepository(db).listLeftFollows(before, LEFT_PER_RUN)
      for (const followId of followIds) await queue.send(db, tagPush, { followId }, { key: String(followId) })
    },
  }
}

export type TagsService = ReturnType<typeof createTagsService>

/** `喜欢简约、对戒` with what happened to them. */
function wordsOf(added: KnownTag[], removed: KnownTag[]): { what: string; detail: string } {
  const names = (tags: KnownTag[]) => tags.map(tag => tag.name).join('、')
  const what = names([...added, ...removed])
  if (removed.length === 0) return { what, detail: '加上' }
  if (added.length === 0) return { what, detail: '去掉' }
  return { what, detail: `加上 ${names(added)}，去掉 ${names(removed)}` }
}
