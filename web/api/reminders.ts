import * as operations from '../../shared/contract/reminders.ts'
import type { ReminderAction } from '../../shared/contract/reminders.ts'
import { call } from './client.ts'

export const getToday = () => call(operations.getToday, {})

export const actOnReminder = (reminderId: string, body: ReminderAction, idempotencyKey: string) =>
  call(operations.actOnReminder, { params: { reminderId }, body, idempotencyKey })
