import type { Touch, TouchKind } from '../contract/customers.ts'

/** What stands around the noun of a line of the timeline: `记下 ` … ``. */
export const touchVerbs: Record<TouchKind, [before: string, after: string]> = {
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

/** What became of a message that did not go out whole. */
export const unsentWords = {
  cancelled: '取消了，没有发',
  failed: '没发出去',
  unknown: '不知道发出没有',
  partial: '只发出一部分',
} as const satisfies Record<Exclude<NonNullable<Touch['outcome']>, 'ok'>, string>
