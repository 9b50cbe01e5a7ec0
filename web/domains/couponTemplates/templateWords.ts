import type { CouponTemplate, CouponTemplateState } from '../../../shared/contract/couponTemplates.ts'
import type { CouponKind, CouponOccasion } from '../../../shared/contract/coupons.ts'
import { validityText } from '../../../shared/rules/coupon.ts'

export const stateWords = {
  running: '在发',
  paused: '暂停',
  draft: '草稿',
  stopped: '结束',
} as const satisfies Record<CouponTemplateState, string>
/** As they stand in the list: what is given now first, what is over last. */
export const STATES = ['running', 'paused', 'draft', 'stopped'] as const

export const kindWords = {
  amountOff: '满减',
  percentOff: '折扣',
  gift: '兑换礼品',
  service: '定制服务',
} as const satisfies Record<CouponKind, string>

export const occasionWords = {
  birthday: '生日',
  wedding: '结婚纪念',
  firstPurchase: '首购纪念',
  newFriend: '新朋友',
  care: '保养',
} as const satisfies Record<CouponOccasion, string>

export const weekdayWords = ['一', '二', '三', '四', '五', '六', '日'] as const

/** A way on from a state: the word on the button, what it does, and the button that does it. */
export interface Step {
  to: Exclude<CouponTemplateState, 'draft'>
  word: string
  title: string
  /** said before it is done */
  effects: string[]
}

const run = (word: string, title: string, effects: string[]): Step => ({
  to: 'running',
  word,
  title,
  effects,
})
const stop: Step = {
  to: 'stopped',
  word: '结束',
  title: '结束这种券',
  effects: [
    '从现在起谁也发不出新的，以后不能再恢复。',
    '客户手里的照常能领、能用，到过期为止。',
    '群里没领完的那些还能领到链接到期。',
  ],
}
const whose = ({ stores }: CouponTemplate): string =>
  stores.length === 0 ? '全部门店' : stores.map(({ name }) => name).join('、')

/** Where a template can go from where it is, the usual way first. */
export function stepsOf(template: CouponTemplate): Step[] {
  switch (template.state) {
    case 'draft':
      return [
        run('上线', '上线这种券', [
          `${whose(template)}的导购马上能发，一共 ${template.stock} 张。`,
          '发出第一张以后，券名、面额、期限、时段和说明不能再改；库存可以加。',
        ]),
        {
          ...stop,
          word: '不要了',
          title: '不要这份草稿',
          effects: ['它没有发出过，不会影响任何客户。', '以后不能再恢复。'],
        },
      ]
    case 'running':
      return [
        {
          to: 'paused',
          word: '暂停',
          title: '暂停发放',
          effects: ['导购马上发不出新的，随时可以恢复。', '已经发出的照常能领、能用。'],
        },
        stop,
      ]
    case 'paused':
      return [
        run('恢复', '恢复发放', [`${whose(template)}的导购马上又能发，还剩 ${template.stockLeft} 张。`]),
        stop,
      ]
    case 'stopped':
      return []
  }
}

/** Said when it is done. */
export const doneWords = {
  running: '在发了，导购马上看得到',
  paused: '暂停了，已经发出的照常能用',
  stopped: '结束了，已经发出的照常用到过期',
} as const satisfies Record<Step['to'], string>

/** Two short lines of facts below the name in the list. */
export const rowFacts = (template: CouponTemplate, today: string): string[] => [
  validityText(template.validity, today),
  ...(template.mayChange ? [] : ['只能看']),
  template.stores.length === 0
    ? template.mayChange
      ? '全部门店'
      : '总部发放，全部门店'
    : template.stores.length === 1
      ? (template.stores[0]?.name ?? '')
      : `${template.stores.length} 家门店`,
]

/** How many and to whom, for who can only look at it. */
export function limitFacts(template: CouponTemplate): { name: string; words: string }[] {
  const { perPerson, perGuidePerDay, tiers, occasions } = template
  return [
    { name: '门店', words: whose(template) },
    { name: '每人', words: `最多 ${perPerson} 张` },
    { name: '每位导购', words: perGuidePerDay === null ? '' : `一天最多 ${perGuidePerDay} 张` },
    { name: '会员等级', words: tiers.join('、') },
    { name: '适合场合', words: occasions.map(occasion => occasionWords[occasion]).join('、') },
  ].filter(({ words }) => words !== '')
}

/** What became of the stock, in words and as shares of a bar; `left` last. */
export function stockParts({ stock, live, stockLeft, pieces }: CouponTemplate): {
  name: 'redeemed' | 'claimed' | 'issued' | 'left'
  word: string
  count: number
}[] {
  const used = pieces
    ? [
        { name: 'redeemed' as const, word: '已用', count: pieces.redeemed },
        { name: 'claimed' as const, word: '已领', count: pieces.claimed },
        { name: 'issued' as const, word: '等领', count: pieces.issued + pieces.reserved },
      ]
    : [{ name: 'issued' as const, word: '已发', count: live }]
  return [
    ...used.filter(({ count }) => count > 0),
    { name: 'left' as const, word: '剩', count: Math.min(stock, stockLeft) },
  ]
}
