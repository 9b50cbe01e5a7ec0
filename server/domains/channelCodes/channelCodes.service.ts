import { randomUUID } from 'node:crypto'
import type { ChannelCode, ChannelCodeDraft } from '../../../shared/contract/channelCodes.ts'
import type { Actor, StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, Invalid, NotFound, Refusal, VersionConflict } from '../../errors.ts'
import { randomToken } from '../../sealing.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { OutboxService } from '../outbox/outbox.service.ts'
import type { TagsService } from '../tags/tags.service.ts'
import { codeSubject, createChannelCodesRepository, type CodeContent } from './channelCodes.repository.ts'
import { createContactWayHandler } from './contactWay.ts'

/** More than a chain has tills, and a list that is looked at as a whole. */
export const MAX_CODES = 300
const TOLD_DAILY_MS = 24 * 60 * 60_000
/** `gb` and 12 characters: WeCom takes 30, and nobody reads them. */
const STATE_BYTES = 9

export interface ChannelCodesDeps {
  db: Db
  clock: Clock
  outbox: Pick<OutboxService, 'put'>
  tags: Pick<TagsService, 'putOn'>
  wecom: Pick<WecomClient, 'addContactWay' | 'updateContactWay' | 'deleteContactWay' | 'findContactWay'>
}

/** Somebody who came by a code. */
export interface Arrival {
  /** as WeCom tells it: a code's, somebody else's, or none */
  state: string | null
  staffId: number
  customerId: number
  /** when this friendship began */
  at: Date
  /** the customer has added the member, who has not answered */
  isHalf: boolean
}

function assertManages(actor: StaffActor): void {
  if (actor.role === 'guide') throw new Forbidden()
}

