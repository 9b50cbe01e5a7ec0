import type { Occasion } from '../contract/scripts.ts'

/** What each occasion is called where one is chosen or stands in a file; the order is the one of the list. */
export const occasionNames: Record<Occasion, string> = {
  birthdayElder: '长辈生日',
  birthdaySelf: '本人生日',
  birthdayPartner: '爱人生日',
  birthdayChild: '孩子生日',
  birthdayOther: '朋友生日',
  wedding: '结婚纪念日',
  ownDay: '别的日子',
  firstPurchase: '首购纪念',
  readyMade: '现货',
  newFriend: '新朋友',
  festival: '节日',
  care: '保养',
  afterSales: '售后',
  visit: '邀约到店',
  order: '订单',
  engraving: '刻字',
  couponExpiring: '券快到期',
  daily: '日常',
}

export const occasions = Object.keys(occasionNames) as Occasion[]

export const occasionNamed = (name: string): Occasion | undefined =>
  occasions.find(occasion => occasionNames[occasion] === name)
