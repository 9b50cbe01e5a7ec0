import type { z } from 'zod'
import { XLSX_TYPE } from '../../shared/contract/purchases.ts'
import * as files from '../../shared/contract/scriptFiles.ts'
import * as operations from '../../shared/contract/scriptLibrary.ts'
import type { ScriptChange, ScriptDraft } from '../../shared/contract/scriptLibrary.ts'
import { call, callFile } from './client.ts'

export const listManagedScripts = () => call(operations.listManagedScripts, {})

export const addScript = (body: z.input<typeof ScriptDraft>, idempotencyKey: string) =>
  call(operations.addScript, { body, idempotencyKey })

/** @param version the one that was seen */
export const changeScript = (scriptId: string, body: ScriptChange, version: number) =>
  call(operations.changeScript, { params: { scriptId }, body, version })

export const archiveScript = (scriptId: string) => call(operations.archiveScript, { params: { scriptId } })

export const restoreScript = (scriptId: string) => call(operations.restoreScript, { params: { scriptId } })

/** @param storeId the store's `departmentId` */
export const copyScript = (scriptId: string, storeId: number, idempotencyKey: string) =>
  call(operations.copyScript, { params: { scriptId }, body: { storeId }, idempotencyKey })

export const listScriptVersions = (scriptId: string) =>
  call(operations.listScriptVersions, { params: { scriptId } })

export const orderScripts = (scriptIds: string[]) => call(operations.orderScripts, { body: { scriptIds } })

export const markFavourite = (scriptId: string, isFavourite: boolean) =>
  call(operations.markFavourite, { params: { scriptId }, body: { isFavourite } })

/** Quick replies by place; null leaves one empty. */
export const pinScripts = (scriptIds: (string | null)[]) =>
  call(operations.pinScripts, { body: { scriptIds } })

/** What the contract takes a file for, by its name: what the system calls it depends on what is installed. */
function assetType(name: string): string {
  if (/\.jpe?g$/i.test(name)) return 'image/jpeg'
  if (/\.png$/i.test(name)) return 'image/png'
  if (/\.mp4$/i.test(name)) return 'video/mp4'
  return /\.pdf$/i.test(name) ? 'application/pdf' : 'application/octet-stream'
}

/** `onProgress` hears how much of it is up, 0 … 1. */
export const addScriptAsset = (file: File, idempotencyKey: string, onProgress?: (share: number) => void) =>
  call(operations.addScriptAsset, {
    query: { name: file.name.slice(-80) },
    file: { bytes: file, type: assetType(file.name), onProgress },
    idempotencyKey,
  })

/** Where a picture or a video of the library can be shown from. */
export const assetAddress = (assetId: string): string => `/api/script-assets/${encodeURIComponent(assetId)}`

export const getScriptAsset = (assetId: string) =>
  callFile(operations.getScriptAsset, { params: { assetId } })

const tableType = (file: File) => (/\.xlsx$/i.test(file.name) ? XLSX_TYPE : 'text/csv')

/** What a file would be understood as; `onProgress` hears how much of it is up, 0 … 1. */
export const previewScriptImport = (file: File, onProgress?: (share: number) => void) =>
  call(files.previewScriptImport, { file: { bytes: file, type: tableType(file), onProgress } })

export const importScripts = (file: File, idempotencyKey: string, onProgress?: (share: number) => void) =>
  call(files.importScripts, { file: { bytes: file, type: tableType(file), onProgress }, idempotencyKey })

export const exportScripts = (format: 'csv' | 'xlsx') => callFile(files.exportScripts, { query: { format } })
