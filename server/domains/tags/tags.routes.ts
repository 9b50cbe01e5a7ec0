import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { TagsService } from './tags.service.ts'

export const tagsRoutes = (door: Door, tags: TagsService): void => {
  mount(door, api.listTagGroups, actor => tags.list(actor))
  mount(door, api.setTagChoice, (actor, { params, body }) =>
    tags.setChoice(actor, params.groupId, body.choice),
  )
  mount(door, api.listCustomerTags, (actor, { params }) => tags.listOfCustomer(actor, params.externalUserId))
  mount(door, api.changeTags, (actor, { params, body, intent }) =>
    tags.change(actor, params.externalUserId, body, intent),
  )
}
