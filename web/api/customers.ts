import * as operations from '../../shared/contract/customers.ts'
import type { ProfileChange } from '../../shared/contract/customers.ts'
import { call } from './client.ts'

/** My customers, or those `of` a member of mine; a cursor goes on where a page ended. */
export const listCustomers = (query: { q?: string; tag?: string; cursor?: string; of?: string }) =>
  call(operations.listCustomers, { query })

export const changeProfile = (externalUserId: string, body: ProfileChange, version: number) =>
  call(operations.changeProfile, { params: { externalUserId }, body, version })

/** The whole numbers of a customer, for a moment; why stands in the record. */
export const revealPhones = (externalUserId: string, reason: string) =>
  call(operations.revealCustomer, { params: { externalUserId }, body: { what: 'phone', reason } })

/** The guide's own name for the customer, in WeCom too; empty takes it away. */
export const changeRemark = (externalUserId: string, remark: string, idempotencyKey: string) =>
  call(operations.changeRemark, { params: { externalUserId }, body: { remark }, idempotencyKey })

export const listTimeline = (externalUserId: string, cursor?: string) =>
  call(operations.listTimeline, { params: { externalUserId }, query: { cursor } })
