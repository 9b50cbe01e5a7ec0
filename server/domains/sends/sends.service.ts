import { randomUUID } from 'node:crypto'
import type {
  OpenSends,
  PartOutcome,
  PartResults,
  PartState,
  Send,
  SendDraft,
  SendPart,
} from '../../../shared/contract/sends.ts'
import { isAnswered, partsText, sendOutcome, type SendOutcome } from '../../../shared/rules/sendState.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { isRemembered, once, type Intent } from '../../db/once.ts'
import { Conflict, NotFound } from '../../errors.ts'
import type { CustomersService, NewTouch } from '../customers/customers.service.ts'
import type { EngravingsService } from '../engravings/engravings.service.ts'
import type { GroupsService } from '../groups/groups.service.ts'
import type { PurchasesService } from '../purchases/purchases.service.ts'
import type { RemindersService } from '../reminders/reminders.service.ts'
import type { Admission, Approach, RestraintService } from '../restraint/restraint.service.ts'
import type { AssetsService } from '../scripts/assets.service.ts'
import { assertFilled, assertKnownParts, assertMayLeave, statesAfter } from './partChecks.ts'
import { createStartChecks } from './startChecks.ts'
import { createSendsRepository, type EndedSend, type LockedSend, type Receiver } from './sends.repository.ts'

/** After this long without an answer from the client nobody knows any more what became of a send. */
export const SILENCE_SECONDS = 10 * 60
/** Unfinished sends of one chat that are offered. */
const OPEN_SHOWN = 3
/** Sends one run of the job ends per transaction. */
const SILENT_BATCH = 200

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findFollow' | 'findOwnFollow' | 'recordMinorReads' | 'recordTouches'>
  reminders: Pick<RemindersService, 'isOwn' | 'markSent'>
  groups: Pick<GroupsService, 'findGroup'>
  engravings: Pick<EngravingsService, 'pictureToSend'>
  assets: Pick<AssetsService, 'mediaIdOf'>
  purchases: Pick<PurchasesService, 'trace'>
  restraint: Pick<RestraintService, 'admit' | 'admitGoingOn' | 'admitRest' | 'note'>
  timeZone: string
}

/** The link card of a coupon, sent like any other message. */
export interface CouponSend {
  customerId: number
  couponId: string
  title: string
  card: Extract<SendPart, { kind: 'news' }>
  reminderId: string | null
  /** goes before the card, as one message with it; its title is the send's then */
  message: Pick<SendDraft, 'title' | 'parts' | 'script'> | null
}

export type SendsService = ReturnType<typeof createSendsService>

