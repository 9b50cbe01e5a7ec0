import type {
  ContactRules,
  ContactRulesDraft,
  Quiet,
  QuietState,
} from '../../../shared/contract/contactRules.ts'
import { addDays, nearDayText } from '../../../shared/rules/civilDay.ts'
import {
  budgetText,
  contactBudget,
  isInConversation,
  lastQuietDay,
  type ContactBudget,
  type ContactChannel,
  type ContactFacts,
  type ReasonClass,
} from '../../../shared/rules/contactBudget.ts'
import {
  CHANNEL_WORDS,
  CHANNELS_OF,
  REASON_WORDS,
  ruleSentence,
  SCOPE_WORDS,
} from '../../../shared/rules/contactRuleWords.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Forbidden, Invalid, Refusal, VersionConflict } from '../../errors.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { CustomersService } from '../customers/customers.service.ts'
import {
  createRestraintRepository,
  type Admission,
  type NumberedRule,
  type Recipient,
} from './restraint.repository.ts'

export type { Admission, Recipient } from './restraint.repository.ts'

/** So far ahead a wish may reach; after that she is asked again. */
const MAX_QUIET_DAYS = 731

const channelsRead: Record<ContactChannel, readonly ContactChannel[]> = {
  private: ['private'],
  coupon: ['private', 'coupon'],
  group: ['group'],
  mass: ['private', 'mass'],
}

interface Deps {
  db: Db
  clock: Clock
  customers: Pick<CustomersService, 'findFollow' | 'recordTouch'>
  timeZone: string
}

/** A message that wants to leave. */
export interface Approach {
  to: Recipient
  channel: ContactChannel
  /** Its occasion may say why it is written. */
  scriptId: string | null
  reasonClass: ReasonClass | undefined
  /** The guide was asked and wants it all the same. */
  confirmed: boolean | undefined
}

/** What is left of a message that was let through when it began, and wants to leave now. */
export interface Rest extends Moment {
  /** Part follows part: still the one message that was let through. */
  isSameMoment: boolean
}

/** As `Rest`, where part follows part. */
export interface Moment {
  to: Recipient
  channel: ContactChannel
  sendId: string
  /** What the message was let through for. */
  reasonBefore: ReasonClass | null
  /** What the guide says now. */
  reasonClass: ReasonClass | undefined
  confirmed: boolean | undefined
}

