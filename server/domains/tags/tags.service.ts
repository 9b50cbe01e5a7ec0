import type { Logger } from 'pino'
import { z } from 'zod'
import type { CustomerTags, TagCatalogue, TagChoice, TagGroup } from '../../../shared/contract/tags.ts'
import type { Actor, JobActor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Conflict, Forbidden, Invalid, NotFound, Refusal } from '../../errors.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { WecomError } from '../../wecom/errors.ts'
import { assertTakenByWecom, type CustomersService } from '../customers/customers.service.ts'
import {
  customerLane,
  followSubject,
  refusalReason,
  type LaneHold,
  type OutboxHandler,
  type OutboxService,
} from '../outbox/outbox.service.ts'
import { concernsAllTags, unitsOf, type PendingChange } from './tagPush.ts'
import { createTagsRepository, type KnownTag, type PushTarget } from './tags.repository.ts'

/** Corp tags one customer may wear for one member; WeCom has a cap of its own (40144) below which it may refuse. */
const MAX_TAGS = 3000
const TAKEN_BACK = '没能同步到企业微信，改回了原来的'

/** WHAT is to be told stands in `tag_changes`, as it is when the row leaves. */
const TagsPayload = z.object({ followId: z.number().int() })

export interface TagsDeps {
  db: Db
  clock: Clock
  log: Pick<Logger, 'warn'>
  outbox: OutboxService
  wecom: Pick<WecomClient, 'markTag'>
  customers: CustomersService
}

/** WeCom's ids of tags to put on a customer and to take off. */
export interface TagsChange {
  add: string[]
  remove: string[]
}

/** One push under way: whom it speaks for, with the customer's lane in hand. */
interface Push {
  target: PushTarget
  followId: number
  hold: LaneHold
}

