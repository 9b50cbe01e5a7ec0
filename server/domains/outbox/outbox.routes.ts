import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { DeliveryService } from './delivery.service.ts'

export const outboxRoutes = (door: Door, delivery: DeliveryService): void => {
  mount(door, api.listUnsent, actor => delivery.listUnsent(actor))
  mount(door, api.retryUnsent, (actor, { params, intent }) => delivery.retry(actor, params.outboxId, intent))
  mount(door, api.dismissUnsent, (actor, { params }) => delivery.dismiss(actor, params.outboxId))
}
