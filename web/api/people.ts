import type { z } from 'zod'
import * as operations from '../../shared/contract/people.ts'
import type { DateChange, DateDraft, PersonChange } from '../../shared/contract/people.ts'
import { call } from './client.ts'

export const listPeople = (externalUserId: string) =>
  call(operations.listPeople, { params: { externalUserId } })

/** Notes a yearly date, and the person it belongs to when that is a new one. */
export const addDate = (externalUserId: string, body: z.input<typeof DateDraft>, idempotencyKey: string) =>
  call(operations.addDate, { params: { externalUserId }, body, idempotencyKey })

/** @param version of the date as it was seen */
export const changeDate = (
  externalUserId: string,
  dateId: string,
  body: z.input<typeof DateChange>,
  version: number,
  idempotencyKey: string,
) => call(operations.changeDate, { params: { externalUserId, dateId }, body, version, idempotencyKey })

export const removeDate = (externalUserId: string, dateId: string, idempotencyKey: string) =>
  call(operations.removeDate, { params: { externalUserId, dateId }, idempotencyKey })

/** @param version of the person as it was seen */
export const changePerson = (
  externalUserId: string,
  personId: string,
  body: z.input<typeof PersonChange>,
  version: number,
  idempotencyKey: string,
) => call(operations.changePerson, { params: { externalUserId, personId }, body, version, idempotencyKey })

export const removePerson = (externalUserId: string, personId: string, idempotencyKey: string) =>
  call(operations.removePerson, { params: { externalUserId, personId }, idempotencyKey })

/** A guardian takes the consent back: the child's data goes for good. */
export const withdrawConsent = (externalUserId: string, personId: string, idempotencyKey: string) =>
  call(operations.withdrawConsent, { params: { externalUserId, personId }, idempotencyKey })

/** Takes back a removal, or what one line had noted. */
export const undoFamily = (externalUserId: string, undoId: string, idempotencyKey: string) =>
  call(operations.undoFamily, { params: { externalUserId, undoId }, idempotencyKey })

/** Admins only. */
export const getMinorReport = (year: number) => call(operations.getMinorReport, { query: { year } })
