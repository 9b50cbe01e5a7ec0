import { api } from '../../../shared/contract/api.ts'
import { mount, mountForSession, type Door } from '../../http/mount.ts'
import type { SessionService } from './session.service.ts'

export function sessionRoutes(door: Door, session: SessionService): void {
  mount(door, api.getSession, actor => session.getSession(actor))
  mountForSession(door, api.endSession, async hash => {
    await session.authenticate(hash)
    await session.endSession(hash)
  })
  mount(door, api.getJssdkSignature, (actor, { query }) => session.signPage(actor, query.url))
}
