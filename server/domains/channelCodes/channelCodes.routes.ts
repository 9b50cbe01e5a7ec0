import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { ChannelCodesService } from './channelCodes.service.ts'

export const channelCodesRoutes = (door: Door, channelCodes: ChannelCodesService): void => {
  mount(door, api.listChannelCodes, actor => channelCodes.list(actor))
  mount(door, api.getChannelCode, (actor, { params }) => channelCodes.get(actor, params.channelCodeId))
  mount(door, api.addChannelCode, (actor, { body, intent }) => channelCodes.add(actor, body, intent))
  mount(door, api.changeChannelCode, (actor, { params, body, version, intent }) =>
    channelCodes.change(actor, params.channelCodeId, body, version, intent),
  )
  mount(door, api.removeChannelCode, (actor, { params, version }) =>
    channelCodes.remove(actor, params.channelCodeId, version),
  )
}
