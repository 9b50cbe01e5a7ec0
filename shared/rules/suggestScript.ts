import type { Occasion, ScriptMoment } from '../contract/scripts.ts'
import { daysBetween, monthDayText, type CivilDay } from './civilDay.ts'
import { momentOf } from './scriptMoment.ts'

/**
 * Which of the scripts that may be used fits this customer best, and why. Every script gets points for what speaks for it and
 * minus points for what speaks against it; the sum decides, then the order of the library. Nothing is left to chance.
 */

/** So many sends before what came of them counts. */
export const WORKED_FLOOR = 20

/** What came of a script, among colleagues of the store or, where those are too few sends, of the whole company. */
export interface Worked {
  within: 'store' | 'company'
  sends: number
  /** followed by an answer, as far as guides have told */
  replies: number
  purchases: number
}

/** A reason to write: a day of this customer, or what she has coming. */
export interface Moment {
  occasions: readonly Occasion[]
  /** what it is called: `妈妈生日` */
  words: string
  /** null for what has no day of its own */
  day: CivilDay | null
  /** a reminder of it is due */
  isDue: boolean
}

/** What the choice follows. */
export interface SuggestFacts {
  today: CivilDay
  moments: readonly Moment[]
  /** since when she is a friend of this guide */
  addedOn: CivilDay | null
  lastPurchaseOn: CivilDay | null
  /** names of her tags */
  tags: readonly string[]
  /** scripts she has had, by whomever, newest first */
  sent: readonly { scriptId: string; on: CivilDay }[]
}

export interface Candidate {
  scriptId: string
  title: string
  occasion: Occasion
  /** when it may be said, seen from the day it speaks of; null for what may be said at any time */
  saidAt: readonly ScriptMoment[] | null
  /** variables that cannot be filled */
  holes: readonly string[]
  /** variables filled with what only this customer has: her sizes, her family */
  own: readonly string[]
  isFavourite: boolean
  effectiveUntil: CivilDay | null
  worked: Worked | null
}

export const scoreKinds = [
  'moment', 'stage', 'worked', 'tag', 'own', 'season', 'favourite', 'sentLately', 'holes', 'offDay',
] as const // prettier-ignore
export type ScoreKind = (typeof scoreKinds)[number]

export interface Suggestion<C extends Candidate = Candidate> {
  candidate: C
  /** what speaks for and against it; what says nothing is left out */
  score: Partial<Record<ScoreKind, number>>
  total: number
  /** what is said of it, in this order; nothing when nothing speaks for it in particular */
  reasons: readonly { kind: ScoreKind; words: string }[]
  /** the reasons in one line */
  why: string
  /** Something of hers asks for these words today. What has worked, a tag or a favourite is no reason to write to anybody. */
  isDue: boolean
}

/** A day further away than this is no reason yet. */
const AHEAD_DAYS = 45
/** Up to here a day is near: it stands before whatever may as well be said next week. */
const NEAR_DAYS = 14
const DUE_POINTS = 200
/** More than what can wait, with all else that can speak for that. */
const NEAR_POINTS = 150
const AHEAD_POINTS = 70
/** For what is due and may be said on any day. */
const CAN_WAIT_POINTS = 60
const NEW_FRIEND_DAYS = 14
const NEW_FRIEND_POINTS = 60
/** Bought so long ago, a customer is one to be won back. */
const LAPSED_DAYS = 365
const STAGE_POINTS = 10
/** When everybody answered; twice as much when everybody bought, too. */
export const WORKED_POINTS = 20
const TAG_POINTS = 8
const OWN_POINTS = 2
const MOST_OWN = 3
const SEASON_POINTS = 5
const SEASON_DAYS = 60
const FAVOURITE_POINTS = 6
const LATELY_DAYS = 30
/** More than all that can speak for it short of a reminder that is due. */
const LATELY_POINTS = -60
const HOLE_POINTS = -40
/** More than all that can speak for it: a wish before its day, or after it, helps nobody. */
const OFF_DAY_POINTS = -1000

interface Said {
  points: number
  words: string
}

const daysWords = (days: number): string => {
  if (days < 0) return days === -1 ? '昨天' : `过了 ${-days} 天`
  if (days === 0) return '今天'
  return days === 1 ? '明天' : `${days} 天后`
}

