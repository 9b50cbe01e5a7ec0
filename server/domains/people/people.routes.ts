import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { FactsService } from './facts.service.ts'
import type { MinorsService } from './minors.service.ts'
import type { PeopleService } from './people.service.ts'

export interface PeopleRooms {
  people: PeopleService
  facts: FactsService
  minors: MinorsService
}

export const peopleRoutes = (door: Door, { people, facts, minors }: PeopleRooms): void => {
  mount(door, api.listPeople, (actor, { params }) => people.list(actor, params.externalUserId))
  mount(door, api.addDate, (actor, { params, body, intent }) =>
    people.addDate(actor, params.externalUserId, body, intent),
  )
  mount(door, api.changeDate, (actor, { params, body, version, intent }) =>
    people.changeDate(actor, params.externalUserId, params.dateId, body, version, intent),
  )
  mount(door, api.removeDate, (actor, { params, intent }) =>
    people.removeDate(actor, params.externalUserId, params.dateId, intent),
  )
  mount(door, api.changePerson, (actor, { params, body, version, intent }) =>
    people.changePerson(actor, params.externalUserId, params.personId, body, version, intent),
  )
  mount(door, api.removePerson, (actor, { params, intent }) =>
    people.removePerson(actor, params.externalUserId, params.personId, intent),
  )
  mount(door, api.withdrawConsent, (actor, { params, intent }) =>
    people.withdrawConsent(actor, params.externalUserId, params.personId, intent),
  )
  mount(door, api.noteFacts, (actor, { params, body, intent }) =>
    facts.note(actor, params.externalUserId, body, intent),
  )
  mount(door, api.undoFamily, (actor, { params, intent }) =>
    facts.undo(actor, params.externalUserId, params.undoId, intent),
  )
  mount(door, api.getMinorReport, (actor, { query }) => minors.report(actor, query.year))
}
