import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Db } from './db/db.ts'
import { createHolders } from './domains/coupons/couponHolder.ts'
import { auditJobs } from './domains/audit/audit.jobs.ts'
import { createAuditChainService } from './domains/audit/auditChain.service.ts'
import { createAuditLogService } from './domains/audit/auditLog.service.ts'
import { createDenialsService } from './domains/audit/denials.service.ts'
import { createCouponPageService } from './domains/coupons/couponPage.service.ts'
import { channelCodesJobs } from './domains/channelCodes/channelCodes.jobs.ts'
import { createChannelCodesService } from './domains/channelCodes/channelCodes.service.ts'
import { createWelcomesService } from './domains/channelCodes/welcomes.service.ts'
import { createCouponsService } from './domains/coupons/coupons.service.ts'
import { createCouponPiecesService } from './domains/coupons/pieces.service.ts'
import { createCouponSharesService } from './domains/coupons/shares.service.ts'
import { createCouponTemplatesService } from './domains/coupons/templates.service.ts'
import { createTillService } from './domains/coupons/till.service.ts'
import { couponsJobs } from './domains/coupons/coupons.jobs.ts'
import { createCustomersService } from './domains/customers/customers.service.ts'
import { createEngravingsService } from './domains/engravings/engravings.service.ts'
import { createGroupsService } from './domains/groups/groups.service.ts'
import { createHealthService } from './domains/health/health.service.ts'
import { createRevealService } from './domains/customers/reveal.service.ts'
import { createRemarksService } from './domains/customers/remarks.service.ts'
import { createDeliveryService } from './domains/outbox/delivery.service.ts'
import { createNoticeHandler } from './domains/outbox/notices.ts'
import { outboxJobs } from './domains/outbox/outbox.jobs.ts'
import { createOutboxService } from './domains/outbox/outbox.service.ts'
import { createFactsService } from './domains/people/facts.service.ts'
import { createMinorsService } from './domains/people/minors.service.ts'
import { peopleJobs } from './domains/people/people.jobs.ts'
import { createPeopleService } from './domains/people/people.service.ts'
import { createBulkExportsService } from './domains/privacy/bulkExports.service.ts'
import { createErasuresService } from './domains/privacy/erasures.service.ts'
import { createPersonalExportsService } from './domains/privacy/personalExports.service.ts'
import { privacyJobs } from './domains/privacy/privacy.jobs.ts'
import { createRetentionService } from './domains/privacy/retention.service.ts'
import { createPurchaseImportsService } from './domains/purchases/imports.service.ts'
import { purchasesJobs } from './domains/purchases/purchases.jobs.ts'
import { createPurchasesService } from './domains/purchases/purchases.service.ts'
import { createDigestsService } from './domains/reminders/digests.service.ts'
import { createReminderRulesService } from './domains/reminders/reminderRules.service.ts'
import { createRestraintService } from './domains/restraint/restraint.service.ts'
import { createRemindersService } from './domains/reminders/reminders.service.ts'
import { remindersJobs } from './domains/reminders/reminders.jobs.ts'
import { mediaJobs } from './domains/media/media.jobs.ts'
import { createMediaService } from './domains/media/media.service.ts'
import { createAssetsService } from './domains/scripts/assets.service.ts'
import { createLibraryService } from './domains/scripts/library.service.ts'
import { createScriptFilesService } from './domains/scripts/scriptFiles.service.ts'
import { createScriptDaysService } from './domains/scripts/scriptDays.service.ts'
import { scriptsJobs } from './domains/scripts/scripts.jobs.ts'
import { createScriptsService } from './domains/scripts/scripts.service.ts'
import { createSendsService } from './domains/sends/sends.service.ts'
import { sendsJobs } from './domains/sends/sends.jobs.ts'
import { createDevicesService } from './domains/session/devices.service.ts'
import { createSessionService } from './domains/session/session.service.ts'
import { createVisitorsService } from './domains/session/visitors.service.ts'
import { sessionJobs } from './domains/session/session.jobs.ts'
import { createHandoverService } from './domains/staff/handover.service.ts'
import { createStaffService } from './domains/staff/staff.service.ts'
import { staffJobs } from './domains/staff/staff.jobs.ts'
import { createCouponStatsService } from './domains/stats/couponStats.service.ts'
import { statsJobs } from './domains/stats/stats.jobs.ts'
import { createScriptStatsService } from './domains/stats/scriptStats.service.ts'
import { createStatsService } from './domains/stats/stats.service.ts'
import { createEventsService } from './domains/sync/events.service.ts'
import { createSyncService } from './domains/sync/sync.service.ts'
import { syncJobs } from './domains/sync/sync.jobs.ts'
import { createTagsService } from './domains/tags/tags.service.ts'
import type { BulkQueue, JobWork } from './jobs/job.ts'
import { createLimits } from './limits/limits.ts'
import { createSealing } from './sealing.ts'
import type { WecomClient } from './wecom/client.ts'