const isSaid = (saidAt: readonly ScriptMoment[], today: CivilDay, day: CivilDay | null): boolean =>
  day !== null && daysBetween(today, day) <= AHEAD_DAYS && saidAt.includes(momentOf(today, day))

/** What keeps: a piece can be cleaned today or next week, a birthday cannot. */
const canWait: readonly Occasion[] = ['care']

/** Said to who has asked, ordered or brought something; no day of hers makes them true. */
const answers: readonly Occasion[] = ['engraving', 'order', 'afterSales', 'daily']

function momentPoints(occasion: Occasion, { day, isDue }: Moment, days: number): number {
  if (isDue && day === null && canWait.includes(occasion)) return CAN_WAIT_POINTS
  const far = Math.abs(days)
  if (isDue) return DUE_POINTS - Math.min(far, AHEAD_DAYS)
  return far <= NEAR_DAYS ? NEAR_POINTS - far : AHEAD_POINTS - far
}

/**
 * The nearer day counts more; a day that has a due reminder counts more than any other, and a near one more than what can wait.
 * A day that has passed is only due, one that is far away is no reason without a reminder, and a day its words do not fit is none of
 * its own.
 */
function reasonOf({ occasion, saidAt }: Candidate, { moments, today }: SuggestFacts): Said | undefined {
  if (answers.includes(occasion)) return undefined
  let best: Said | undefined
  for (const moment of moments) {
    const { occasions, words, day, isDue } = moment
    if (!occasions.includes(occasion)) continue
    if (saidAt !== null && !isSaid(saidAt, today, day)) continue
    const days = day === null ? 0 : daysBetween(today, day)
    if ((days < 0 || days > AHEAD_DAYS) && !isDue) continue
    const points = momentPoints(occasion, moment, days)
    if (!best || points > best.points)
      best = { points, words: day === null ? words : `${words} ${daysWords(days)}` }
  }
  return best
}

const welcome: readonly Occasion[] = ['newFriend']
const afterBuying: readonly Occasion[] = ['care', 'afterSales']
const winningBack: readonly Occasion[] = ['visit', 'care']

function stageOf({ occasion }: Candidate, facts: SuggestFacts): Said | undefined {
  const { addedOn, lastPurchaseOn, today } = facts
  if (addedOn !== null && welcome.includes(occasion)) {
    const days = daysBetween(addedOn, today)
    if (days >= 0 && days <= NEW_FRIEND_DAYS)
      return { points: NEW_FRIEND_POINTS - days, words: days === 0 ? '今天刚加' : `加了 ${days} 天` }
  }
  if (lastPurchaseOn === null) return undefined
  const since = daysBetween(lastPurchaseOn, today)
  if (since > LAPSED_DAYS)
    return winningBack.includes(occasion) ? { points: STAGE_POINTS, words: '一年多没买过' } : undefined
  return since >= 0 && afterBuying.includes(occasion)
    ? { points: STAGE_POINTS, words: `${monthDayText(lastPurchaseOn)}买过` }
    : undefined
}

/** `8 成`; under one in ten nothing is said. */
const tenths = (part: number, whole: number): number => Math.min(10, Math.round((part / whole) * 10))

function workedOf({ worked }: Candidate): Said | undefined {
  if (!worked || worked.sends < WORKED_FLOOR) return undefined
  const { sends, replies, purchases, within } = worked
  const points = Math.round(((Math.min(replies, sends) + Math.min(purchases, sends)) / sends) * WORKED_POINTS)
  if (points === 0) return undefined
  const where = within === 'store' ? '店里' : '公司里'
  const [answered, bought] = [tenths(replies, sends), tenths(purchases, sends)]
  if (answered > 0) return { points, words: `${where} ${answered} 成有回音` }
  return { points, words: bought > 0 ? `${where} ${bought} 成后来买了` : '' }
}

function tagOf({ title }: Candidate, { tags }: SuggestFacts): Said | undefined {
  const tag = tags.find(name => name.length > 1 && title.includes(name))
  return tag === undefined ? undefined : { points: TAG_POINTS, words: `有「${tag}」标签` }
}

function seasonOf({ effectiveUntil }: Candidate, { today }: SuggestFacts): Said | undefined {
  if (effectiveUntil === null) return undefined
  const days = daysBetween(today, effectiveUntil)
  return days >= 0 && days <= SEASON_DAYS
    ? { points: SEASON_POINTS, words: `用到${monthDayText(effectiveUntil)}` }
    : undefined
}

