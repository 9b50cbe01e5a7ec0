import type {
  ContactChannel,
  ContactHardness,
  ContactScope,
  CountedRule,
  ReasonClass,
} from './contactBudget.ts'

export const SCOPE_WORDS: Record<ContactScope, string> = {
  corp: '全公司',
  store: '每家店',
  customer: '每位客户',
  group: '每个客户群',
}
export const CHANNEL_WORDS: Record<ContactChannel, string> = {
  private: '私聊',
  coupon: '优惠券',
  group: '群消息',
  mass: '群发',
}
export const HARDNESS_WORDS: Record<ContactHardness, string> = { soft: '到了先提醒', hard: '到了不能发' }
export const REASON_WORDS: Record<ReasonClass, string> = {
  answer: '她先来的消息',
  orderReady: '货到了',
  afterSales: '售后',
}

/** What a rule of that scope can be about: a customer is not written to through a group, a group gets no coupon. */
export const CHANNELS_OF: Record<ContactScope, readonly ContactChannel[]> = {
  corp: ['private', 'coupon', 'group', 'mass'],
  store: ['private', 'coupon', 'group', 'mass'],
  customer: ['private', 'coupon', 'mass'],
  group: ['group', 'mass'],
}

type Row = Pick<CountedRule, 'scope' | 'channel' | 'periodDays' | 'maxCount'>

/** `每位客户`, `私聊`, `7 天最多 1 次` */
export const ruleFacts = ({ scope, channel, periodDays, maxCount }: Row): string[] => [
  SCOPE_WORDS[scope],
  CHANNEL_WORDS[channel],
  maxCount === 0 ? '不主动发' : `${periodDays} 天最多 ${maxCount} 次`,
]

/** The rule as one plain sentence. */
export const ruleSentence = (rule: Row & Pick<CountedRule, 'hardness'>): string =>
  [...ruleFacts(rule), HARDNESS_WORDS[rule.hardness]].join(' · ')