export function createRestraintService({ db, clock, customers, timeZone }: Deps) {
  function limitOf(budget: ContactBudget<NumberedRule>): string {
    const { limit } = budget
    if (limit?.kind === 'rule') return ruleSentence(limit.rule)
    return budget.reason
  }

  /** @throws Refusal limit_reached for a hard limit, and for a soft one that nobody has confirmed */
  function assertOpen(budget: ContactBudget<NumberedRule>, confirmed: boolean | undefined): void {
    if (budget.level === 'open' || (budget.level === 'slow' && confirmed)) return
    throw new Refusal('limit_reached', {
      detail: budgetText(budget, clock.today(timeZone)),
      limit: {
        hardness: budget.level === 'stop' ? 'hard' : 'soft',
        endsOn: budget.endsOn ?? null,
        bypass: [...budget.bypass],
      },
    })
  }

  /** A reason that lets a message through is told in the timeline, also where something softer was left, which she confirmed. */
  async function admitted(
    tx: Tx,
    actor: StaffActor,
    to: Recipient,
    { plain, budget, reasonClass, isAnswer }: Weighed,
  ): Promise<Admission> {
    const liftedBy = budget.level === 'slow' ? 'confirmed' : plain.level === 'open' ? null : 'reason'
    const { limit } = budget.level === 'slow' ? budget : plain
    if (reasonClass && budget.level !== plain.level && to.customerId !== null)
      await customers.recordTouch(tx, actor, {
        customerId: to.customerId,
        kind: 'limitLifted',
        by: 'staff',
        staffId: actor.staffId,
        what: REASON_WORDS[reasonClass],
        detail: limitOf(plain),
      })
    return {
      reasonClass: reasonClass ?? null,
      isAnswer: to.customerId !== null && isAnswer,
      liftedBy,
      ruleId: liftedBy !== null && limit?.kind === 'rule' ? limit.rule.ruleId : null,
    }
  }

  /**
   * The rest of a message in the same moment: only the customer's wish to be left in peace stops it, which may have been noted since.
   * @returns how it got past her wish; undefined where there is none, or it was let through for that reason before
   */
  async function weighWish(
    tx: Tx,
    actor: StaffActor,
    { to, channel, sendId, reasonBefore, reasonClass: reasonNow, confirmed }: Moment,
  ): Promise<Admission | undefined> {
    const repository = createRestraintRepository(tx)
    const facts = await repository.readFacts(actor, to, channelsRead[channel], corpDay(), sendId)
    const wish = { ...wishOnly(facts), rules: [] }
    const plain = contactBudget(wish, { channel, reasonClass: reasonBefore ?? undefined })
    const reasonClass = reasonNow ?? reasonBefore ?? undefined
    const budget = contactBudget(wish, { channel, reasonClass })
    assertOpen(budget, confirmed)
    if (plain.level === 'open') return undefined
    return admitted(tx, actor, to, { plain, budget, reasonClass, isAnswer: true })
  }

  const corpDay = () => ({ now: clock.now(), today: clock.today(timeZone), timeZone })

  return {
    /**
     * Whether a message may leave now. Holds all others to the same customer or group back until the transaction ends, so that
     * of two guides on two servers only one takes the last allowance; rows and counts are read after that, never remembered.
     * A reason that lets it through is told in the timeline.
     * @throws Refusal limit_reached with what stands against it: hard, or soft and nobody has confirmed it
     */
    async admit(tx: Tx, actor: StaffActor, approach: Approach): Promise<Admission> {
      const { to, channel, scriptId, confirmed } = approach
      const repository = createRestraintRepository(tx)
      await repository.lock(actor, to)
      const facts = await repository.readFacts(actor, to, channelsRead[channel], corpDay())
      const reasonClass =
        approach.reasonClass ??
        (scriptId === null ? undefined : await repository.reasonOfScript(actor, scriptId))
      const plain = contactBudget(facts, { channel })
      const budget = contactBudget(facts, { channel, reasonClass })
      assertOpen(budget, confirmed)
      const isAnswer = reasonClass === 'answer' || isInConversation(facts)
      return admitted(tx, actor, to, { plain, budget, reasonClass, isAnswer })
    },

    /**
     * Whether the rest of a message may leave now. In the same moment only the customer's wish to be left in peace stops it, which
     * may have been noted since; later it is weighed as a message of its own, its own first parts not counted against it.
     * @throws Refusal limit_reached as `admit`
     */
    async admitRest(tx: Tx, actor: StaffActor, rest: Rest): Promise<void> {
      const { to, channel, sendId, reasonBefore, confirmed, isSameMoment } = rest
      const repository = createRestraintRepository(tx)
      if (isSameMoment) {
        const admission = await weighWish(tx, actor, rest)
        if (admission) await repository.noteRestAdmission(actor, sendId, admission)
        return
      }
      await repository.lock(actor, to)
      const facts = await repository.readFacts(actor, to, channelsRead[channel], corpDay(), sendId)
      // What she said then answers nothing she has said since.
      const reasonClass =
        rest.reasonClass ?? (reasonBefore === 'answer' ? undefined : (reasonBefore ?? undefined))
      const plain = contactBudget(facts, { channel })
      const budget = contactBudget(facts, { channel, reasonClass })
      assertOpen(budget, confirmed)
      const isAnswer = reasonClass === 'answer' || isInConversation(facts)
      const admission = await admitted(tx, actor, to, { plain, budget, reasonClass, isAnswer })
      await repository.noteRestAdmission(actor, sendId, admission)
    },

    /**
     * Whether a new send may leave that says what is left of `sendId`, in the same moment: as `admitRest`. It is counted with that one.
     * @throws Refusal limit_reached as `admit`
     */
    async admitGoingOn(tx: Tx, actor: StaffActor, moment: Moment): Promise<Admission> {
      const before = { reasonClass: moment.reasonBefore, liftedBy: null, ruleId: null }
      return { ...before, ...(await weighWish(tx, actor, moment)), isAnswer: true }
    },

    /** Writes down on the send how it was let through, in the same transaction. */
    async note(tx: Tx, actor: StaffActor, sendId: string, admission: Admission): Promise<void> {
      if (admission.reasonClass === null && !admission.isAnswer && admission.liftedBy === null) return
      await createRestraintRepository(tx).noteAdmission(actor, sendId, admission)
    },

    /** @throws Forbidden for guides; what concerns their customers stands on the card */
    async getRules(actor: StaffActor): Promise<ContactRules> {
      if (actor.role === 'guide') throw new Forbidden()
      return createRestraintRepository(db).readRules(actor.corpId)
    },

    /**
     * The rows hold for everybody as soon as this is answered.
     * @param version the one that was seen
     * @throws Forbidden for all but admins, Invalid naming the row, VersionConflict when somebody changed them since
     */
    async changeRules(actor: StaffActor, draft: ContactRulesDraft, version: number): Promise<ContactRules> {
      if (actor.role !== 'admin') throw new Forbidden()
      assertSound(draft)
      await db.transaction(async tx => {
        const repository = createRestraintRepository(tx)
        if (!(await repository.bumpVersion(actor.corpId, version))) throw new VersionConflict()
        await repository.replaceRules(actor, draft, clock.now())
        const detail = { version: version + 1, rules: draft.rules.length }
        await appendAudit(tx, { actor, at: clock.now(), action: 'contactRulesChanged', detail })
      })
      return createRestraintRepository(db).readRules(actor.corpId)
    },

    /**
     * 少打扰, 勿扰 or neither, for everybody who serves this customer.
     * @param version the one the member saw
     * @throws NotFound for customers out of scope, Invalid for an end that is over or too far, VersionConflict
     */
    async changeQuiet(
      actor: StaffActor,
      externalUserId: string,
      quiet: Quiet | null,
      version: number,
    ): Promise<QuietState> {
      const today = clock.today(timeZone)
      return db.transaction(async tx => {
        const { customerId } = await customers.findFollow(tx, actor, externalUserId)
        if (quiet && quiet.until <= today)
          throw new Invalid([{ path: 'quiet.until', message: '这一天已经过了' }])
        if (quiet && quiet.until > addDays(today, MAX_QUIET_DAYS))
          throw new Invalid([{ path: 'quiet.until', message: '最远两年' }])
        const next = await createRestraintRepository(tx).setQuiet(actor, customerId, quiet, version)
        if (next === undefined) throw new VersionConflict()
        await customers.recordTouch(tx, actor, {
          customerId,
          kind: 'quietChanged',
          by: 'staff',
          staffId: actor.staffId,
          what: quiet
            ? `${quiet.level === 'none' ? '勿扰' : '少打扰'}，到 ${nearDayText(lastQuietDay(quiet), today)}`
            : '可以正常联系',
          detail: quiet?.reason ? `说${quiet.reason}` : null,
        })
        return { quiet, version: next }
      })
    },
  }
}

