// Codes: 11 random characters and one that checks them. Read aloud and typed at a counter, so no 0 O, 1 I L, no U beside V.
// Luhn mod N needs an even number of characters, else its doubling maps two of them to one.
export const COUPON_CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
export const COUPON_CODE_LENGTH = 12
/** Random bytes that one code takes; so many that no character is likelier than another by more than 2^-70. */
export const COUPON_CODE_RANDOM_BYTES = 16

/** Luhn mod N: finds every single wrong character and nearly every swap of neighbours. */
function checkCharacter(body: string): string {
  const size = COUPON_CODE_ALPHABET.length
  let sum = 0
  for (let fromRight = 0; fromRight < body.length; fromRight++) {
    const value = COUPON_CODE_ALPHABET.indexOf(body.charAt(body.length - 1 - fromRight))
    const weighted = fromRight % 2 === 0 ? value * 2 : value
    sum += Math.floor(weighted / size) + (weighted % size)
  }
  return COUPON_CODE_ALPHABET.charAt((size - (sum % size)) % size)
}

/** Divides a big-endian number and returns the remainder. (No BigInt: the browsers we serve go back to Safari 13.) */
function divideInPlace(number: Uint8Array, divisor: number): number {
  let remainder = 0
  for (const [index, byte] of number.entries()) {
    const value = remainder * 256 + byte
    number[index] = Math.floor(value / divisor)
    remainder = value % divisor
  }
  return remainder
}

/**
 * A code from bytes of a cryptographic source (54 bits of it remain); the caller asks the source, so that this stays pure.
 * @throws RangeError when there are fewer than `COUPON_CODE_RANDOM_BYTES` bytes.
 */
export function couponCode(randomBytes: Uint8Array): string {
  if (randomBytes.length < COUPON_CODE_RANDOM_BYTES) {
    throw new RangeError(
      `a coupon code takes ${COUPON_CODE_RANDOM_BYTES} random bytes, not ${randomBytes.length}`,
    )
  }
  const number = randomBytes.slice(0, COUPON_CODE_RANDOM_BYTES)
  let body = ''
  while (body.length < COUPON_CODE_LENGTH - 1) {
    body += COUPON_CODE_ALPHABET.charAt(divideInPlace(number, COUPON_CODE_ALPHABET.length))
  }
  return body + checkCharacter(body)
}

/** A code as typed or scanned, in the form in which it is stored: upper case, no blanks or hyphens, full-width folded. */
export function normalizeCouponCode(typed: string): string {
  return typed.normalize('NFKC').replace(/[\s-]/g, '').toUpperCase()
}

/** Whether a normalized code can be one of ours; a typing mistake is told at once, without asking the server. */
export function isValidCouponCode(code: string): boolean {
  if (code.length !== COUPON_CODE_LENGTH) return false
  for (const character of code) if (!COUPON_CODE_ALPHABET.includes(character)) return false
  return code.endsWith(checkCharacter(code.slice(0, -1)))
}

/** `GB7K 2M9Q 4T8X` */
export function couponCodeText(code: string): string {
  return code.replace(/.{4}(?=.)/g, '$& ')
}