export interface Platform {
  config: Config
  /** the corp this server works for (`WECOM_CORP_ID`) */
  corpId: number
  db: Db
  clock: Clock
  log: Logger
  queue: BulkQueue
  wecom: WecomClient
}

/** The whole wiring of the server, lowest shelf first. */
export function compose({ config, corpId, db, clock, log, queue, wecom }: Platform) {
  const { timeZone, publicUrl } = config
  const sealing = createSealing(config.sessionSecret)
  const limits = createLimits({ db, clock, log, sealing, settings: config.limits })
  const auditChain = createAuditChainService({ db, clock, log, corpId })
  const denials = createDenialsService({ db, clock, log, corpId })
  const session = createSessionService({ db, clock, log, wecom, sealing, config, corpId, denials })
  const devices = createDevicesService({ db, clock })
  const auditLog = createAuditLogService({ db, clock, sealing, timeZone })
  const outbox = createOutboxService({ db, clock, queue })
  const customers = createCustomersService({ db, clock, sealing, limits, timeZone })
  const reveal = createRevealService({ db, clock, sealing, customers })
  const remarks = createRemarksService({ db, clock, wecom, customers, outbox })
  const tags = createTagsService({ db, clock, log, outbox, wecom, customers })
  const reminders = createRemindersService({ db, clock, customers, timeZone })
  const reminderRules = createReminderRulesService({ db, clock, queue })
  const digests = createDigestsService({ db, clock, outbox, reminders, corpId, timeZone })
  const people = createPeopleService({ db, clock, customers, reminders, timeZone })
  const facts = createFactsService({ db, clock, customers, reminders, people, timeZone })
  const minors = createMinorsService({ db, clock, timeZone })
  const media = createMediaService({ db, clock, log, queue, wecom, corpId })
  const scripts = createScriptsService({ db, clock, timeZone })
  const scriptAssets = createAssetsService({ db, clock, media })
  const scriptLibrary = createLibraryService({ db, clock, assets: scriptAssets, timeZone })
  const scriptFiles = createScriptFilesService({ db, clock, assets: scriptAssets })
  const groups = createGroupsService({ db, clock, timeZone })
  const purchases = createPurchasesService({ db, clock, queue, sealing, customers, timeZone })
  const purchaseImports = createPurchaseImportsService({ db, clock, sealing, customers, timeZone })
  const engravings = createEngravingsService({ db, clock, customers, media, reminders, timeZone })
  const restraint = createRestraintService({ db, clock, customers, timeZone })
  const sends = createSendsService({
    db,
    clock,
    customers,
    reminders,
    groups,
    engravings,
    assets: scriptAssets,
    purchases,
    restraint,
    timeZone,
  })
  const coupons = createCouponsService({ db, clock, customers, restraint, sends, publicUrl, timeZone })
  const couponTemplates = createCouponTemplatesService({ db, clock, media, timeZone })
  const till = createTillService({ db, clock, limits, customers, purchases, reminders, timeZone })
  const couponShares = createCouponSharesService({
    db,
    clock,
    customers,
    groups,
    restraint,
    sends,
    coupons,
    publicUrl,
    timeZone,
  })
  const couponPieces = createCouponPiecesService({ db, clock, sealing, shares: couponShares, timeZone })
  const visitors = createVisitorsService({ db, clock, wecom, config })
  const holders = createHolders(sealing, clock)
  const couponPages = createCouponPageService({
    db,
    clock,
    coupons,
    shares: couponShares,
    templates: couponTemplates,
    timeZone,
  })
  const channelCodes = createChannelCodesService({ db, clock, outbox, tags, wecom })
  const welcomes = createWelcomesService({ db, clock, log, queue, sealing, wecom, customers, coupons })
  const staff = createStaffService({
    db,
    clock,
    log,
    sealing,
    corpId,
    wecom,
    session,
    outbox,
    customers,
    reminders,
  })
  const handover = createHandoverService({
    db,
    clock,
    log,
    sealing,
    corpId,
    wecom,
    outbox,
    customers,
    staff,
  })
  const sync = createSyncService({
    db,
    clock,
    log,
    queue,
    wecom,
    sealing,
    corpId,
    channelCodes,
    groups,
    scripts,
    staff,
    timeZone,
  })
  const events = createEventsService({
    db,
    clock,
    log,
    queue,
    wecom,
    sealing,
    config,
    corpId,
    customers,
    channelCodes,
    welcomes,
    groups,
    pullTags: sync.pullTags,
    staff,
    handover,
  })
  const erasures = createErasuresService({ db, clock, queue, sealing, corpId })
  const personalExports = createPersonalExportsService({
    db,
    clock,
    sealing,
    customers,
    reveal,
    limits,
    auditLog,
    timeZone,
  })
  const bulkExports = createBulkExportsService({ db, clock, queue, sealing, limits, corpId, timeZone })
  const retention = createRetentionService({ db, clock, queue, corpId })
  const scriptDays = createScriptDaysService({ db, clock, timeZone })
  const stats = createStatsService({ db, clock, timeZone })
  const scriptStats = createScriptStatsService({ db, clock, timeZone })
  const couponStats = createCouponStatsService({ db, clock, timeZone })
  const health = createHealthService({ db, wecom, corpId, config, clock })
  const delivery = createDeliveryService({
    db,
    clock,
    log,
    queue,
    wecom,
    handlers: {
      tags: tags.handler,
      remark: remarks.handler,
      transfer: handover.handler,
      contactWay: channelCodes.handler,
      message: createNoticeHandler({ db, wecom, publicUrl, clock }),
    },
  })
  return {
    limits,
    auditChain,
    denials,
    auditLog,
    session,
    devices,
    outbox,
    delivery,
    customers,
    reveal,
    remarks,
    tags,
    reminders,
    reminderRules,
    digests,
    people,
    facts,
    minors,
    media,
    scripts,
    scriptAssets,
    scriptLibrary,
    scriptFiles,
    scriptDays,
    groups,
    engravings,
    purchases,
    purchaseImports,
    restraint,
    sends,
    coupons,
    couponTemplates,
    till,
    couponPieces,
    couponShares,
    couponPages,
    visitors,
    holders,
    channelCodes,
    welcomes,
    staff,
    handover,
    sync,
    events,
    erasures,
    personalExports,
    bulkExports,
    retention,
    corpId,
    stats,
    scriptStats,
    couponStats,
    health,
  }
}

export type Services = ReturnType<typeof compose>

/** Everything that runs without a person asking. */
export const jobsOf = (services: Services): JobWork<unknown>[] => [
  ...auditJobs(services.auditChain, services.denials),
  ...sessionJobs(services.session),
  ...outboxJobs(services.delivery),
  ...peopleJobs(services.minors),
  ...remindersJobs(services.reminders, services.digests),
  ...purchasesJobs(services.purchases),
  ...mediaJobs(services.media),
  ...scriptsJobs(services.scriptAssets, services.scriptDays),
  ...sendsJobs(services.sends),
  ...couponsJobs(services),
  ...channelCodesJobs(services.channelCodes, services.welcomes),
  ...staffJobs(services.staff, services.handover),
  ...statsJobs(services.stats, services.couponStats),
  ...syncJobs(services.sync, services.events),
  ...privacyJobs(services),
]
