import { api } from '../../../shared/contract/api.ts'
import { Unauthenticated } from '../../errors.ts'
import { mount, mountFileForSession, mountForSession, type Door } from '../../http/mount.ts'
import type { BulkExportsService } from './bulkExports.service.ts'
import type { ErasuresService } from './erasures.service.ts'
import type { PersonalExportsService } from './personalExports.service.ts'
import type { RetentionService } from './retention.service.ts'

export interface PrivacyServices {
  erasures: ErasuresService
  personalExports: PersonalExportsService
  bulkExports: BulkExportsService
  retention: RetentionService
}

export const privacyRoutes = (
  door: Door,
  { erasures, personalExports, bulkExports, retention }: PrivacyServices,
): void => {
  mount(door, api.findHeldPeople, (actor, { body }) => erasures.search(actor, body))
  mount(door, api.erasePerson, (actor, { params, body, intent }) =>
    erasures.ask(actor, params.externalUserId, body, intent),
  )
  mount(door, api.listErasures, (actor, { query }) => erasures.list(actor, query))
  mount(door, api.getErasure, (actor, { params }) => erasures.get(actor, params.erasureId))

  /** Files are for the session in which they were asked for. */
  const known = async (session: Buffer | undefined) => {
    const actor = await door.authenticate(session)
    if (!session) throw new Unauthenticated()
    return { actor, session }
  }
  mountForSession(door, api.exportPerson, async (hash, { params, body, intent }) => {
    const { actor, session } = await known(hash)
    return personalExports.make(actor, session, params.externalUserId, body, intent)
  })
  mountFileForSession(door, api.fetchPersonalExport, async (hash, { params }) => {
    const { actor, session } = await known(hash)
    return personalExports.takeFile(actor, session, params.exportId)
  })
  mountForSession(door, api.listBulkExports, async hash => {
    const { actor, session } = await known(hash)
    return bulkExports.list(actor, session)
  })
  mountForSession(door, api.askBulkExport, async (hash, { body, intent }) => {
    const { actor, session } = await known(hash)
    return bulkExports.ask(actor, session, body, intent)
  })
  mountForSession(door, api.decideBulkExport, async (hash, { params, body, intent }) => {
    const { actor, session } = await known(hash)
    return bulkExports.decide(actor, session, params.bulkExportId, body, intent)
  })
  mountFileForSession(door, api.fetchBulkExport, async (hash, { params }) => {
    const { actor, session } = await known(hash)
    return bulkExports.takeFile(actor, session, params.bulkExportId)
  })

  mount(door, api.getRetention, actor => retention.get(actor))
  mount(door, api.changeRetention, (actor, { body, version }) => retention.change(actor, body, version))
}
