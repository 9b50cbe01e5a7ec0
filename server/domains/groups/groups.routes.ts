import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { GroupsService } from './groups.service.ts'

export function groupsRoutes(door: Door, groups: GroupsService): void {
  mount(door, api.getGroup, (actor, { params }) => groups.getGroup(actor, params.chatId))
}
