import type { z } from 'zod'
import * as operations from '../../shared/contract/staff.ts'
import { call } from './client.ts'

export const listStaff = (query: { store?: number; cursor?: string; limit?: number }) =>
  call(operations.listStaff, { query })

export const listStores = () => call(operations.listStores, {})

export type StoreChange = z.input<typeof operations.changeStore.body & z.ZodType>

export const changeStore = (departmentId: number, body: StoreChange) =>
  call(operations.changeStore, { params: { departmentId }, body })

export const addManager = (departmentId: number, userId: string) =>
  call(operations.addManager, { params: { departmentId, userId } })

export const removeManager = (departmentId: number, userId: string) =>
  call(operations.removeManager, { params: { departmentId, userId } })

export const listLeavers = () => call(operations.listLeavers, {})

export const listWaiting = (userId: string, query: { cursor?: string; limit?: number }) =>
  call(operations.listWaiting, { params: { userId }, query })

export const transferCustomers = (body: operations.TransferDraft, idempotencyKey: string) =>
  call(operations.transferCustomers, { body, idempotencyKey })
