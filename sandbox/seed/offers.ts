import type { CouponOffer } from '../../shared/contract/coupons.ts'
import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import type { Rooms } from './rooms.ts'

const worthNothing = {
  amountFen: null,
  percent: null,
  words: null,
  thresholdFen: 0,
  goods: null,
} satisfies Omit<CouponOffer['face'], 'kind'>

/** What the shop has to give; the names are the keys under which each is installed once. */
export const offerKeys = {
  engraving: 'demo-engraving',
  birthday: 'demo-birthday-100',
  gold: 'demo-gold-200',
  setStones: 'demo-set-stones',
} as const

/** @returns template ids by offer */
export async function seedOffers(
  { couponTemplates }: Pick<Rooms, 'couponTemplates'>,
  corpId: number,
  today: CivilDay,
): Promise<Record<keyof typeof offerKeys, string>> {
  const actor = { kind: 'job', corpId, name: 'demo' } as const
  const engraving = await couponTemplates.install(actor, {
    seedKey: offerKeys.engraving,
    name: '免刻字费',
    face: { ...worthNothing, kind: 'service', words: '免刻字费', goods: '定制款吊坠、手镯、戒指' },
    validity: { kind: 'daysAfterClaim', days: 30 },
    terms: '每人一张，一件商品使用一次。定制款下单后不退换，尺寸可免费调整一次。',
    stock: 100,
    perPerson: 1,
    sort: 10,
  })
  const birthday = await couponTemplates.install(actor, {
    seedKey: offerKeys.birthday,
    name: '生日礼券',
    face: { ...worthNothing, kind: 'amountOff', amountFen: 10_000 },
    validity: { kind: 'daysAfterClaim', days: 30 },
    occasions: ['birthday'],
    terms: '每人一张，任意商品可用，每单一张，不与其他优惠同享。金条、金币除外。',
    stock: 200,
    perPerson: 1,
    sort: 15,
  })
  const gold = await couponTemplates.install(actor, {
    seedKey: offerKeys.gold,
    name: '足金饰品券',
    face: { ...worthNothing, kind: 'amountOff', amountFen: 20_000, thresholdFen: 300_000 },
    validity: { kind: 'until', day: addDays(today, 40) },
    terms: '足金饰品满 3000 元可用，每单一张，不与其他优惠同享。金条、金币除外。',
    stock: 300,
    perPerson: 1,
    sort: 20,
  })
  const setStones = await couponTemplates.install(actor, {
    seedKey: offerKeys.setStones,
    name: '镶嵌类专享',
    face: { ...worthNothing, kind: 'percentOff', percent: 95, goods: '钻石、彩宝、珍珠镶嵌款' },
    validity: { kind: 'daysAfterClaim', days: 60 },
    terms: '镶嵌类商品可用，每单一张，不与其他优惠同享。',
    stock: 200,
    perPerson: 1,
    sort: 30,
  })
  return { engraving, birthday, gold, setStones }
}