/** What stands against it without its reason, and with it. */
interface Weighed {
  plain: ContactBudget<NumberedRule>
  budget: ContactBudget<NumberedRule>
  reasonClass: ReasonClass | undefined
  isAnswer: boolean
}

/** Nothing but the customer's own wish to be left in peace. */
function wishOnly({ quiet, now, isMe, pronoun, timeZone: zone }: ContactFacts): Omit<ContactFacts, 'rules'> {
  return {
    now,
    isMe,
    ...(quiet ? { quiet } : {}),
    ...(pronoun ? { pronoun } : {}),
    ...(zone ? { timeZone: zone } : {}),
  }
}

export type RestraintService = ReturnType<typeof createRestraintService>

/** @throws Invalid */
function assertSound({ rules, quietHours }: ContactRulesDraft): void {
  const wrong: { path: string; message: string }[] = []
  const keyOf = ({ scope, channel, periodDays }: ContactRulesDraft['rules'][number]) =>
    `${scope} ${channel} ${periodDays}`
  rules.forEach((rule, place) => {
    if (!CHANNELS_OF[rule.scope].includes(rule.channel))
      wrong.push({
        path: `rules.${place}.channel`,
        message: `${SCOPE_WORDS[rule.scope]}没有${CHANNEL_WORDS[rule.channel]}`,
      })
    if (rules.findIndex(other => keyOf(other) === keyOf(rule)) < place)
      wrong.push({ path: `rules.${place}.periodDays`, message: '同样的范围和天数写了两条' })
  })
  if (quietHours.isOn && quietHours.from === quietHours.until)
    wrong.push({ path: 'quietHours.until', message: '开始和结束是同一个时刻' })
  if (wrong.length > 0) throw new Invalid(wrong)
}