export const createSendsService = ({
  db,
  clock,
  customers,
  reminders,
  groups,
  engravings,
  assets,
  purchases,
  restraint,
  timeZone,
}: Deps) => {
  const { withMedia, withFreshMedia, assertScript, assertReminder } = createStartChecks({ assets, reminders })
  const millisSince = (instant: Date) => clock.now().getTime() - instant.getTime()

  const customer = async (actor: StaffActor, externalUserId: string): Promise<Receiver> => {
    const { customerId } = await customers.findOwnFollow(db, actor, externalUserId)
    return { customerId, groupChatId: null }
  }
  const group = async (actor: StaffActor, chatId: string): Promise<Receiver> => {
    const { groupChatId } = await groups.findGroup(actor, chatId)
    return { customerId: null, groupChatId }
  }

  /** An answer may come late: by then a purchase may have been noted that the message came before. */
  async function traceAfter(
    tx: Tx,
    ended: readonly Pick<EndedSend, 'customerId' | 'outcome'>[],
  ): Promise<void> {
    const reached = ended.filter(({ outcome }) => hasReached(outcome))
    const customerIds = [...new Set(reached.flatMap(({ customerId }) => customerId ?? []))]
    if (customerIds.length > 0) await purchases.trace(tx, customerIds)
  }

  async function get(actor: StaffActor, receiver: Receiver, sendId: string): Promise<Send> {
    const send = await createSendsRepository(db).find(actor, receiver, sendId)
    if (!send) throw new NotFound()
    return send
  }

  async function listOpen(actor: StaffActor, receiver: Receiver): Promise<OpenSends> {
    return { sends: await createSendsRepository(db).listOpen(actor, receiver, clock.now(), OPEN_SHOWN) }
  }

  /**
   * The part that goes out next with what WeCom has of it now, where that can have changed since the start; undefined where
   * nothing has. Before the transaction: WeCom may have to be given the picture again.
   */
  async function freshBody(
    actor: StaffActor,
    receiver: Receiver,
    sendId: string,
    next: number | undefined,
  ): Promise<SendPart | undefined> {
    if (next === undefined) return undefined
    const send = await createSendsRepository(db).find(actor, receiver, sendId)
    const body = send?.parts[next]?.body
    if (body?.kind !== 'image' || body.engravingId === undefined) return undefined
    return engravings.pictureToSend(actor, receiver.customerId, body.engravingId)
  }

  /**
   * Whether a message may leave now. Of one that stopped half-way, because its coupon was given back, the rest is the same intention
   * as long as nobody has turned away: it is not weighed against its own first words, and counted with them.
   * @throws Refusal limit_reached
   */
  async function admit(
    tx: Tx,
    actor: StaffActor,
    receiver: Receiver,
    approach: Omit<Approach, 'to'>,
    same: { reminderId: string | null; templateId: string | null },
  ): Promise<Admission> {
    const since = new Date(clock.now().getTime() - SILENCE_SECONDS * 1000)
    const half = await createSendsRepository(tx).findHalf(actor, receiver, same, since)
    if (!half) return restraint.admit(tx, actor, { to: receiver, ...approach })
    const { channel, reasonClass, confirmed } = approach
    const { sendId, reasonClass: reasonBefore } = half
    return restraint.admitGoingOn(tx, actor, {
      to: receiver,
      channel,
      sendId,
      reasonBefore,
      reasonClass,
      confirmed,
    })
  }

  async function start(
    actor: StaffActor,
    receiver: Receiver,
    draft: SendDraft,
    intent: Intent | undefined,
  ): Promise<Send> {
    assertFilled(draft.parts)
    // Before the transaction: WeCom may have to be given the picture (again).
    const picture =
      draft.engravingId === undefined || (await isRemembered(db, actor, intent))
        ? []
        : [await engravings.pictureToSend(actor, receiver.customerId, draft.engravingId)]
    const { sendId } = await once(db, actor, intent, clock.now(), async tx => {
      await assertScript(tx, actor, draft.script)
      await assertReminder(tx, actor, draft.reminderId, receiver.customerId)
      const parts = await withMedia(tx, actor, draft.parts)
      const started = randomUUID()
      const repository = createSendsRepository(tx)
      const scriptId = draft.script?.scriptId ?? null
      await repository.giveUpEarlier(actor, receiver, { scriptId, title: draft.title }, clock.now())
      const { reasonClass, confirmed, reminderId } = draft
      const approach = { channel: channelTo(receiver), scriptId, reasonClass, confirmed } as const
      const admission = await admit(tx, actor, receiver, approach, { reminderId, templateId: null })
      await repository.insert(actor, {
        ...draft,
        engravingId: draft.engravingId ?? null,
        parts: [...picture, ...parts],
        sendId: started,
        receiver,
        couponId: null,
        client: draft.client ?? null,
        startedAt: clock.now(),
      })
      await restraint.note(tx, actor, started, admission)
      return { sendId: started }
    })
    return get(actor, receiver, sendId)
  }

  async function finish(
    actor: StaffActor,
    receiver: Receiver,
    sendId: string,
    told: PartResults,
    intent: Intent | undefined,
  ): Promise<Send> {
    const body = (await isRemembered(db, actor, intent))
      ? undefined
      : await freshBody(actor, receiver, sendId, told.next)
    await once(db, actor, intent, clock.now(), async tx => {
      const repository = createSendsRepository(tx)
      const send = await repository.lock(actor, receiver, sendId)
      if (!send) throw new NotFound()
      // A coupon's send ends with the coupon: confirmed, released or past its deadline.
      if (send.isOfCoupon) throw new Conflict('state_conflict')
      const known = await repository.listParts(sendId)
      assertKnownParts(told.results, known.length)
      const states = statesAfter(known, told)
      await repository.answerParts(sendId, states.results, clock.now())
      if (told.next !== undefined) {
        assertMayLeave(states.parts, send, told, clock.now())
        await restraint.admitRest(tx, actor, {
          to: receiver,
          channel: channelTo(receiver),
          sendId,
          reasonBefore: send.reasonClass,
          reasonClass: told.reasonClass,
          confirmed: told.confirmed,
          isSameMoment: isCounted(send.outcome) && millisSince(send.lastHandedAt) <= SILENCE_SECONDS * 1000,
        })
        const part = known[told.next]
        if (part)
          await repository.handOver(
            sendId,
            {
              index: told.next,
              body: body ?? (await withFreshMedia(tx, actor, part.body)),
              attempt: told.attempt ?? null,
            },
            clock.now(),
          )
        states.parts[told.next] = 'leaving'
      }
      await settle(tx, actor, receiver, sendId, send, states.parts, told.stop === true)
      return { sendId }
    })
    return get(actor, receiver, sendId)
  }

  /** Writes down how a send stands by its parts, and what follows from it: its line, traces, the reminder. */
  async function settle(
    tx: Tx,
    actor: StaffActor,
    receiver: Receiver,
    sendId: string,
    send: LockedSend,
    parts: PartState[],
    stop: boolean,
  ): Promise<void> {
    const outcome = sendOutcome(parts)
    const isOver = stop || send.isStopped || isAnswered(parts)
    const now = clock.now()
    await createSendsRepository(tx).settle(sendId, {
      outcome,
      finishedAt: isOver ? now : null,
      stoppedAt: stop ? now : null,
    })
    if (outcome === null) return
    const { corpId, staffId } = actor
    const { startedAt, title, reminderId } = send
    await customers.recordTouches(
      tx,
      traceOf({ ...receiver, sendId, startedAt, corpId, staffId, title, outcome, parts }),
    )
    if (hasReached(outcome) && !hasReached(send.outcome)) await traceAfter(tx, [{ ...receiver, outcome }])
    // Who gives up the rest has said what she wanted to say.
    const isSaid = outcome === 'ok' || (outcome === 'partial' && stop)
    if (isSaid && reminderId) await reminders.markSent(tx, actor, reminderId)
  }

  return {
    /** Whether a coupon may leave for a customer, with words or without. @throws Refusal limit_reached */
    admitCoupon(
      tx: Tx,
      actor: StaffActor,
      customerId: number,
      {
        templateId,
        reminderId,
        ...approach
      }: Omit<Approach, 'to' | 'channel'> & { templateId: string; reminderId: string | null },
    ): Promise<Admission> {
      const receiver = { customerId, groupChatId: null }
      return admit(
        tx,
        actor,
        receiver,
        { ...approach, channel: 'coupon' },
        {
          reminderId,
          templateId,
        },
      )
    },

    /**
     * Notes the final words before the client sends them; the picture of an engraving goes first.
     * @throws NotFound for a customer the member does not follow; Invalid when a variable is left in a text, or when the script,
     *   the reminder or the engraving is not hers to use; Upstream when WeCom does not take the picture;
     *   Refusal limit_reached when she is not to be written to now.
     */
    async start(
      actor: StaffActor,
      externalUserId: string,
      draft: SendDraft,
      intent: Intent | undefined,
    ): Promise<Send> {
      return start(actor, await customer(actor, externalUserId), draft, intent)
    },

    /**
     * Notes how parts ended, and which one is about to be given to the client; may be repeated and may come in pieces. A part
     * that has arrived never changes; one that has not may still arrive (sent again, or an answer after the silence). Line,
     * traces and reminder follow in the same transaction. The answer carries the part that goes out as WeCom takes it now.
     * @throws NotFound for a send of somebody else or to somebody else; Conflict when the next part is not this one, when the
     *   rest was given up or began too long ago, or when nobody knows whether it stands in the chat already and `again` is not
     *   said; Refusal limit_reached when the next part is not to leave now.
     */
    async finish(
      actor: StaffActor,
      externalUserId: string,
      sendId: string,
      results: PartResults,
      intent: Intent | undefined,
    ): Promise<Send> {
      return finish(actor, await customer(actor, externalUserId), sendId, results, intent)
    },

    /** Her own to this customer that can be continued. @throws NotFound */
    async listOpen(actor: StaffActor, externalUserId: string): Promise<OpenSends> {
      return listOpen(actor, await customer(actor, externalUserId))
    },

    /**
     * What was sent to a customer in scope, by whomever of us, in the words that went out. They name whom they like: that her children's
     * were read is recorded (P28).
     * @throws NotFound also where the words may be about a child who is not the member's to see
     */
    async get(actor: StaffActor, externalUserId: string, sendId: string): Promise<Send> {
      return db.transaction(async tx => {
        const follow = await customers.findFollow(tx, actor, externalUserId)
        const today = clock.today(timeZone)
        const found = await createSendsRepository(tx).findSent(actor, follow, sendId, today)
        if (!found) throw new NotFound()
        await customers.recordMinorReads(tx, actor, found.minors)
        return found.send
      })
    },

    /** As `start`, to a customer group the member is in. */
    async startInGroup(
      actor: StaffActor,
      chatId: string,
      draft: SendDraft,
      intent: Intent | undefined,
    ): Promise<Send> {
      return start(actor, await group(actor, chatId), draft, intent)
    },

    /** As `finish`, for a group. */
    async finishInGroup(
      actor: StaffActor,
      chatId: string,
      sendId: string,
      results: PartResults,
      intent: Intent | undefined,
    ): Promise<Send> {
      return finish(actor, await group(actor, chatId), sendId, results, intent)
    },

    /** As `listOpen`, for a group. */
    async listOpenInGroup(actor: StaffActor, chatId: string): Promise<OpenSends> {
      return listOpen(actor, await group(actor, chatId))
    },

    /**
     * Ends every send whose client has been silent for `SILENCE_SECONDS`.
     * @returns how many
     */
    async endSilent(signal?: AbortSignal): Promise<number> {
      let total = 0
      for (;;) {
        const now = clock.now()
        const before = new Date(now.getTime() - SILENCE_SECONDS * 1000)
        const count = await db.transaction(async tx => {
          const ended = await createSendsRepository(tx).endSilent(before, now, SILENT_BATCH)
          await customers.recordTouches(tx, ended.flatMap(traceOf))
          await traceAfter(tx, ended)
          return ended.length
        })
        total += count
        if (count < SILENT_BATCH || signal?.aborted) return total
      }
    },

    /**
     * The send of a coupon's card, with the words before it, within the reservation's transaction.
     * @returns its id
     * @throws Invalid as `start`
     */
    async startForCoupon(tx: Tx, actor: StaffActor, coupon: CouponSend): Promise<string> {
      const { message, customerId } = coupon
      const receiver = { customerId, groupChatId: null }
      if (message) {
        assertFilled(message.parts)
        await assertScript(tx, actor, message.script)
        const earlier = { scriptId: message.script?.scriptId ?? null, title: message.title }
        await createSendsRepository(tx).giveUpEarlier(actor, receiver, earlier, clock.now())
      }
      await assertReminder(tx, actor, coupon.reminderId, customerId)
      const words = message ? await withMedia(tx, actor, message.parts) : []
      const sendId = randomUUID()
      await createSendsRepository(tx).insert(actor, {
        sendId,
        receiver,
        title: message?.title ?? coupon.title,
        parts: [...words, coupon.card],
        script: message?.script ?? null,
        reminderId: coupon.reminderId,
        couponId: coupon.couponId,
        engravingId: null,
        client: null,
        startedAt: clock.now(),
      })
      return sendId
    },

    /** The words before a coupon's card, as they go out. @throws NotFound */
    async wordsOfCoupon(actor: StaffActor, customerId: number, sendId: string): Promise<SendPart[]> {
      const { parts } = await get(actor, { customerId, groupChatId: null }, sendId)
      return parts.slice(0, -1).map(({ body }) => body)
    },

    /** The send of a group's link of coupons, within the reservation's transaction. @returns its id */
    async startForShare(
      tx: Tx,
      actor: StaffActor,
      share: { groupChatId: number; shareId: string; title: string; card: CouponSend['card'] },
    ): Promise<string> {
      const sendId = randomUUID()
      await createSendsRepository(tx).insert(actor, {
        sendId,
        receiver: { customerId: null, groupChatId: share.groupChatId },
        title: share.title,
        parts: [share.card],
        script: null,
        reminderId: null,
        couponId: null,
        shareId: share.shareId,
        engravingId: null,
        client: null,
        startedAt: clock.now(),
      })
      return sendId
    },

    /** Ends the sends of links of groups with them. */
    async endForShares(
      tx: Tx,
      shareIds: readonly string[],
      outcome: PartOutcome,
      reason: string | null,
    ): Promise<void> {
      if (shareIds.length === 0) return
      await createSendsRepository(tx).endOfCoupons({ shareIds }, outcome, reason, clock.now())
    },

    /**
     * Ends the sends of coupons with their coupons. The timeline tells of the coupon by itself, and here of the words before it.
     * @param words how they ended, where that differs from the card
     */
    async endForCoupons(
      tx: Tx,
      couponIds: readonly string[],
      outcome: PartOutcome,
      reason: string | null,
      words: readonly PartOutcome[] = [],
    ): Promise<void> {
      const repository = createSendsRepository(tx)
      const ended = await repository.endOfCoupons({ couponIds }, outcome, reason, clock.now(), words)
      await customers.recordTouches(
        tx,
        ended.filter(({ parts }) => parts.length > 1).flatMap(send => traceOf(wordsOf(send))),
      )
      await traceAfter(tx, ended)
      for (const send of ended) {
        const isSaid = send.outcome === 'ok' || (send.parts.length > 1 && wordsOf(send).outcome === 'ok')
        if (isSaid && send.reminderId) await reminders.markSent(tx, send, send.reminderId)
      }
    },
  }
}

/** A coupon's send without its card. */
function wordsOf(send: EndedSend): EndedSend {
  const parts = send.parts.slice(0, -1)
  return { ...send, parts, outcome: sendOutcome(parts) ?? send.outcome }
}

const channelTo = ({ customerId }: Receiver) => (customerId === null ? 'group' : 'private')

/** Whether it stands in the budget: what neither left nor may have has given back its place. */
const isCounted = (outcome: SendOutcome | null) => outcome !== 'cancelled' && outcome !== 'failed'

const hasReached = (outcome: SendOutcome | null) => outcome === 'ok' || outcome === 'partial'

/**
 * The line of the timeline, as the member's; it follows the send, and stands at its beginning whenever it is told of. A group has
 * none of its own.
 */
function traceOf(send: Omit<EndedSend, 'reminderId' | 'couponId'>): (NewTouch & { corpId: number })[] {
  const { sendId, startedAt: at, corpId, staffId, customerId, title, outcome, parts } = send
  if (customerId === null) return []
  const detail = partsText(parts) ?? null
  return [
    { corpId, customerId, kind: 'send', by: 'staff', staffId, what: title, detail, outcome, sendId, at },
  ]
}
