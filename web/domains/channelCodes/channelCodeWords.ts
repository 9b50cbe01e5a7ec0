import type { ChannelCode } from '../../../shared/contract/channelCodes.ts'

const NAMED = 3

/** `陈露、周敏`, `陈露、周敏、赵一鸣等 5 位` */
export function guidesText(guides: readonly { name: string }[]): string {
  const named = guides
    .slice(0, NAMED)
    .map(({ name }) => name)
    .join('、')
  return guides.length > NAMED ? `${named}等 ${guides.length} 位` : named
}

/** What came of it: `加了 23 位`, `送券 20 张`, `领了 12`, `用了 3`; nothing about coupons where there were none. */
export const resultFacts = (code: ChannelCode): string[] => [
  code.added > 0 ? `加了 ${code.added} 位` : '还没有人扫',
  ...(code.coupons && code.coupons.given > 0
    ? [`送券 ${code.coupons.given} 张`, `领了 ${code.coupons.claimed}`, `用了 ${code.coupons.redeemed}`]
    : []),
]

/** What needs a look, in words; empty when nothing does. */
export function codeTroubles(code: ChannelCode): string[] {
  const away = code.guides.filter(({ isActive }) => !isActive)
  return [
    ...(code.sync === 'refused' ? [`企业微信那边没有改成：${code.reason ?? '原因不明'}`] : []),
    ...(away.length > 0 ? [`${guidesText(away)}不在职了，扫码不会再加到`] : []),
    ...(code.coupon && !code.coupon.isRunning ? [`「${code.coupon.name}」没有在发，欢迎语里不带券`] : []),
    ...(code.unwelcomed > 0 ? [`最近 30 天有 ${code.unwelcomed} 位没收到欢迎语`] : []),
  ]
}
