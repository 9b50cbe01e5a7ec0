/** The names we may have for one customer; null or blank means unknown. */
export interface CustomerNameFacts {
  /** 称呼, written by a guide for this very purpose. */
  salutation?: string | null
  /** The guide's remark in WeCom. */
  remark?: string | null
  /** The nickname, or for WeCom users the name in their corp. */
  name?: string | null
}

/** When none of the names has a letter in it. */
export const NAMELESS_CUSTOMER = '这位客户'

const SAID = /[\p{L}\p{N}]/u

/** How to address the customer: 称呼, else the remark, else the name, else `这位客户`. A name of symbols only is none. */
export function addressCustomer({ salutation, remark, name }: CustomerNameFacts): string {
  for (const candidate of [salutation, remark, name]) {
    const trimmed = candidate?.trim()
    if (trimmed && SAID.test(trimmed)) return trimmed
  }
  return NAMELESS_CUSTOMER
}

/** The one character that stands for a name: its first letter, character or digit; Latin letters in upper case. */
export function avatarLetter(name: string): string {
  for (const character of name) {
    // ß becomes SS: keep one character.
    if (SAID.test(character)) return [...character.toUpperCase()][0] ?? character
  }
  return '客'
}

/** `138****1234`; a number too short to hide anything in shows its last two digits only. */
export function maskedMobile(mobile: string): string {
  const digits = mobile.replace(/\s|-/g, '')
  if (digits.length < 8) return `****${digits.slice(-2)}`
  return `${digits.slice(0, 3)}****${digits.slice(-4)}`
}