function sentLatelyOf({ scriptId }: Candidate, { sent, today }: SuggestFacts): Said | undefined {
  const [last] = sent
  if (last?.scriptId === scriptId) return { points: LATELY_POINTS, words: '上次发的就是这条' }
  const before = sent.find(one => one.scriptId === scriptId)
  return before && daysBetween(before.on, today) <= LATELY_DAYS
    ? { points: LATELY_POINTS, words: `${monthDayText(before.on)}发过` }
    : undefined
}

function suggestionOf<C extends Candidate>(candidate: C, facts: SuggestFacts): Suggestion<C> {
  const { own, isFavourite, holes, saidAt } = candidate
  const reason = reasonOf(candidate, facts)
  const said: Partial<Record<ScoreKind, Said | undefined>> = {
    moment: reason,
    stage: stageOf(candidate, facts),
    worked: workedOf(candidate),
    tag: tagOf(candidate, facts),
    own:
      own.length > 0
        ? { points: OWN_POINTS * Math.min(own.length, MOST_OWN), words: `用上${own[0]}` }
        : undefined,
    season: seasonOf(candidate, facts),
    favourite: isFavourite ? { points: FAVOURITE_POINTS, words: '你收藏的' } : undefined,
    sentLately: sentLatelyOf(candidate, facts),
    holes: holes.length > 0 ? { points: HOLE_POINTS, words: `还差${holes.join('、')}` } : undefined,
    offDay: saidAt !== null && !reason ? { points: OFF_DAY_POINTS, words: '今天说不合适' } : undefined,
  }
  const score: Suggestion['score'] = {}
  let total = 0
  const reasons: { kind: ScoreKind; words: string }[] = []
  for (const kind of scoreKinds) {
    const one = said[kind]
    if (!one) continue
    score[kind] = one.points
    total += one.points
    if (one.words !== '') reasons.push({ kind, words: one.words })
  }
  // The two strongest reasons make a line; what speaks against it is never left unsaid.
  const isAgainst = ({ kind }: { kind: ScoreKind }) => against.includes(kind)
  const line = [...reasons.filter(one => !isAgainst(one)).slice(0, 2), ...reasons.filter(isAgainst)]
  const isDue = reason !== undefined || (said.stage !== undefined && welcome.includes(candidate.occasion))
  return { candidate, score, total, reasons: line, why: whyText(line), isDue }
}

const against: readonly ScoreKind[] = ['sentLately', 'holes', 'offDay']

/** `妈妈生日 12 天后 · 店里 8 成有回音`, without what is said elsewhere. */
export const whyText = (reasons: Suggestion['reasons'], besides: readonly ScoreKind[] = []): string =>
  reasons
    .filter(({ kind }) => !besides.includes(kind))
    .map(({ words }) => words)
    .join(' · ')

/**
 * Which may stand first: nothing is missing, it is not what she had last time, and there is a reason for it, if there is for any of
 * them. What is not for today gives way even to what she had last.
 */
function standsFirst<C extends Candidate>(
  all: readonly Suggestion<C>[],
  last: string | undefined,
): Suggestion<C> | undefined {
  const isNew = (one: Suggestion<C>) => one.candidate.scriptId !== last
  const hasReason = all.some(({ isDue }) => isDue)
  const fits = (one: Suggestion<C>) => one.candidate.holes.length === 0 && (!hasReason || one.isDue)
  const isForToday = ({ score }: Suggestion<C>) => score.offDay === undefined
  return (
    all.find(one => isNew(one) && isForToday(one) && fits(one)) ??
    all.find(one => isNew(one) && isForToday(one)) ??
    all.find(isForToday) ??
    all.find(isNew)
  )
}

/**
 * The candidates from the best to the last. Of equals the one that comes first in the library is the better. The first one can be
 * sent as it stands, if any that suits her can, and is never the one she had last while another may be said today.
 * @param candidates in the order of the library
 */
export function suggestScripts<C extends Candidate>(
  candidates: readonly C[],
  facts: SuggestFacts,
): Suggestion<C>[] {
  // Sorting is stable, so the library decides between equals.
  const all = candidates.map(candidate => suggestionOf(candidate, facts)).sort((a, b) => b.total - a.total)
  const first = standsFirst(all, facts.sent[0]?.scriptId)
  return first && first !== all[0] ? [first, ...all.filter(one => one !== first)] : all
}
