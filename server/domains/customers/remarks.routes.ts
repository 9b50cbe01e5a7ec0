import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { RemarksService } from './remarks.service.ts'

export const remarksRoutes = (door: Door, remarks: RemarksService): void => {
  mount(door, api.changeRemark, (actor, { params, body, intent }) =>
    remarks.change(actor, params.externalUserId, body.remark, intent),
  )
}
