import type { Card } from '../../../shared/contract/customers.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'

/** How to address the customer: 称呼, else the remark, else the name. */
export const addressOf = (card: Card): string =>
  addressCustomer({
    salutation: card.customer.profile.salutation,
    remark: card.follow.remark,
    name: card.customer.name,
  })

/** What WeCom calls her, when that is not how she is addressed; else empty. */
export const otherNameOf = (card: Card): string => {
  const { name } = card.customer
  return name === addressOf(card) ? '' : name
}

/** The same name always has the same ones. */
export function avatarColours(name: string): { color: string; background: string } {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  const colour = `--avatar-${(sum % 4) + 1}`
  return { color: `var(${colour}-ink)`, background: `var(${colour})` }
}
