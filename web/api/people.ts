import type { z } from 'zod'
import * as operations from '../../shared/contract/people.ts'
import type { DateDraft } from '../../shared/contract/people.ts'
import { call } from './client.ts'

export const listPeople = (externalUserId: string) =>
  call(operations.listPeople, { params: { externalUserId } })

/** Notes a yearly date, and the person it belongs to when that is a new one. */
export const addDate = (externalUserId: string, body: z.input<typeof DateDraft>, idempotencyKey: string) =>
  call(operations.addDate, { params: { externalUserId }, body, idempotencyKey })

export const removeDate = (externalUserId: string, dateId: string) =>
  call(operations.removeDate, { params: { externalUserId, dateId } })
