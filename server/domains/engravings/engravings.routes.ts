import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { EngravingsService } from './engravings.service.ts'

export const engravingsRoutes = (door: Door, engravings: EngravingsService): void => {
  mount(door, api.listEngravingOffers, actor => engravings.listOffers(actor))
  mount(door, api.changeEngravingOffer, (actor, { params, body, version }) =>
    engravings.changeOffer(actor, params.pieceId, body, version),
  )
  mount(door, api.listEngravings, (actor, { params }) => engravings.list(actor, params.externalUserId))
  mount(door, api.addEngraving, (actor, { params, body, intent }) =>
    engravings.add(actor, params.externalUserId, body, intent),
  )
  mount(door, api.changeEngraving, (actor, { params, body, version }) =>
    engravings.change(actor, params.externalUserId, params.engravingId, body, version),
  )
  mount(door, api.removeEngraving, (actor, { params }) =>
    engravings.remove(actor, params.externalUserId, params.engravingId),
  )
  mount(door, api.putEngravingPicture, (actor, { params, file, version }) =>
    engravings.putPicture(actor, params.externalUserId, params.engravingId, file.bytes, version),
  )
}
