import { api } from '../../../shared/contract/api.ts'
import { mount, mountForSession, type Door } from '../../http/mount.ts'
import type { CustomersService } from './customers.service.ts'
import type { RevealService } from './reveal.service.ts'

export const customersRoutes = (door: Door, customers: CustomersService, reveal: RevealService): void => {
  mountForSession(door, api.getCard, (sessionHash, { params }) =>
    customers.openCard(sessionHash, params.externalUserId),
  )
  mount(door, api.revealCustomer, (actor, { params, body }) =>
    reveal.revealPhones(actor, params.externalUserId, body),
  )
  mount(door, api.listCustomers, (actor, { query }) => customers.list(actor, query))
  mount(door, api.changeProfile, (actor, { params, body, version }) =>
    customers.changeProfile(actor, params.externalUserId, body, version),
  )
  mount(door, api.listTimeline, (actor, { params, query }) =>
    customers.listTimeline(actor, params.externalUserId, query),
  )
}
