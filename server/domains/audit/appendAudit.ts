import type { AuditAction, AuditDetail, AuditSubject } from '../../../shared/contract/audit.ts'
import type { JobActor, StaffActor } from '../../actor.ts'
import type { Tx } from '../../db/db.ts'
import { requestIds } from '../../requestIds.ts'
import { createAuditRepository } from './audit.repository.ts'

export interface NewAuditEntry {
  /** a member, a job of ours, or a customer on her own page */
  actor: Pick<StaffActor, 'kind' | 'corpId' | 'staffId'> | JobActor | { kind: 'customer'; corpId: number }
  at: Date
  action: AuditAction
  /** our id of whom it concerns */
  customerId?: number | null
  /** what it is about beside her, by our own id */
  subject?: { kind: AuditSubject; id: string | number } | null
  /** ids, codes and numbers; never names, notes, phone numbers, nor what was shown */
  detail?: AuditDetail
}

/**
 * Writes into the audit record, in the transaction of what it tells of: both happen or neither. Locks nothing and waits for
 * nobody; the rows become part of the chain within seconds. Several entries are one statement.
 */
export async function appendAudit(tx: Tx, ...entries: NewAuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  await createAuditRepository(tx).insert(
    entries.map(({ actor, at, action, customerId, subject, detail }) => ({
      corpId: actor.corpId,
      at,
      actor: actor.kind === 'job' ? 'system' : actor.kind,
      staffId: actor.kind === 'staff' ? actor.staffId : null,
      action,
      subjectKind: subject?.kind ?? null,
      subjectId: subject ? String(subject.id) : null,
      customerId: customerId ?? null,
      detail: actor.kind === 'job' ? { job: actor.name, ...detail } : (detail ?? {}),
      requestId: requestIds.getStore() ?? null,
    })),
  )
}