export function createTagsService({ db, clock, log, outbox, wecom, customers }: TagsDeps) {
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
    actor: Actor,
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

  /** The whole of a change, here and in the outbox. */
  async function changeWithin(
    tx: Tx,
    actor: StaffActor,
    follow: { followId: number; customerId: number; staffId: number },
    change: TagsChange,
  ): Promise<void> {
    const { followId, customerId, staffId } = follow
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
    const subject = followSubject(followId)
    if (!isWaiting) return outbox.acknowledge(tx, actor, 'tags', subject)
    const lane = customerLane(customerId)
    await outbox.put(tx, actor, { kind: 'tags', lane, subject, staffId, customerId, payload: { followId } })
  }

  /**
   * One call; when WeCom refuses several tags at once, one call for each of them, to learn which it meant.
   * @returns the code of what was refused for good and has been undone
   */
  async function tell(push: Push, changes: PendingChange[]): Promise<number | undefined> {
    const { target, followId, hold } = push
    await hold.keep()
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
      if (units.length === 1 || concernsAllTags(error.errcode)) return refuse(push, changes, error.errcode)
      let refused: number | undefined
      for (const unit of units) refused = (await tell(push, unit)) ?? refused
      return refused
    }
    await hold.write(async tx => {
      const repository = createTagsRepository(tx)
      await repository.lockFollow(followId)
      await repository.settleDone(followId, changes, clock.now())
    })
    return undefined
  }

  async function refuse(
    { target, followId, hold }: Push,
    changes: PendingChange[],
    errcode: number,
  ): Promise<number | undefined> {
    log.warn({ followId, errcode, tags: changes.length }, 'WeCom refused tags')
    const reason = refusalReason(errcode)
    return hold.write(async tx => {
      const repository = createTagsRepository(tx)
      await repository.lockFollow(followId)
      await repository.cancelNeedless(followId, changes)
      const standing = await repository.listStanding(followId, changes)
      // Of a unit changed since, the rest is told once more with what came in its place.
      const refused = unitsOf(changes)
        .filter(unit => unit.every(each => standing.includes(each.tagId)))
        .flat()
      if (refused.length === 0) return undefined
      const refusedIds = refused.map(each => each.tagId)
      await repository.settleRefused(followId, refusedIds, reason)
      await takeBack(tx, { ...target, followId }, refused, reason)
      return errcode
    })
  }

  /** Undoes on the follow what WeCom will not have, and says so. */
  async function takeBack(
    tx: Tx,
    { followId, customerId, corpId }: { followId: number; customerId: number; corpId: number },
    changes: { tagId: number; name: string; change: 'add' | 'remove' }[],
    detail: string,
  ): Promise<void> {
    if (changes.length === 0) return
    const idsOf = (change: 'add' | 'remove') =>
      changes.filter(each => each.change === change).map(each => each.tagId)
    await createTagsRepository(tx).undoOnFollow(followId, idsOf('add'), idsOf('remove'))
    const what = changes.map(each => each.name).join('、')
    await customers.recordTouch(
      tx,
      { kind: 'job', corpId, name: 'outbox' },
      { customerId, kind: 'tagRefused', by: 'system', what, detail },
    )
  }

  const handler: OutboxHandler = {
    /** What WeCom refuses for good is undone here and shown; what may pass later is thrown for another try. */
    async deliver({ payload }, hold) {
      const { followId } = TagsPayload.parse(payload)
      const target = await createTagsRepository(db).findPushTarget(followId)
      if (!target) return { end: 'done' }
      const changes = await hold.write(async tx => {
        await createTagsRepository(tx).lockFollow(followId)
        return createTagsRepository(tx).beginAttempt(followId)
      })
      const errcode = changes.length > 0 ? await tell({ target, followId, hold }, changes) : undefined
      return errcode === undefined
        ? { end: 'done' }
        : { end: 'refused', errcode, reason: refusalReason(errcode) }
    },

    /** What was refused is wanted again; what was given up still is. */
    async retried(tx, actor, row) {
      const { followId } = TagsPayload.parse(row.payload)
      const refused = await createTagsRepository(tx).listRefused(followId)
      if (refused.length === 0) return
      const idsOf = (change: 'add' | 'remove') =>
        refused.filter(each => each.change === change).map(each => each.wecomId)
      try {
        await applyChange(tx, actor, followId, { add: idsOf('add'), remove: idsOf('remove') })
      } catch (cause) {
        if (!(cause instanceof Invalid)) throw cause
        throw new Conflict('state_conflict', { detail: '这个标签已经不能用了', cause })
      }
    },

    async dismissed(tx, _, row) {
      const { followId } = TagsPayload.parse(row.payload)
      if (row.customerId === null) return
      const repository = createTagsRepository(tx)
      await repository.lockFollow(followId)
      const given = await repository.giveUpChanges(followId)
      await takeBack(tx, { followId, customerId: row.customerId, corpId: row.corpId }, given, TAKEN_BACK)
    },
  }

  return {
    handler,

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
     * Puts tags on a friendship because of how it began; nobody asked, so what a guide has chosen in a single-choice group stays.
     * Nothing happens to one that is over, or that WeCom does not know yet.
     */
    async putOn(
      tx: Tx,
      actor: JobActor,
      follow: { followId: number; customerId: number; staffId: number },
      tagIds: number[],
    ): Promise<void> {
      const { followId, customerId, staffId } = follow
      const repository = createTagsRepository(tx)
      const worn = await repository.lockTagIdsOf(followId)
      if (!worn) return
      const fresh = (await repository.listTags(actor.corpId, tagIds)).filter(tag => !worn.includes(tag.tagId))
      const singles = fresh.filter(tag => tag.choice === 'single').map(tag => tag.groupId)
      const chosen = singles.length > 0 ? await repository.listTagsInGroups(worn, singles) : []
      const taken = new Set(chosen.map(tag => tag.groupId))
      const added = fresh.filter(tag => {
        if (tag.choice !== 'single') return true
        const isFree = !taken.has(tag.groupId)
        taken.add(tag.groupId)
        return isFree
      })
      if (added.length === 0 || worn.length + added.length > MAX_TAGS) return
      const addIds = added.map(tag => tag.tagId)
      await repository.writeTagIds(followId, [...worn, ...addIds])
      const isWaiting = await noteForWecom(tx, actor, followId, addIds, 'add')
      await customers.recordTouch(tx, actor, {
        customerId,
        kind: 'tagsChanged',
        by: 'system',
        ...wordsOf(added, []),
      })
      if (!isWaiting) return
      const [lane, subject] = [customerLane(customerId), followSubject(followId)]
      await outbox.put(tx, actor, { kind: 'tags', lane, subject, staffId, customerId, payload: { followId } })
    },

    /**
     * Puts tags on and takes tags off, here at once and at WeCom after. Each call also dismisses the refusals shown so far; an
     * empty change does nothing else. Adding to a single-choice group replaces. Of a change undone before it left nothing is sent.
     * @throws NotFound, Invalid (`add.0`), Refusal('limit_reached'), Conflict when the customer's guide has left
     */
    async change(
      actor: StaffActor,
      externalUserId: string,
      change: TagsChange,
      intent?: Intent,
    ): Promise<CustomerTags> {
      const follow = await customers.findFollow(db, actor, externalUserId)
      assertTakenByWecom(follow)
      await once(db, actor, intent, clock.now(), async tx => {
        await changeWithin(tx, actor, follow, change)
        return { followId: follow.followId }
      })
      return customers.getTags(db, actor, follow.followId)
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
