import { api } from '../../../shared/contract/api.ts'
import type { StaffActor } from '../../actor.ts'
import { Unauthenticated } from '../../errors.ts'
import { mount, mountForSession, type Door } from '../../http/mount.ts'
import type { DevicesService } from './devices.service.ts'
import type { SessionService } from './session.service.ts'

export function sessionRoutes(door: Door, session: SessionService, devices: DevicesService): void {
  /** For operations on the very session they come by. */
  const known = async (hash: Buffer | undefined): Promise<{ actor: StaffActor; hash: Buffer }> => {
    const actor = await session.authenticate(hash)
    if (!hash) throw new Unauthenticated()
    return { actor, hash }
  }

  mount(door, api.getSession, actor => session.getSession(actor))
  mountForSession(door, api.endSession, async sessionHash => {
    const { actor, hash } = await known(sessionHash)
    await devices.endThis(actor, hash)
  })
  mountForSession(door, api.listDevices, async sessionHash => {
    const { actor, hash } = await known(sessionHash)
    return { devices: await devices.list(actor, hash) }
  })
  mount(door, api.endDevice, (actor, { params }) => devices.endOne(actor, params.sessionId))
  mountForSession(door, api.endOtherDevices, async sessionHash => {
    const { actor, hash } = await known(sessionHash)
    return { ended: await devices.endOthers(actor, hash) }
  })
  mountForSession(door, api.listDevicesOf, async (sessionHash, { params }) => {
    const { actor, hash } = await known(sessionHash)
    return { devices: await devices.listOfMember(actor, hash, params.userId) }
  })
  mount(door, api.endSessionsOf, async (actor, { params }) => ({
    ended: await devices.endAllOfMember(actor, params.userId),
  }))
  mount(door, api.getJssdkSignature, (actor, { query }) => session.signPage(actor, query.url))
}
