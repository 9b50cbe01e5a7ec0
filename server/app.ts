import { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Services } from './compose.ts'
import { auditRoutes } from './domains/audit/audit.routes.ts'
import { channelCodesRoutes } from './domains/channelCodes/channelCodes.routes.ts'
import { couponPageRoutes } from './domains/coupons/couponPage.routes.ts'
import { couponsRoutes } from './domains/coupons/coupons.routes.ts'
import { customersRoutes } from './domains/customers/customers.routes.ts'
import { remarksRoutes } from './domains/customers/remarks.routes.ts'
import { engravingsRoutes } from './domains/engravings/engravings.routes.ts'
import { groupsRoutes } from './domains/groups/groups.routes.ts'
import { healthChecksRoutes } from './domains/health/health.routes.ts'
import { outboxRoutes } from './domains/outbox/outbox.routes.ts'
import { peopleRoutes } from './domains/people/people.routes.ts'
import { privacyRoutes } from './domains/privacy/privacy.routes.ts'
import { purchasesRoutes } from './domains/purchases/purchases.routes.ts'
import { restraintRoutes } from './domains/restraint/restraint.routes.ts'
import { remindersRoutes } from './domains/reminders/reminders.routes.ts'
import { scriptsRoutes } from './domains/scripts/scripts.routes.ts'
import { sendsRoutes } from './domains/sends/sends.routes.ts'
import { documentRoutes } from './domains/session/document.routes.ts'
import { loginRoutes } from './domains/session/login.routes.ts'
import { sessionRoutes } from './domains/session/session.routes.ts'
import { staffRoutes } from './domains/staff/staff.routes.ts'
import { statsRoutes } from './domains/stats/stats.routes.ts'
import { callbackRoutes } from './domains/sync/callback.routes.ts'
import { syncRoutes } from './domains/sync/sync.routes.ts'
import { tagsRoutes } from './domains/tags/tags.routes.ts'
import { respondToUnknown } from './http/allowedMethods.ts'
import { apiDocsPage, type ApiDocument } from './http/apiDocs.ts'
import { createClientAddress } from './http/clientAddress.ts'
import type { Drain } from './http/drain.ts'
import { guardOrigin } from './http/guardOrigin.ts'
import { healthRoutes } from './http/health.ts'
import { limitBody } from './http/limitBody.ts'
import { limitPace } from './http/limitPace.ts'
import { metricsRoutes } from './http/metrics.ts'
import type { AppEnv } from './http/env.ts'
import type { Door } from './http/mount.ts'
import { ownershipFile } from './http/ownershipFile.ts'
import { assertOnlyKnownRoutes } from './http/openRoutes.ts'
import { respondToError } from './http/problem.ts'
import { readSession } from './http/readSession.ts'
import { requestLog } from './http/requestLog.ts'
import { securityHeaders } from './http/securityHeaders.ts'
import { staticFiles } from './http/staticFiles.ts'
import type { WebFiles } from './http/webFiles.ts'
import type { Metrics } from './metrics/metrics.ts'

const BODY_LIMIT_BYTES = 64 * 1024

export interface AppParts {
  services: Services
  config: Pick<Config, 'publicUrl' | 'timeZone' | 'wecom' | 'dataDir' | 'metricsToken' | 'trustedProxies'>
  log: Logger
  metrics: Metrics
  drain: Drain
  /** The built sidebar: the document's template and its assets. */
  web: WebFiles
  /** Whether the database answers and its schema is the code's. */
  isReady: () => Promise<{ ready: boolean; reasons: string[] }>
}

/** The HTTP side of the server: no port, no clock, no environment. */
export function createApp({
  services,
  config,
  log,
  metrics,
  drain,
  web,
  isReady,
}: AppParts): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>()
  app.use(
    requestLog(log, metrics),
    securityHeaders(config.publicUrl),
    drain.middleware,
    readSession(config.publicUrl),
  )
  app.use('/api/*', limitPace(services.limits), limitBody(BODY_LIMIT_BYTES), guardOrigin(config.publicUrl))
  app.onError((error, c) => respondToError(error, c, log))
  app.notFound(respondToUnknown(() => app.routes))

  const door: Door = {
    app,
    authenticate: hash => services.session.authenticate(hash),
    noteRefusal: refused => services.denials.note(refused),
    limits: services.limits,
  }
  auditRoutes(door, services.auditLog)
  sessionRoutes(door, services.session, services.devices)
  customersRoutes(door, services.customers, services.reveal)
  remarksRoutes(door, services.remarks)
  outboxRoutes(door, services.delivery)
  tagsRoutes(door, services.tags)
  peopleRoutes(door, services)
  remindersRoutes(door, services)
  scriptsRoutes(door, services)
  purchasesRoutes(door, services.purchases, services.purchaseImports)
  engravingsRoutes(door, services.engravings)
  restraintRoutes(door, services.restraint)
  sendsRoutes(door, services.sends)
  couponsRoutes(door, services)
  channelCodesRoutes(door, services.channelCodes)
  groupsRoutes(door, services.groups)
  staffRoutes(door, services.staff, services.handover)
  syncRoutes(door, services.sync)
  statsRoutes(door, services.stats, services.scriptStats, services.couponStats)
  healthChecksRoutes(door, services.health)
  privacyRoutes(door, services)

  const document = {
    openapi: '3.1.0',
    info: { title: 'Guidebar 导购侧边栏', version: '1' },
    servers: [{ url: config.publicUrl }],
  }
  app.doc31('/api/openapi.json', document)
  app.get('/api/docs', c => apiDocsPage(c, app.getOpenAPI31Document(document) as ApiDocument))

  app.route('/', callbackRoutes(services.events))
  app.route(
    '/',
    loginRoutes(services.session, config, {
      limits: services.limits,
      clientOf: createClientAddress(config.trustedProxies),
    }),
  )
  app.route('/', documentRoutes(services.session, web))
  app.route('/', couponPageRoutes({ ...services, pages: services.couponPages, config }))
  app.route('/', healthRoutes(isReady))
  app.route('/', metricsRoutes(metrics, config.metricsToken))
  app.route('/', ownershipFile(config.dataDir))
  app.route('/', staticFiles(web))
  assertOnlyKnownRoutes(app.routes)
  return app
}
