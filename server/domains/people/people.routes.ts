import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { PeopleService } from './people.service.ts'

export const peopleRoutes = (door: Door, people: PeopleService): void => {
  mount(door, api.listPeople, (actor, { params }) => people.list(actor, params.externalUserId))
  mount(door, api.addDate, (actor, { params, body, intent }) =>
    people.addDate(actor, params.externalUserId, body, intent),
  )
  mount(door, api.removeDate, (actor, { params }) =>
    people.removeDate(actor, params.externalUserId, params.dateId),
  )
}
