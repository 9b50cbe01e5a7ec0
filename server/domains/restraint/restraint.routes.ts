import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { RestraintService } from './restraint.service.ts'

export const restraintRoutes = (door: Door, restraint: RestraintService): void => {
  mount(door, api.getContactRules, actor => restraint.getRules(actor))
  mount(door, api.changeContactRules, (actor, { body, version }) =>
    restraint.changeRules(actor, body, version),
  )
  mount(door, api.changeQuiet, (actor, { params, body, version }) =>
    restraint.changeQuiet(actor, params.externalUserId, body.quiet, version),
  )
}
