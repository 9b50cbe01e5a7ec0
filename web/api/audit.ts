import * as operations from '../../shared/contract/audit.ts'
import type { AuditFilter } from '../../shared/contract/audit.ts'
import { call, callFile } from './client.ts'

export const listAudit = (query: AuditFilter & { cursor?: string }) => call(operations.listAudit, { query })

export const exportAudit = (query: AuditFilter) => callFile(operations.exportAudit, { query })
