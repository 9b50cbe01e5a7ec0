import type { CouponPiece, CouponPieces } from '../../../shared/contract/couponPieces.ts'
import { civilDayOf, nearDayText } from '../../../shared/rules/civilDay.ts'
import { COUPON_STATE_LABELS, expiryText } from '../../../shared/rules/coupon.ts'
import { timeOfDayOf } from '../../../shared/rules/noticeTime.ts'

export const pieceChoices: readonly { which: CouponPieces | undefined; word: string }[] = [
  { which: undefined, word: '全部' },
  { which: 'open', word: '还能用' },
  { which: 'redeemed', word: '用掉的' },
  { which: 'ended', word: '过期或收回' },
]

export const pieceOwner = ({ customer }: CouponPiece): string => customer?.address ?? '群里领的客人'

export const pieceState = ({ state }: CouponPiece): string =>
  state === 'issued' ? '等待领取' : COUPON_STATE_LABELS[state]

/** `11月6日 周敏发出`, `尾号 7K2M`; below it what became of it: `11月15日已领`, `至12月15日`. */
export function pieceFacts(piece: CouponPiece, today: string, timeZone: string): string[][] {
  const day = (at: string) => {
    const on = civilDayOf(Date.parse(at), timeZone)
    return on === today ? '今天' : nearDayText(on, today)
  }
  const given = `${day(piece.issuedAt)} ${piece.by}${piece.isFromGroup ? '发到群里' : '发出'}`
  const came: string[] = []
  if (piece.redeemedAt) {
    const time = timeOfDayOf(Date.parse(piece.redeemedAt), timeZone)
    came.push(`${day(piece.redeemedAt)} ${time} 核销`)
  } else if (piece.claimedAt) came.push(`${day(piece.claimedAt)}已领`)
  if (piece.mayRevoke && piece.expiresOn) came.push(expiryText(piece.expiresOn, today))
  return [[given, `尾号 ${piece.codeEnd}`], came].filter(line => line.length > 0)
}
