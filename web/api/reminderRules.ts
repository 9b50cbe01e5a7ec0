import * as operations from '../../shared/contract/reminderRules.ts'
import type { ReminderRulesDraft } from '../../shared/contract/reminderRules.ts'
import { call } from './client.ts'

export const getReminderRules = () => call(operations.getReminderRules, {})

export const changeReminderRules = (body: ReminderRulesDraft, version: number) =>
  call(operations.changeReminderRules, { body, version })
