import type { z } from 'zod'
import * as operations from '../../shared/contract/purchases.ts'
import {
  XLSX_TYPE,
  type PurchaseChange,
  type PurchaseColumn,
  type PurchaseDraft,
  type TraceWindows,
} from '../../shared/contract/purchases.ts'
import { call } from './client.ts'

export const listPurchases = (externalUserId: string, cursor?: string) =>
  call(operations.listPurchases, { params: { externalUserId }, query: { cursor } })

export const addPurchase = (
  externalUserId: string,
  body: z.input<typeof PurchaseDraft>,
  idempotencyKey: string,
) => call(operations.addPurchase, { params: { externalUserId }, body, idempotencyKey })

/** @param version the one that was seen */
export const changePurchase = (
  externalUserId: string,
  purchaseId: string,
  body: PurchaseChange,
  version: number,
) => call(operations.changePurchase, { params: { externalUserId, purchaseId }, body, version })

export const removePurchase = (externalUserId: string, purchaseId: string) =>
  call(operations.removePurchase, { params: { externalUserId, purchaseId } })

export const restorePurchase = (externalUserId: string, purchaseId: string) =>
  call(operations.restorePurchase, { params: { externalUserId, purchaseId } })

/** Whether the customer answered the message this purchase counts for. */
export const answerTrace = (externalUserId: string, purchaseId: string, isReplied: boolean) =>
  call(operations.answerTrace, { params: { externalUserId, purchaseId }, body: { isReplied } })

export const getTraceWindows = () => call(operations.getTraceWindows, {})

export const changeTraceWindows = (body: TraceWindows) => call(operations.changeTraceWindows, { body })

type Columns = readonly (PurchaseColumn | null)[]
const inWords = (columns: Columns) => columns.map(column => column ?? '').join(',')

/** By its name: what the system calls a CSV depends on whether Excel is installed. */
const typeOf = (file: File) => (/\.xlsx$/i.test(file.name) ? XLSX_TYPE : 'text/csv')

/** What a file would be understood as; `onProgress` hears how much of it is up, 0 … 1. */
export const previewImport = (
  file: File,
  columns: Columns | undefined,
  onProgress?: (share: number) => void,
) =>
  call(operations.previewImport, {
    query: columns ? { columns: inWords(columns) } : {},
    file: { bytes: file, type: typeOf(file), onProgress },
  })

export const importPurchases = (
  file: File,
  { columns, withoutWrong }: { columns: Columns; withoutWrong: boolean },
  idempotencyKey: string,
  onProgress?: (share: number) => void,
) =>
  call(operations.importPurchases, {
    query: {
      columns: inWords(columns),
      name: file.name.slice(0, 100),
      withoutWrong: withoutWrong ? 'true' : 'false',
    },
    file: { bytes: file, type: typeOf(file), onProgress },
    idempotencyKey,
  })

export const listImports = () => call(operations.listImports, {})

export const undoImport = (importId: string, idempotencyKey: string) =>
  call(operations.undoImport, { params: { importId }, idempotencyKey })
