import * as operations from '../../shared/contract/privacy.ts'
import type { BulkExportDraft, RetentionDraft } from '../../shared/contract/privacy.ts'
import { call, callFile } from './client.ts'

/** Whoever the corp holds data of; the words go in the body, so that no name stands in an address. */
export const findHeldPeople = (words: string) => call(operations.findHeldPeople, { body: { words } })

export const exportPerson = (externalUserId: string, reason: string, idempotencyKey: string) =>
  call(operations.exportPerson, { params: { externalUserId }, body: { reason }, idempotencyKey })

export const fetchPersonalExport = (exportId: string) =>
  callFile(operations.fetchPersonalExport, { params: { exportId } })

export const erasePerson = (externalUserId: string, reason: string, idempotencyKey: string) =>
  call(operations.erasePerson, { params: { externalUserId }, body: { reason }, idempotencyKey })

export const getErasure = (erasureId: string) => call(operations.getErasure, { params: { erasureId } })

export const listErasures = (cursor?: string) =>
  call(operations.listErasures, { query: cursor === undefined ? {} : { cursor } })

export const listBulkExports = () => call(operations.listBulkExports, {})

export const askBulkExport = (body: BulkExportDraft, idempotencyKey: string) =>
  call(operations.askBulkExport, { body, idempotencyKey })

export const decideBulkExport = (bulkExportId: string, isApproved: boolean) =>
  call(operations.decideBulkExport, { params: { bulkExportId }, body: { isApproved } })

export const fetchBulkExport = (bulkExportId: string) =>
  callFile(operations.fetchBulkExport, { params: { bulkExportId } })

export const getRetention = () => call(operations.getRetention, {})

export const changeRetention = (body: RetentionDraft, version: number) =>
  call(operations.changeRetention, { body, version })
