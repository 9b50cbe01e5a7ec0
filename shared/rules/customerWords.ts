import { civilDayOf, nearDayText } from './civilDay.ts'
import type { CivilDay } from './civilDay.ts'

/** WeCom's `add_way` (open API, external contact details) in the words of a shop. 0 and unknown ones have none. */
const ADD_WAY_WORDS: Readonly<Record<number, string | undefined>> = {
  1: '扫码',
  2: '搜手机号',
  3: '名片分享',
  4: '群聊',
  5: '手机通讯录',
  6: '微信联系人',
  8: '应用添加',
  9: '搜邮箱',
  10: '视频号',
  11: '日程同行',
  12: '会议同行',
  13: '微信好友的企业微信',
  14: '智能硬件',
  15: '上门服务',
  16: '获客链接',
  17: '定制添加',
  18: '需求回复',
  21: '售前咨询',
  22: '可能的伙伴',
  24: '微信好友申请',
  201: '同事分享',
  202: '店长分配',
}

/** `扫码`; empty when nobody knows. */
export function addWayText(addWay: number): string {
  return ADD_WAY_WORDS[addWay] ?? ''
}

/** Where a code hung, if its `state` says so in words; a code like `gm-01` tells a guide nothing. */
export const channelText = (channel: string | null): string =>
  channel !== null && /\p{Script=Han}/u.test(channel) ? channel : ''

/** How and when somebody became a customer, as separate facts: `['扫码', '国贸店收银台', '3月2日']`. Unknown ones are left out. */
export function channelFacts(
  follow: { addWay: number; channel: string | null; addedAt: string | null },
  today: CivilDay,
  timeZone: string,
): string[] {
  const addedOn =
    follow.addedAt === null ? '' : nearDayText(civilDayOf(Date.parse(follow.addedAt), timeZone), today)
  return [addWayText(follow.addWay), channelText(follow.channel), addedOn].filter(Boolean)
}
