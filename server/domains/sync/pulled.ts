import { addWayText } from '../../../shared/rules/customerWords.ts'
import type { Sealing } from '../../sealing.ts'
import type { WecomFollow } from '../../wecom/client.ts'
import { customerSearchKey, phoneTails } from '../customers/customers.service.ts'
import type { PulledFollow, WrittenCustomer } from './follows.repository.ts'

/** A relation as WeCom shows it, ready to be written. */
export function toPulledFollow(
  sealing: Sealing,
  follow: WecomFollow,
  staffId: number,
  { customerId, salutation, isNew }: WrittenCustomer,
): PulledFollow {
  const { remark, description, addedAt, addWay, channel, tagIds, mobiles } = follow
  return {
    staffId,
    customerId,
    isNewCustomer: isNew,
    addedAt,
    addWay,
    channel,
    remark,
    description,
    tagIds,
    ...customerSearchKey({ remark, name: follow.customer.name, salutation }),
    phonesSealed: mobiles.length > 0 ? sealing.seal(JSON.stringify(mobiles)) : null,
    phoneTails: phoneTails(sealing, mobiles),
    friendAdded: ['加为好友', addWayText(addWay), channel].filter(Boolean).join(' · '),
  }
}
