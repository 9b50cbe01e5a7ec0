import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { HealthService } from './health.service.ts'

export function healthChecksRoutes(door: Door, health: HealthService): void {
  mount(door, api.checkHealth, actor => health.check(actor))
}
