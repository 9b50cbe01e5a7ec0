import * as audit from './audit.ts'
import * as channelCodes from './channelCodes.ts'
import * as contactRules from './contactRules.ts'
import * as coupons from './coupons.ts'
import * as couponResults from './couponResults.ts'
import * as couponPieces from './couponPieces.ts'
import * as couponShares from './couponShares.ts'
import * as couponTemplates from './couponTemplates.ts'
import * as customers from './customers.ts'
import * as facts from './facts.ts'
import * as engravings from './engravings.ts'
import * as groups from './groups.ts'
import * as health from './health.ts'
import * as outbox from './outbox.ts'
import * as notices from './notices.ts'
import * as people from './people.ts'
import * as privacy from './privacy.ts'
import * as purchases from './purchases.ts'
import * as redemptions from './redemptions.ts'
import * as reminderRules from './reminderRules.ts'
import * as reminders from './reminders.ts'
import * as scripts from './scripts.ts'
import * as scriptFiles from './scriptFiles.ts'
import * as scriptLibrary from './scriptLibrary.ts'
import * as scriptResults from './scriptResults.ts'
import * as sends from './sends.ts'
import * as session from './session.ts'
import * as staff from './staff.ts'
import * as stats from './stats.ts'
import * as sync from './sync.ts'
import * as tags from './tags.ts'

