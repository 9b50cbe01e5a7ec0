import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { SyncService } from './sync.service.ts'

export const syncRoutes = (door: Door, sync: SyncService): void => {
  mount(door, api.getSync, actor => sync.getState(actor))
  mount(door, api.pullNow, actor => sync.pullNow(actor))
}
