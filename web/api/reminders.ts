import * as operations from '../../shared/contract/reminders.ts'
import type { PromiseDraft, ReminderAction } from '../../shared/contract/reminders.ts'
import { call } from './client.ts'

export const getToday = () => call(operations.getToday, {})

export const actOnReminder = (reminderId: string, body: ReminderAction, idempotencyKey: string) =>
  call(operations.actOnReminder, { params: { reminderId }, body, idempotencyKey })

export const addPromise = (externalUserId: string, body: PromiseDraft, idempotencyKey: string) =>
  call(operations.addPromise, { params: { externalUserId }, body, idempotencyKey })

export const removePromise = (reminderId: string) =>
  call(operations.removePromise, { params: { reminderId } })

export const focusReminder = (reminderId: string) =>
  call(operations.focusReminder, { params: { reminderId } })
