import type { Touch, TouchKind } from '../../../shared/contract/customers.ts'
import { touchVerbs, unsentWords } from '../../../shared/rules/touchWords.ts'

/** How a line of the timeline looks: icon, colour (garnet = the customer, grey = we, vermilion = needs a hand), words. */
export interface TouchLook {
  icon: string
  tone: 'customer' | 'us' | 'attention'
  /** words before and after the noun */
  before: string
  after: string
  /** the second line, when it adds something */
  detail: string | null
}

const icons: Record<TouchKind, string> = {
  friendAdded: 'user',
  friendLost: 'user',
  friendRemoved: 'user',
  friendReturned: 'user',
  halfAdded: 'user',
  welcomed: 'chat',
  transferStarted: 'user',
  transferDone: 'user',
  transferFailed: 'alert',
  remarkChanged: 'edit',
  remarkRefused: 'alert',
  tagsChanged: 'tag',
  tagRefused: 'alert',
  personAdded: 'family',
  personChanged: 'family',
  personRemoved: 'family',
  consentWithdrawn: 'lock',
  dateAdded: 'calendar',
  dateChanged: 'calendar',
  dateRemoved: 'calendar',
  profileChanged: 'edit',
  send: 'script',
  couponIssued: 'ticket',
  couponReleased: 'ticket',
  couponClaimed: 'ticket',
  couponRedeemed: 'ticket',
  couponUndone: 'ticket',
  couponRevoked: 'ticket',
  reminderSkipped: 'skip',
  reminderSnoozed: 'clock',
  promiseMade: 'bell',
  promiseKept: 'check',
  purchase: 'bag',
  quietChanged: 'bell',
  limitLifted: 'lock',
}

/** What only went one way says so in the verb; its detail is that one word. */
const tagVerbs: Record<string, [before: string, after: string]> = {
  加上: ['加了标签 ', ''],
  去掉: ['去掉标签 ', ''],
}

const needsHand: ReadonlySet<TouchKind> = new Set(['tagRefused', 'remarkRefused', 'transferFailed'])

export function touchLook(touch: Touch): TouchLook {
  const oneWay = touch.kind === 'tagsChanged' ? tagVerbs[touch.detail ?? ''] : undefined
  const [before, after] = oneWay ?? touchVerbs[touch.kind]
  const detail = oneWay ? null : touch.detail
  const who = touch.by === 'colleague' && touch.who ? `${touch.who} ` : ''
  if (
    (touch.kind === 'send' || touch.kind === 'welcomed') &&
    touch.outcome !== null &&
    touch.outcome !== 'ok'
  ) {
    const isHalf = touch.outcome === 'failed' || touch.outcome === 'partial'
    return {
      icon: icons[touch.kind],
      tone: isHalf ? 'attention' : 'us',
      before: who,
      after: ` ${unsentWords[touch.outcome]}`,
      detail,
    }
  }
  // The customer bought; whoever noted it or took it over from a file only wrote it down.
  if (touch.kind === 'purchase') {
    const notedBy = who ? `${who.trim()}记下的` : ''
    const second = [detail ?? '', notedBy].filter(Boolean).join('，')
    return { icon: icons.purchase, tone: 'customer', before, after, detail: second || null }
  }
  const tone = needsHand.has(touch.kind) ? 'attention' : touch.by === 'customer' ? 'customer' : 'us'
  return { icon: icons[touch.kind], tone, before: who + before, after, detail }
}
