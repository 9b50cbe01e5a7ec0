import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { SendsService } from './sends.service.ts'

export const sendsRoutes = (door: Door, sends: SendsService): void => {
  mount(door, api.startSend, (actor, { params, body, intent }) =>
    sends.start(actor, params.externalUserId, body, intent),
  )
  mount(door, api.listOpenSends, (actor, { params }) => sends.listOpen(actor, params.externalUserId))
  mount(door, api.getSend, (actor, { params }) => sends.get(actor, params.externalUserId, params.sendId))
  mount(door, api.finishSend, (actor, { params, body, intent }) =>
    sends.finish(actor, params.externalUserId, params.sendId, body, intent),
  )
  mount(door, api.startGroupSend, (actor, { params, body, intent }) =>
    sends.startInGroup(actor, params.chatId, body, intent),
  )
  mount(door, api.listOpenGroupSends, (actor, { params }) => sends.listOpenInGroup(actor, params.chatId))
  mount(door, api.finishGroupSend, (actor, { params, body, intent }) =>
    sends.finishInGroup(actor, params.chatId, params.sendId, body, intent),
  )
}
