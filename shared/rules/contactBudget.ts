import { civilDayOf, daysBetween, nearDayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

/** `open` full green dot · `slow` half amber dot · `stop` red ring, which locks the send. */
export type ContactLevel = 'open' | 'slow' | 'stop'

export const CONTACT_LEVEL_WORDS = {
  open: '可以写',
  slow: '缓一缓',
  stop: '先别写',
} as const satisfies Record<ContactLevel, string>

/** `soft` advises, `hard` locks. */
export type ContactRuleHardness = 'soft' | 'hard'

/** How often we may write of our own accord: at most `maxCount` times in `periodDays` days. */
export interface ContactRule {
  maxCount: number
  periodDays: number
  hardness: ContactRuleHardness
}

export interface ContactFacts {
  /** Last message by anyone of us, milliseconds since 1970; absent when nobody has written yet. */
  lastContactAt?: number
  /** Name of the colleague who wrote it. */
  lastContactBy?: string
  /** What it was, as a noun: `保养提醒`. */
  lastContactWhat?: string
  /** Whether the last message was the reader's own. */
  isMe: boolean
  /** Messages sent of our own accord, by anyone of us, in the last `rule.periodDays` days. */
  proactiveCountInWindow: number
  rule: ContactRule
  /** The customer asked for peace: first day on which we may write again. */
  quietUntil?: CivilDay
  /** What the customer said when asking for peace: `忙`, shown as `她说忙`. */
  quietReason?: string
  /** How the reasons speak of the customer; `她` when WeCom does not tell. */
  pronoun?: '她' | '他'
  /** Last message by the customer; an answer is not an approach and needs no budget. */
  customerWroteAt?: number
  now: number
  /** IANA name, default `Asia/Shanghai`: the days in the words are the corp's. */
  timeZone?: string
}

export interface ContactBudget {
  level: ContactLevel
  word: (typeof CONTACT_LEVEL_WORDS)[ContactLevel]
  /** One line of why, at most some 20 characters. */
  reason: string
}

/** Within these hours of a customer's message we are in a conversation; words in it are no approach of ours. */
export const CONVERSATION_HOURS = 48
/** A customer who heard from any of us today or yesterday is left in peace, also within the rule. */
export const PEACE_DAYS = 1

const HOUR_MILLIS = 3_600_000
const DEFAULT_TIME_ZONE = 'Asia/Shanghai'

/**
 * May we write to this customer now, and why. The first that applies speaks: the customer's wish for peace, a message of the
 * customer that waits for an answer, the rule, a running conversation, our own fresh message, and else the last contact.
 */
export function contactBudget(facts: ContactFacts): ContactBudget {
  return (
    quietBudget(facts) ??
    answerBudget(facts) ??
    ruleBudget(facts) ??
    conversationBudget(facts) ??
    freshContactBudget(facts) ??
    lastContactBudget(facts)
  )
}

function budget(level: ContactLevel, reason: string): ContactBudget {
  return { level, word: CONTACT_LEVEL_WORDS[level], reason }
}

function dayOf(instantMillis: number, facts: ContactFacts): CivilDay {
  return civilDayOf(instantMillis, facts.timeZone ?? DEFAULT_TIME_ZONE)
}

function daysSince(instantMillis: number, facts: ContactFacts): number {
  return Math.max(0, daysBetween(dayOf(instantMillis, facts), dayOf(facts.now, facts)))
}

/** `今天`, `昨天`, `3 天前` */
function agoText(days: number): string {
  if (days === 0) return '今天'
  return days === 1 ? '昨天' : `${days} 天前`
}

/** Space between 汉字 and a digit, as in all our texts: `周敏昨天`, `周敏 3 天前`. */
function spaced(before: string, after: string): string {
  return /^\d/.test(after) ? `${before} ${after}` : `${before}${after}`
}

function writer(facts: ContactFacts): string {
  return facts.isMe ? '你' : facts.lastContactBy || '同事'
}

function customer(facts: ContactFacts): string {
  return facts.pronoun ?? '她'
}

function quietBudget(facts: ContactFacts): ContactBudget | undefined {
  const today = dayOf(facts.now, facts)
  if (facts.quietUntil === undefined || facts.quietUntil <= today) return undefined
  const wish = facts.quietReason ? `说${facts.quietReason}` : '想清静'
  return budget('stop', `${customer(facts)}${wish}，${nearDayText(facts.quietUntil, today)}前不打扰`)
}

function isInConversation(facts: ContactFacts): boolean {
  const { customerWroteAt, now } = facts
  return customerWroteAt !== undefined && now - customerWroteAt <= CONVERSATION_HOURS * HOUR_MILLIS
}

/** The customer spoke last: whoever answers does not disturb. */
function answerBudget(facts: ContactFacts): ContactBudget | undefined {
  const { customerWroteAt, lastContactAt, now } = facts
  if (customerWroteAt === undefined || !isInConversation(facts)) return undefined
  if (lastContactAt !== undefined && lastContactAt >= customerWroteAt) return undefined
  if (now - customerWroteAt < HOUR_MILLIS) return budget('open', `${customer(facts)}刚发来消息`)
  return budget(
    'open',
    `${spaced(customer(facts), agoText(daysSince(customerWroteAt, facts)))}发来消息，等你回`,
  )
}

function ruleBudget(facts: ContactFacts): ContactBudget | undefined {
  const { rule, proactiveCountInWindow } = facts
  if (proactiveCountInWindow < rule.maxCount) return undefined
  const level = rule.hardness === 'hard' ? 'stop' : 'slow'
  if (rule.maxCount <= 0) return budget(level, `约好不主动打扰，等${customer(facts)}先开口`)
  if (level === 'stop') return budget('stop', `${countText(facts)}，到上限了`)
  if (isFreshContact(facts)) return freshContactBudget(facts)
  return budget('slow', `${countText(facts)}，有要紧事再写`)
}

/** `周敏 3 天前写过`; from the second message on `30 天里已主动写过 2 次`. */
function countText(facts: ContactFacts): string {
  const { rule, proactiveCountInWindow, lastContactAt } = facts
  if (proactiveCountInWindow === 1 && lastContactAt !== undefined) {
    return `${spaced(writer(facts), agoText(daysSince(lastContactAt, facts)))}写过`
  }
  const period = rule.periodDays === 1 ? '一天里' : `${rule.periodDays} 天里`
  return `${period}已主动写过 ${proactiveCountInWindow} 次`
}

function conversationBudget(facts: ContactFacts): ContactBudget | undefined {
  if (facts.customerWroteAt === undefined || !isInConversation(facts)) return undefined
  const ago = agoText(daysSince(facts.customerWroteAt, facts))
  return budget('open', `正聊着，${spaced(customer(facts), ago)}来过消息`)
}

function isFreshContact(facts: ContactFacts): boolean {
  return facts.lastContactAt !== undefined && daysSince(facts.lastContactAt, facts) <= PEACE_DAYS
}

function freshContactBudget(facts: ContactFacts): ContactBudget | undefined {
  if (facts.lastContactAt === undefined || !isFreshContact(facts)) return undefined
  const ago = agoText(daysSince(facts.lastContactAt, facts))
  return budget('slow', `${writer(facts)}${ago}刚写过，有要紧事再写`)
}

function lastContactBudget(facts: ContactFacts): ContactBudget {
  if (facts.lastContactAt === undefined) return budget('open', `还没给${customer(facts)}写过`)
  const what = facts.lastContactWhat ? `的${facts.lastContactWhat}` : '写的'
  return budget('open', `上次联系 ${agoText(daysSince(facts.lastContactAt, facts))}，${writer(facts)}${what}`)
}
