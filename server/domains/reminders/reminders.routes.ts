import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { DigestsService } from './digests.service.ts'
import type { ReminderRulesService } from './reminderRules.service.ts'
import type { RemindersService } from './reminders.service.ts'

export interface RemindersRooms {
  reminders: RemindersService
  reminderRules: ReminderRulesService
  digests: DigestsService
}

export const remindersRoutes = (door: Door, { reminders, reminderRules, digests }: RemindersRooms): void => {
  mount(door, api.getToday, actor => reminders.getToday(actor))
  mount(door, api.actOnReminder, (actor, { params, body, intent }) =>
    reminders.act(actor, params.reminderId, body, intent),
  )
  mount(door, api.addPromise, (actor, { params, body, intent }) =>
    reminders.addPromise(actor, params.externalUserId, body, intent),
  )
  mount(door, api.removePromise, (actor, { params }) => reminders.removePromise(actor, params.reminderId))
  mount(door, api.focusReminder, (actor, { params }) => reminders.focus(actor, params.reminderId))
  mount(door, api.getReminderRules, actor => reminderRules.get(actor))
  mount(door, api.changeReminderRules, (actor, { body, version }) =>
    reminderRules.change(actor, body, version),
  )
  mount(door, api.getNoticeSettings, actor => digests.getSettings(actor))
  mount(door, api.changeNoticeSettings, (actor, { body }) => digests.changeSettings(actor, body))
}