/** Every operation of `/api`, by its id. The server mounts exactly these; the OpenAPI document follows. */
export const api = {
  getSession: session.getSession,
  endSession: session.endSession,
  listDevices: session.listDevices,
  endDevice: session.endDevice,
  endOtherDevices: session.endOtherDevices,
  endSessionsOf: session.endSessionsOf,
  getJssdkSignature: session.getJssdkSignature,
  listCustomers: customers.listCustomers,
  getCard: customers.getCard,
  revealCustomer: customers.revealCustomer,
  changeProfile: customers.changeProfile,
  changeRemark: customers.changeRemark,
  listTimeline: customers.listTimeline,
  changeQuiet: contactRules.changeQuiet,
  getContactRules: contactRules.getContactRules,
  changeContactRules: contactRules.changeContactRules,
  listChannelCodes: channelCodes.listChannelCodes,
  getChannelCode: channelCodes.getChannelCode,
  addChannelCode: channelCodes.addChannelCode,
  changeChannelCode: channelCodes.changeChannelCode,
  removeChannelCode: channelCodes.removeChannelCode,
  listPurchases: purchases.listPurchases,
  addPurchase: purchases.addPurchase,
  changePurchase: purchases.changePurchase,
  removePurchase: purchases.removePurchase,
  restorePurchase: purchases.restorePurchase,
  answerTrace: purchases.answerTrace,
  getTraceWindows: purchases.getTraceWindows,
  changeTraceWindows: purchases.changeTraceWindows,
  previewImport: purchases.previewImport,
  importPurchases: purchases.importPurchases,
  listImports: purchases.listImports,
  undoImport: purchases.undoImport,
  getMyResults: stats.getMyResults,
  getTeamResults: stats.getTeamResults,
  getMyScriptResults: scriptResults.getMyScriptResults,
  getScriptResults: scriptResults.getScriptResults,
  listWatchedScripts: scriptResults.listWatchedScripts,
  getMyCouponResults: couponResults.getMyCouponResults,
  getCouponResults: couponResults.getCouponResults,
  listTagGroups: tags.listTagGroups,
  setTagChoice: tags.setTagChoice,
  listCustomerTags: tags.listCustomerTags,
  changeTags: tags.changeTags,
  listUnsent: outbox.listUnsent,
  retryUnsent: outbox.retryUnsent,
  dismissUnsent: outbox.dismissUnsent,
  listPeople: people.listPeople,
  addDate: people.addDate,
  changeDate: people.changeDate,
  removeDate: people.removeDate,
  changePerson: people.changePerson,
  removePerson: people.removePerson,
  withdrawConsent: people.withdrawConsent,
  noteFacts: facts.noteFacts,
  undoFamily: people.undoFamily,
  getMinorReport: people.getMinorReport,
  getToday: reminders.getToday,
  actOnReminder: reminders.actOnReminder,
  addPromise: reminders.addPromise,
  removePromise: reminders.removePromise,
  focusReminder: reminders.focusReminder,
  getReminderRules: reminderRules.getReminderRules,
  changeReminderRules: reminderRules.changeReminderRules,
  getNoticeSettings: notices.getNoticeSettings,
  changeNoticeSettings: notices.changeNoticeSettings,
  listScripts: scripts.listScripts,
  listManagedScripts: scriptLibrary.listManagedScripts,
  addScript: scriptLibrary.addScript,
  changeScript: scriptLibrary.changeScript,
  archiveScript: scriptLibrary.archiveScript,
  restoreScript: scriptLibrary.restoreScript,
  copyScript: scriptLibrary.copyScript,
  listScriptVersions: scriptLibrary.listScriptVersions,
  orderScripts: scriptLibrary.orderScripts,
  markFavourite: scriptLibrary.markFavourite,
  pinScripts: scriptLibrary.pinScripts,
  addScriptAsset: scriptLibrary.addScriptAsset,
  getScriptAsset: scriptLibrary.getScriptAsset,
  previewScriptImport: scriptFiles.previewScriptImport,
  importScripts: scriptFiles.importScripts,
  exportScripts: scriptFiles.exportScripts,
  listEngravingOffers: engravings.listEngravingOffers,
  changeEngravingOffer: engravings.changeEngravingOffer,
  listEngravings: engravings.listEngravings,
  addEngraving: engravings.addEngraving,
  changeEngraving: engravings.changeEngraving,
  removeEngraving: engravings.removeEngraving,
  putEngravingPicture: engravings.putEngravingPicture,
  startSend: sends.startSend,
  listOpenSends: sends.listOpenSends,
  getSend: sends.getSend,
  finishSend: sends.finishSend,
  startGroupSend: sends.startGroupSend,
  listOpenGroupSends: sends.listOpenGroupSends,
  finishGroupSend: sends.finishGroupSend,
  listCustomerCoupons: coupons.listCustomerCoupons,
  reserveCoupon: coupons.reserveCoupon,
  confirmCoupon: coupons.confirmCoupon,
  releaseCoupon: coupons.releaseCoupon,
  findCoupon: coupons.findCoupon,
  listRedemptions: redemptions.listRedemptions,
  redeemCoupon: coupons.redeemCoupon,
  undoRedeem: coupons.undoRedeem,
  revokeCoupon: coupons.revokeCoupon,
  listGroupCoupons: couponShares.listGroupCoupons,
  reserveCouponShare: couponShares.reserveCouponShare,
  confirmCouponShare: couponShares.confirmCouponShare,
  releaseCouponShare: couponShares.releaseCouponShare,
  withdrawCouponShare: couponShares.withdrawCouponShare,
  listCouponPieces: couponPieces.listCouponPieces,
  findCouponPiece: couponPieces.findCouponPiece,
  listCouponTemplates: couponTemplates.listCouponTemplates,
  listCustomerTiers: couponTemplates.listCustomerTiers,
  addCouponTemplate: couponTemplates.addCouponTemplate,
  getCouponTemplate: couponTemplates.getCouponTemplate,
  changeCouponTemplate: couponTemplates.changeCouponTemplate,
  addCouponPicture: couponTemplates.addCouponPicture,
  getGroup: groups.getGroup,
  listStaff: staff.listStaff,
  listStores: staff.listStores,
  changeStore: staff.changeStore,
  addManager: staff.addManager,
  removeManager: staff.removeManager,
  listLeavers: staff.listLeavers,
  listWaiting: staff.listWaiting,
  transferCustomers: staff.transferCustomers,
  getSync: sync.getSync,
  pullNow: sync.pullNow,
  checkHealth: health.checkHealth,
  listAudit: audit.listAudit,
  exportAudit: audit.exportAudit,
  findHeldPeople: privacy.findHeldPeople,
  exportPerson: privacy.exportPerson,
  fetchPersonalExport: privacy.fetchPersonalExport,
  erasePerson: privacy.erasePerson,
  getErasure: privacy.getErasure,
  listErasures: privacy.listErasures,
  listBulkExports: privacy.listBulkExports,
  askBulkExport: privacy.askBulkExport,
  decideBulkExport: privacy.decideBulkExport,
  fetchBulkExport: privacy.fetchBulkExport,
  getRetention: privacy.getRetention,
  changeRetention: privacy.changeRetention,
} as const
