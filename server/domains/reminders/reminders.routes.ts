import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { RemindersService } from './reminders.service.ts'

export const remindersRoutes = (door: Door, reminders: RemindersService): void => {
  mount(door, api.getToday, actor => reminders.getToday(actor))
  mount(door, api.actOnReminder, (actor, { params, body, intent }) =>
    reminders.act(actor, params.reminderId, body, intent),
  )
}