/** Codes to add a friend: kept here, made at WeCom through the outbox, and who came by them. */
export function createChannelCodesService({ db, clock, outbox, tags, wecom }: ChannelCodesDeps) {
  async function find(actor: StaffActor, channelCodeId: string): Promise<ChannelCode> {
    const code = await createChannelCodesRepository(db).find(actor, channelCodeId, clock.now())
    if (!code) throw new NotFound()
    return code
  }

  /** Locks a code for a change. @throws NotFound, VersionConflict */
  async function lock(tx: Tx, actor: StaffActor, channelCodeId: string, version: number) {
    const found = await createChannelCodesRepository(tx).lock(actor, channelCodeId)
    if (!found) throw new NotFound()
    if (found.version !== version) throw new VersionConflict()
    return found
  }

  /** @throws Invalid naming each member, tag or coupon that is unknown or not hers */
  async function read(tx: Tx, actor: StaffActor, draft: ChannelCodeDraft): Promise<CodeContent> {
    const repository = createChannelCodesRepository(tx)
    const wrong: { path: string; message: string }[] = []
    const look = async (path: string, ids: string[], known: Map<string, number>, message: string) =>
      ids.flatMap((id, index) => {
        const found = known.get(id)
        if (found === undefined) wrong.push({ path: `${path}.${index}`, message })
        return found ?? []
      })
    const userIds = draft.guideUserIds.map(id => id.toLowerCase())
    const staffIds = await look(
      'guideUserIds',
      userIds,
      await repository.findGuides(actor, userIds),
      '没有这位同事，或她不在你的门店',
    )
    const tagIds = await look(
      'tagIds',
      draft.tagIds,
      await repository.findTags(actor.corpId, draft.tagIds),
      '没有这个标签',
    )
    const { name, welcomeText, templateId, skipVerify } = draft
    if (templateId !== null && !(await repository.hasTemplate(actor, templateId)))
      wrong.push({ path: 'templateId', message: '没有这种券，或已经停了、只给指定会员等级' })
    if (wrong.length > 0) throw new Invalid(wrong)
    return {
      name,
      welcomeText,
      templateId,
      skipVerify,
      staffIds: [...new Set(staffIds)],
      tagIds: [...new Set(tagIds)],
    }
  }

  /** One lane per code: what is said about it is said in order. */
  const tellWecom = (tx: Tx, actor: Actor, channelCodeId: string, name: string): Promise<void> =>
    outbox.put(tx, actor, {
      kind: 'contactWay',
      lane: codeSubject(channelCodeId),
      subject: codeSubject(channelCodeId),
      // Nobody's own: it has to get there also when whoever wrote it has left.
      staffId: null,
      customerId: null,
      payload: { channelCodeId, name },
    })

  /** A code gives coupons and decides who gets customers: who changed it stands in the record. */
  const noteChange = (
    tx: Tx,
    actor: StaffActor,
    channelCodeId: string,
    change: 'added' | 'changed' | 'removed',
    content?: CodeContent,
  ): Promise<void> =>
    appendAudit(tx, {
      actor,
      at: clock.now(),
      action: 'channelCodeChanged',
      subject: { kind: 'channelCode', id: channelCodeId },
      detail: { change, ...(content && { templateId: content.templateId, staffIds: content.staffIds }) },
    })

  return {
    handler: createContactWayHandler({ db, clock, wecom }),

    /** @throws Forbidden for guides */
    async list(actor: StaffActor): Promise<{ codes: ChannelCode[]; total: number }> {
      assertManages(actor)
      return createChannelCodesRepository(db).list(actor, clock.now(), MAX_CODES)
    },

    /** @throws Forbidden for guides; NotFound out of scope */
    async get(actor: StaffActor, channelCodeId: string): Promise<ChannelCode> {
      assertManages(actor)
      return find(actor, channelCodeId)
    },

    /** @throws Forbidden, Invalid, Refusal limit_reached */
    async add(actor: StaffActor, draft: ChannelCodeDraft, intent?: Intent): Promise<ChannelCode> {
      assertManages(actor)
      const { channelCodeId } = await once(db, actor, intent, clock.now(), async tx => {
        const content = await read(tx, actor, draft)
        const repository = createChannelCodesRepository(tx)
        if ((await repository.count(actor.corpId)) >= MAX_CODES)
          throw new Refusal('limit_reached', { detail: `最多 ${MAX_CODES} 个渠道活码，删掉不用的再加` })
        const channelCodeId = randomUUID()
        const state = `gb${randomToken(STATE_BYTES)}`
        await repository.insert(actor, { ...content, channelCodeId, state }, clock.now())
        await noteChange(tx, actor, channelCodeId, 'added', content)
        await tellWecom(tx, actor, channelCodeId, content.name)
        return { channelCodeId }
      })
      return find(actor, channelCodeId)
    },

    /** What was printed stays good. @throws Forbidden, NotFound, Invalid, VersionConflict */
    async change(
      actor: StaffActor,
      channelCodeId: string,
      draft: ChannelCodeDraft,
      version: number,
      intent?: Intent,
    ): Promise<ChannelCode> {
      assertManages(actor)
      await once(db, actor, intent, clock.now(), async tx => {
        await lock(tx, actor, channelCodeId, version)
        const content = await read(tx, actor, draft)
        await createChannelCodesRepository(tx).change(actor, channelCodeId, content, clock.now())
        await noteChange(tx, actor, channelCodeId, 'changed', content)
        await tellWecom(tx, actor, channelCodeId, content.name)
        return { channelCodeId }
      })
      return find(actor, channelCodeId)
    },

    /** Who came by it stays counted; what was printed is dead. @throws Forbidden, NotFound, VersionConflict */
    async remove(actor: StaffActor, channelCodeId: string, version: number): Promise<void> {
      assertManages(actor)
      await db.transaction(async tx => {
        const { name } = await lock(tx, actor, channelCodeId, version)
        await createChannelCodesRepository(tx).remove(actor, channelCodeId, clock.now())
        await noteChange(tx, actor, channelCodeId, 'removed')
        await tellWecom(tx, actor, channelCodeId, name)
      })
    },

    /** What a channel is called, for those that are codes of ours. */
    async namesOf(corpId: number, states: (string | null)[]): Promise<Map<string, string>> {
      const wanted = [...new Set(states.filter(state => state !== null && state !== ''))] as string[]
      return wanted.length === 0 ? new Map() : createChannelCodesRepository(db).namesOf(corpId, wanted)
    },

    /** Counts who came by our codes and puts their tags on; in the transaction that wrote the friendships. Safe to repeat. */
    async settleArrivals(tx: Tx, actor: Actor & { kind: 'job' }, arrivals: Arrival[]): Promise<void> {
      const named = arrivals.flatMap(({ state, ...arrival }) => (state ? [{ ...arrival, state }] : []))
      if (named.length === 0) return
      const untagged = await createChannelCodesRepository(tx).arrive(actor.corpId, named)
      for (const { tagIds, ...follow } of untagged) await tags.putOn(tx, actor, follow, tagIds)
    },

    /**
     * Tells WeCom again of codes on which somebody has left or come back, and once a day of all: what was deleted there meanwhile is
     * made anew.
     */
    async reconcile(): Promise<void> {
      const before = new Date(clock.now().getTime() - TOLD_DAILY_MS)
      const changed = await createChannelCodesRepository(db).listToTellAgain(before)
      for (const { corpId, channelCodeId, name } of changed)
        await db.transaction(tx =>
          tellWecom(tx, { kind: 'job', corpId, name: 'channelCodes.reconcile' }, channelCodeId, name),
        )
    },
  }
}

export type ChannelCodesService = ReturnType<typeof createChannelCodesService>
