/** Most digits before the point: a million yuan has seven. */
const WHOLE_DIGITS = 7

/** The amount as it is typed on the pad, in yuan: at most two places behind one point, no idle zeros in front. */
export function amountAfter(typed: string, key: string): string {
  if (key === 'back') return typed.slice(0, -1)
  const next = key === '.' && typed === '' ? '0.' : typed === '0' && key !== '.' ? key : typed + key
  return new RegExp(`^\\d{0,${WHOLE_DIGITS}}(\\.\\d{0,2})?$`).test(next) ? next : typed
}

/** In fen, counted in digits; an amount not finished counts as far as it goes. */
export function amountFenOf(typed: string): number {
  const [whole = '', cents = ''] = typed.split('.')
  return Number(whole || '0') * 100 + Number(cents.padEnd(2, '0') || '0')
}
