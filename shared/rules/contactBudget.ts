import { addDays, civilDayOf, daysBetween, nearDayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'
import { spaced } from './spaced.ts'
import { isQuiet, timeOfDayOf, type TimeOfDay } from './noticeTime.ts'

/** `open` full green dot · `slow` half amber dot · `stop` red ring, which locks the send. */
export type ContactLevel = 'open' | 'slow' | 'stop'

export const CONTACT_LEVEL_WORDS = {
  open: '可以写',
  slow: '缓一缓',
  stop: '先别写',
} as const satisfies Record<ContactLevel, string>

/** Where a message goes: a customer's chat, a coupon into it, a customer group, to many at once. */
export type ContactChannel = 'private' | 'coupon' | 'group' | 'mass'
/** Over whom a rule counts: all of the corp's messages, those of the sender's store, those to one customer, those into one group. */
export type ContactScope = 'corp' | 'store' | 'customer' | 'group'
/** `soft` asks once, `hard` locks. */
export type ContactHardness = 'soft' | 'hard'
/** What is no approach of ours: the piece is there, something about a piece sold, an answer to what the customer wrote. */
export type ReasonClass = 'orderReady' | 'afterSales' | 'answer'

/** A row of how often we may write, with how often we have. */
export interface CountedRule {
  scope: ContactScope
  channel: ContactChannel
  /** Civil days in the corp's zone, today included: 1 is today, 7 today and the six days before. */
  periodDays: number
  maxCount: number
  hardness: ContactHardness
  /** Reasons for which it does not hold. */
  bypass: readonly ReasonClass[]
  /** Messages that count, by anyone of us, in these days. */
  used: number
  /** The day on which the next one is free again; null while the rule is not used up, or when nobody knows. */
  freeOn: CivilDay | null
}

/** Hours in which nobody is written to, across midnight where `until` is the earlier. */
export interface QuietHours {
  from: TimeOfDay
  until: TimeOfDay
  hardness: ContactHardness
  bypass: readonly ReasonClass[]
}

/** `less` 少打扰, one message in `LESS_RULE.periodDays` days · `none` 勿扰. */
export type QuietLevel = 'less' | 'none'

/** The customer's own wish; it holds for all who serve her. */
export interface QuietWish {
  level: QuietLevel
  /** First day on which it no longer holds. */
  until: CivilDay
  /** What the customer said: `忙`, shown as `她说忙`. */
  reason: string | null
}

/** The last day on which a wish holds: `until` is the first on which it does not. */
export const lastQuietDay = ({ until }: Pick<QuietWish, 'until'>): CivilDay => addDays(until, -1)

/** What 少打扰 comes to, as a row. It is the stricter half of the house rule: at most one message in thirty days. */
export const LESS_RULE = {
  periodDays: 30,
  maxCount: 1,
  hardness: 'soft',
  bypass: ['orderReady', 'afterSales', 'answer'],
} as const

/** What 勿扰 lets through: what the customer is waiting for. */
const SERVED_IN_PEACE: readonly ReasonClass[] = ['orderReady', 'afterSales', 'answer']

export interface ContactFacts<Rule extends CountedRule = CountedRule> {
  /** Last message by anyone of us, milliseconds since 1970; absent when nobody has written yet. */
  lastContactAt?: number
  /** Name of the colleague who wrote it. */
  lastContactBy?: string
  /** What it was, as a noun: `保养提醒`. */
  lastContactWhat?: string
  /** Whether the last message was the reader's own. */
  isMe: boolean
  /** Rows of all channels; those that do not concern the message in question are passed over. */
  rules: readonly Rule[]
  quiet?: QuietWish
  /** 少打扰 as it stands, counted. */
  less?: Pick<CountedRule, 'used' | 'freeOn'>
  quietHours?: QuietHours
  /** How the reasons speak of the customer; `她` when WeCom does not tell. */
  pronoun?: '她' | '他'
  /** Last message by the customer as far as we were told; an answer is not an approach and needs no budget. */
  customerWroteAt?: number
  now: number
  /** IANA name, default `Asia/Shanghai`: the days in the words are the corp's. */
  timeZone?: string
}

/** The message in question. */
export interface ContactAttempt {
  channel?: ContactChannel | undefined
  reasonClass?: ReasonClass | undefined
}

/** What stands against it. */
export type ContactLimit<Rule extends CountedRule = CountedRule> =
  { kind: 'quiet' } | { kind: 'less' } | { kind: 'rule'; rule: Rule } | { kind: 'quietHours' }

export interface ContactBudget<Rule extends CountedRule = CountedRule> {
  level: ContactLevel
  word: (typeof CONTACT_LEVEL_WORDS)[ContactLevel]
  /** One line of why, at most some 20 characters. */
  reason: string
  /** The day from which it no longer stands against it; absent when open, or when no day ends it. */
  endsOn?: CivilDay
  limit?: ContactLimit<Rule>
  /** Reasons that would let it through. */
  bypass: readonly ReasonClass[]
}

/** Within these hours of a customer's message we are in a conversation; words in it are no approach of ours. */
export const CONVERSATION_HOURS = 48
const HOUR_MILLIS = 3_600_000
const DEFAULT_TIME_ZONE = 'Asia/Shanghai'

/** A coupon and a mass message arrive in the customer's chat like any other: rows about that count and bind them too. */
const channelsOf: Record<ContactChannel, readonly ContactChannel[]> = {
  private: ['private'],
  coupon: ['private', 'coupon'],
  group: ['group'],
  mass: ['private', 'mass'],
}

interface Standing<Rule extends CountedRule> {
  limit: ContactLimit<Rule>
  hardness: ContactHardness
  reason: string
  bypass: readonly ReasonClass[]
  endsOn?: CivilDay
}

/**
 * May we write now, and why. Everything that stands against it is weighed; of what does, the hardest speaks, of those the
 * customer's own wish before the rows, the row that holds longest before others, and the hour last.
 */
export function contactBudget<Rule extends CountedRule>(
  facts: ContactFacts<Rule>,
  attempt: ContactAttempt = {},
): ContactBudget<Rule> {
  const channel = attempt.channel ?? 'private'
  const standing = [
    ...quietStanding(facts, channel, attempt.reasonClass),
    ...unlessBypassed(
      [...lessStanding(facts, channel), ...ruleStandings(facts, channel), ...hourStanding(facts, channel)],
      [attempt.reasonClass, channel !== 'group' && isInConversation(facts) ? 'answer' : undefined],
    ),
  ]
  const first = standing.find(({ hardness }) => hardness === 'hard') ?? standing[0]
  if (!first) return { ...budget('open', openReason(facts, channel)), bypass: [] }
  const { hardness, limit, reason, bypass, endsOn } = first
  return {
    ...budget(hardness === 'hard' ? 'stop' : 'slow', reason),
    limit,
    // A reason that only one of several equally hard limits knows would change nothing.
    bypass: bypass.filter(one =>
      standing.every(other => other.hardness !== hardness || other.bypass.includes(one)),
    ),
    ...(endsOn === undefined ? {} : { endsOn }),
  }
}

const budget = (level: ContactLevel, reason: string) => ({ level, word: CONTACT_LEVEL_WORDS[level], reason })

const unlessBypassed = <Rule extends CountedRule>(
  standing: Standing<Rule>[],
  reasons: readonly (ReasonClass | undefined)[],
) => standing.filter(({ bypass }) => !reasons.some(one => one !== undefined && bypass.includes(one)))

const today = (facts: ContactFacts) => dayOf(facts.now, facts)

function dayOf(instantMillis: number, facts: ContactFacts): CivilDay {
  return civilDayOf(instantMillis, facts.timeZone ?? DEFAULT_TIME_ZONE)
}

function daysSince(instantMillis: number, facts: ContactFacts): number {
  return Math.max(0, daysBetween(dayOf(instantMillis, facts), today(facts)))
}

/** `今天`, `昨天`, `3 天前` */
function agoText(days: number): string {
  if (days === 0) return '今天'
  return days === 1 ? '昨天' : `${days} 天前`
}

const writer = (facts: ContactFacts): string => (facts.isMe ? '你' : facts.lastContactBy || '同事')
const customer = (facts: ContactFacts): string => facts.pronoun ?? '她'

function wishText(facts: ContactFacts, otherwise: string): string {
  return `${customer(facts)}${facts.quiet?.reason ? `说${facts.quiet.reason}` : otherwise}`
}

const isWished = (facts: ContactFacts, level: QuietLevel): boolean =>
  facts.quiet?.level === level && facts.quiet.until > today(facts)

/** Her peace ends for what she waits for, when somebody says that it is that; a conversation alone does not end it. */
function quietStanding<Rule extends CountedRule>(
  facts: ContactFacts<Rule>,
  channel: ContactChannel,
  reasonClass: ReasonClass | undefined,
): Standing<Rule>[] {
  const { quiet } = facts
  if (channel === 'group' || !quiet || !isWished(facts, 'none')) return []
  if (reasonClass && SERVED_IN_PEACE.includes(reasonClass)) return []
  const reason = `${wishText(facts, '想清静')}，${nearDayText(quiet.until, today(facts))}前不打扰`
  return [
    { limit: { kind: 'quiet' }, hardness: 'hard', reason, bypass: SERVED_IN_PEACE, endsOn: quiet.until },
  ]
}

function lessStanding<Rule extends CountedRule>(
  facts: ContactFacts<Rule>,
  channel: ContactChannel,
): Standing<Rule>[] {
  const { quiet, less } = facts
  if (channel === 'group' || !quiet || !less || !isWished(facts, 'less')) return []
  if (less.used < LESS_RULE.maxCount) return []
  const freeOn = less.freeOn ?? addDays(today(facts), LESS_RULE.periodDays)
  return [
    {
      limit: { kind: 'less' },
      hardness: LESS_RULE.hardness,
      reason: `${wishText(facts, '想少些打扰')}，${lastText(facts) || '这个月写过了'}`,
      bypass: LESS_RULE.bypass,
      endsOn: freeOn < quiet.until ? freeOn : quiet.until,
    },
  ]
}

function ruleStandings<Rule extends CountedRule>(
  facts: ContactFacts<Rule>,
  channel: ContactChannel,
): Standing<Rule>[] {
  const binding = facts.rules.filter(
    rule => channelsOf[channel].includes(rule.channel) && rule.used >= rule.maxCount,
  )
  // No end is the latest end.
  const endOf = ({ freeOn, maxCount }: CountedRule) => (maxCount === 0 ? '9999' : (freeOn ?? ''))
  return binding
    .sort((one, other) => (endOf(one) > endOf(other) ? -1 : endOf(one) < endOf(other) ? 1 : 0))
    .map(rule => ({
      limit: { kind: 'rule', rule },
      hardness: rule.hardness,
      reason: ruleReason(rule, facts),
      bypass: rule.bypass,
      ...(rule.freeOn === null || rule.maxCount === 0 ? {} : { endsOn: rule.freeOn }),
    }))
}

function ruleReason(rule: CountedRule, facts: ContactFacts): string {
  if (rule.maxCount === 0)
    return rule.scope === 'customer' ? `约好不主动打扰，等${customer(facts)}先开口` : '约好这样的不主动发'
  const isFresh = facts.lastContactAt !== undefined && daysSince(facts.lastContactAt, facts) <= 1
  const isChat = rule.scope === 'customer' && rule.channel === 'private'
  if (isChat && isFresh && rule.hardness === 'soft') return `${lastText(facts, '刚')}，有要紧事再写`
  const soFar = (isChat && rule.used === 1 && lastText(facts)) || countText(rule)
  if (rule.hardness === 'hard') return `${soFar}，到上限了`
  return `${soFar}，${rule.channel === 'group' ? '有要紧事再发' : rule.scope === 'customer' ? '有要紧事再写' : '先缓一缓'}`
}

/** `周敏 3 天前写过`; empty when nobody has. */
function lastText(facts: ContactFacts, freshly = ''): string {
  const { lastContactAt } = facts
  if (lastContactAt === undefined) return ''
  return `${spaced(writer(facts), agoText(daysSince(lastContactAt, facts)))}${freshly}写过`
}

const whose: Record<ContactScope, string> = { corp: '全公司', store: '本店', customer: '', group: '群里' }
const doneWords: Record<ContactChannel, string> = {
  private: '主动写过',
  coupon: '送过券',
  group: '发过',
  mass: '群发过',
}

/** `30 天里已主动写过 2 次`, `全公司今天已送过券 200 次` */
function countText({ scope, channel, periodDays, used }: CountedRule): string {
  const period = periodDays === 1 ? '今天' : `${periodDays} 天里`
  const who = whose[scope]
  return `${who ? spaced(who, period) : period}已${doneWords[channel]} ${used} 次`
}

function hourStanding<Rule extends CountedRule>(
  facts: ContactFacts<Rule>,
  channel: ContactChannel,
): Standing<Rule>[] {
  const { quietHours, now } = facts
  if (!quietHours) return []
  const { from, until, hardness, bypass } = quietHours
  const time = timeOfDayOf(now, facts.timeZone ?? DEFAULT_TIME_ZONE)
  if (!isQuiet(time, { quietFrom: from, quietUntil: until })) return []
  const endsOn = time < until ? today(facts) : addDays(today(facts), 1)
  const reason = `安静时段不打扰，${time < until ? '今天' : '明天'} ${until} 起可以再${verbOf(channel)}`
  return [{ limit: { kind: 'quietHours' }, hardness, reason, bypass, endsOn }]
}

/** Whether the customer wrote within `CONVERSATION_HOURS`. */
export function isInConversation(facts: ContactFacts): boolean {
  const { customerWroteAt, now } = facts
  return customerWroteAt !== undefined && now - customerWroteAt <= CONVERSATION_HOURS * HOUR_MILLIS
}

function openReason(facts: ContactFacts, channel: ContactChannel): string {
  if (channel === 'group') return groupReason(facts)
  const { customerWroteAt, lastContactAt, now } = facts
  if (customerWroteAt !== undefined && isInConversation(facts)) {
    const wrote = spaced(customer(facts), agoText(daysSince(customerWroteAt, facts)))
    if (lastContactAt !== undefined && lastContactAt >= customerWroteAt) return `正聊着，${wrote}来过消息`
    if (now - customerWroteAt < HOUR_MILLIS) return `${customer(facts)}刚发来消息`
    return `${wrote}发来消息，等你回`
  }
  if (lastContactAt === undefined) return `还没给${customer(facts)}写过`
  return `上次联系 ${lastDayText(lastContactAt, facts)} · ${lastWhatText(facts, '写的')}`
}

/** A group is nobody's: neither she nor he, and nothing of its members. */
function groupReason(facts: ContactFacts): string {
  const { lastContactAt } = facts
  if (lastContactAt === undefined) return '群里还没发过'
  return `群里上次发 ${lastDayText(lastContactAt, facts)} · ${lastWhatText(facts, '发的')}`
}

/** `今天`, `昨天`, `11月18日` */
function lastDayText(instantMillis: number, facts: ContactFacts): string {
  return daysSince(instantMillis, facts) <= 1
    ? agoText(daysSince(instantMillis, facts))
    : nearDayText(dayOf(instantMillis, facts), today(facts))
}

/** `长辈生日` of the reader's own, `周敏发的长辈生日` of a colleague's: `你的长辈生日` would be somebody's birthday. */
function lastWhatText(facts: ContactFacts, otherwise: string): string {
  const { lastContactWhat, isMe } = facts
  if (!lastContactWhat) return `${writer(facts)}${otherwise}`
  return isMe ? lastContactWhat : `${writer(facts)}发的${lastContactWhat}`
}

/** One writes to a person and posts into a group. */
const verbOf = (channel: ContactChannel): string => (channel === 'group' ? '发' : '写')

/** Why, and from when it may be written again: `周敏昨天刚写过，有要紧事再写，11月28日起可以再写`. The end is named once. */
export function budgetText(budget: ContactBudget, day: CivilDay): string {
  const { reason, endsOn, limit } = budget
  if (endsOn === undefined || limit?.kind === 'quiet' || limit?.kind === 'quietHours') return reason
  const dayText = endsOn === day ? '今天' : endsOn === addDays(day, 1) ? '明天' : nearDayText(endsOn, day)
  return `${reason}，${dayText}起可以再${verbOf(limit?.kind === 'rule' ? limit.rule.channel : 'private')}`
}
