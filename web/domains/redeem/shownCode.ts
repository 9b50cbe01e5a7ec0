import {
  COUPON_CODE_ALPHABET,
  COUPON_CODE_LENGTH,
  couponCodeText,
  isValidCouponCode,
  normalizeCouponCode,
} from '../../../shared/rules/couponCode.ts'

/** What a customer holds out: the code itself, or the link of her page. */
export type Shown = { code: string } | { token: string }

/** What is typed, in groups of four and in capitals, never longer than a code. */
export const groupedCode = (typed: string): string =>
  couponCodeText(normalizeCouponCode(typed).slice(0, COUPON_CODE_LENGTH)).trimEnd()

/** A whole code that can be one of ours; undefined while something is missing or wrong. */
export function wholeCode(typed: string): string | undefined {
  const code = normalizeCouponCode(typed)
  return isValidCouponCode(code) ? code : undefined
}

/** What is wrong with what was typed so far, told without asking anybody; empty while it may still become one of ours. */
export function codeTrouble(typed: string): string {
  const code = normalizeCouponCode(typed)
  const strange = [...code].find(character => !COUPON_CODE_ALPHABET.includes(character))
  if (strange !== undefined) return `券码里没有「${strange}」，看看是不是认错了一个字`
  if (code.length > COUPON_CODE_LENGTH)
    return `券码是 ${COUPON_CODE_LENGTH} 位，多了 ${code.length - COUPON_CODE_LENGTH} 位`
  return code.length === COUPON_CODE_LENGTH && !isValidCouponCode(code)
    ? '有一个字不对，对着客户的手机再看一眼'
    : ''
}

/** What a scanner read; undefined for anything that is not a coupon. Bar codes come with their kind in front: `CODE_128,…`. */
export function readScanned(text: string): Shown | undefined {
  const token = /\/c\/([\w-]{16,64})(?:[/?#]|$)/.exec(text)?.[1]
  if (token !== undefined) return { token }
  const code = wholeCode(text.replace(/^[A-Z0-9_]+,/, ''))
  return code === undefined ? undefined : { code }
}
