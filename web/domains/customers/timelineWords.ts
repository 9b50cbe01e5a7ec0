import type { Touch, TouchKind } from '../../../shared/contract/customers.ts'

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

const verbs: Record<TouchKind, [before: string, after: string]> = {
  friendAdded: ['', ''],
  friendLost: ['', ''],
  friendRemoved: ['', ''],
  friendReturned: ['', ''],
  halfAdded: ['', ''],
  welcomed: ['自动发了 ', ''],
  transferStarted: ['', ''],
  transferDone: ['', ''],
  transferFailed: ['', ''],
  remarkChanged: ['备注名改为 ', ''],
  remarkRefused: ['企业微信没收下备注名 ', ''],
  tagsChanged: ['改了标签 ', ''],
  tagRefused: ['企业微信没收下 ', ''],
  personAdded: ['记下 ', ''],
  personChanged: ['改了 ', '的资料'],
  personRemoved: ['去掉 ', '的资料'],
  consentWithdrawn: ['监护人收回同意，删了 ', '的资料'],
  dateAdded: ['记下 ', ''],
  dateChanged: ['改了 ', ''],
  dateRemoved: ['去掉 ', ''],
  profileChanged: ['改了 ', ''],
  send: ['发了 ', ''],
  couponIssued: ['送出 ', ''],
  couponReleased: ['', '没有发出'],
  couponClaimed: ['领了 ', ''],
  couponRedeemed: ['核销了 ', ''],
  couponUndone: ['撤销核销 ', ''],
  couponRevoked: ['收回 ', ''],
  reminderSkipped: ['跳过 ', ''],
  reminderSnoozed: ['推迟 ', ''],
  promiseMade: ['答应 ', ''],
  promiseKept: ['做到了 ', ''],
  purchase: ['买了 ', ''],
  quietChanged: ['记下 ', ''],
  limitLifted: ['因为', '，照常写'],
}

const unsentWords = {
  cancelled: '取消了，没有发',
  failed: '没发出去',
  unknown: '不知道发出没有',
  partial: '只发出一部分',
} as const

/** What only went one way says so in the verb; its detail is that one word. */
const tagVerbs: Record<string, [before: string, after: string]> = {
  加上: ['加了标签 ', ''],
  去掉: ['去掉标签 ', ''],
}

const needsHand: ReadonlySet<TouchKind> = new Set(['tagRefused', 'remarkRefused', 'transferFailed'])

export function touchLook(touch: Touch): TouchLook {
  const oneWay = touch.kind === 'tagsChanged' ? tagVerbs[touch.detail ?? ''] : undefined
  const [before, after] = oneWay ?? verbs[touch.kind]
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
