import type { Card } from '../../../shared/contract/customers.ts'
import { addressCustomer } from '../../../shared/rules/customerName.ts'

/** How to address the customer: 称呼, else the remark, else the name. */
export const addressOf = (card: Card): string =>
  addressCustomer({
    salutation: card.customer.profile.salutation,
    remark: card.follow.remark,
    name: card.customer.name,
  })
