import { api } from '../../../shared/contract/api.ts'
import { mount, mountFile, type Door } from '../../http/mount.ts'
import type { AuditLogService } from './auditLog.service.ts'

export const auditRoutes = (door: Door, log: AuditLogService): void => {
  mount(door, api.listAudit, (actor, { query }) => log.list(actor, query))
  mountFile(door, api.exportAudit, (actor, { query }) => log.export(actor, query))
}
