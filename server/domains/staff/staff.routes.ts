import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { HandoverService } from './handover.service.ts'
import type { StaffService } from './staff.service.ts'

export const staffRoutes = (door: Door, staff: StaffService, handover: HandoverService): void => {
  mount(door, api.listStaff, (actor, { query }) => staff.list(actor, query))
  mount(door, api.listStores, actor => staff.listStores(actor))
  mount(door, api.changeStore, (actor, { params, body }) =>
    staff.changeStore(actor, params.departmentId, body),
  )
  mount(door, api.addManager, (actor, { params }) =>
    staff.addManager(actor, params.departmentId, params.userId),
  )
  mount(door, api.removeManager, (actor, { params }) =>
    staff.removeManager(actor, params.departmentId, params.userId),
  )
  mount(door, api.listLeavers, actor => handover.listLeavers(actor))
  mount(door, api.listWaiting, (actor, { params, query }) =>
    handover.listWaiting(actor, params.userId, query),
  )
  mount(door, api.transferCustomers, (actor, { body, intent }) => handover.transfer(actor, body, intent))
}
