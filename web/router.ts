import { nextTick } from 'vue'
import { createRouter, createWebHashHistory, START_LOCATION } from 'vue-router'
import { keepFocus } from './ui/keepFocus.ts'
import { missParts } from './ui/missingParts.ts'
import { isUnreachable } from './ui/problemTitle.ts'
import { closeSheets, stepBackBy } from './ui/sheetHistory.ts'

const pages = createWebHashHistory()
stepBackBy(() => pages.go(-1, false))

/**
 * The pages of the workbench. Hash routes: a changed path would make the SDK sign again. The sidebar (`#/`) is decided by the
 * chat and drawn without a router (`useIsSidebar`); unknown addresses lead to 今日.
 */
export const router = createRouter({
  history: pages,
  routes: [
    // Left for the sidebar: nothing to draw here, App.vue does.
    { path: '/', component: { render: () => null } },
    { path: '/today', component: () => import('./views/TodayView.vue') },
    {
      path: '/customers',
      component: () => import('./views/CustomersView.vue'),
      // `of`: a member's customers, for the manager of her store; another member is another list.
      props: route => ({ of: typeof route.query['of'] === 'string' ? route.query['of'] : undefined }),
    },
    { path: '/redeem', component: () => import('./views/RedeemView.vue') },
    { path: '/me', component: () => import('./views/MeView.vue') },
    { path: '/devices', component: () => import('./views/DevicesView.vue') },
    { path: '/results', component: () => import('./views/ResultsView.vue') },
    {
      path: '/script-results',
      component: () => import('./views/ScriptResultsView.vue'),
      props: { area: 'own' },
    },
    {
      path: '/coupon-results',
      component: () => import('./views/CouponResultsView.vue'),
      props: { area: 'own' },
    },
    {
      path: '/scripts',
      component: () => import('./views/ScriptLibraryView.vue'),
      props: { area: 'own' },
    },
    {
      path: '/scripts/:scriptId',
      component: () => import('./views/ScriptEditView.vue'),
      props: route => ({ area: 'own', scriptId: route.params['scriptId'] }),
    },
    { path: '/outbox', component: () => import('./views/OutboxView.vue') },
    {
      path: '/console',
      component: () => import('./views/ConsoleGate.vue'),
      children: [
        { path: '', component: () => import('./views/ConsoleView.vue') },
        { path: 'staff', component: () => import('./views/StaffView.vue') },
        { path: 'handover', component: () => import('./views/HandoverView.vue') },
        { path: 'handover/:userId', component: () => import('./views/LeaverView.vue'), props: true },
        { path: 'results', component: () => import('./views/TeamResultsView.vue') },
        {
          path: 'script-results',
          component: () => import('./views/ScriptResultsView.vue'),
          props: { area: 'console' },
        },
        {
          path: 'coupon-results',
          component: () => import('./views/CouponResultsView.vue'),
          props: { area: 'console' },
        },
        { path: 'channel-codes', component: () => import('./views/ChannelCodesView.vue') },
        {
          path: 'channel-codes/:channelCodeId',
          component: () => import('./views/ChannelCodeView.vue'),
          props: true,
        },
        { path: 'coupons', component: () => import('./views/CouponTemplatesView.vue') },
        {
          path: 'coupons/:templateId',
          component: () => import('./views/CouponTemplateView.vue'),
          props: true,
        },
        {
          path: 'coupons/:templateId/pieces',
          component: () => import('./views/CouponPiecesView.vue'),
          props: true,
        },
        { path: 'contact-rules', component: () => import('./views/ContactRulesView.vue') },
        { path: 'purchases', component: () => import('./views/ImportPurchasesView.vue') },
        {
          path: 'scripts',
          component: () => import('./views/ScriptLibraryView.vue'),
          props: { area: 'console' },
        },
        { path: 'scripts/files', component: () => import('./views/ScriptFilesView.vue') },
        {
          path: 'scripts/:scriptId',
          component: () => import('./views/ScriptEditView.vue'),
          props: route => ({ area: 'console', scriptId: route.params['scriptId'] }),
        },
        { path: 'stores', component: () => import('./views/StoresView.vue'), meta: { isForAdmin: true } },
        {
          path: 'reminders',
          component: () => import('./views/ReminderRulesView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'engraving',
          component: () => import('./views/EngravingOffersView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'minors',
          component: () => import('./views/MinorReportView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'audit',
          component: () => import('./views/AuditView.vue'),
          meta: { isForAdmin: true },
          props: route => ({
            member: typeof route.query['member'] === 'string' ? route.query['member'] : undefined,
            customer: typeof route.query['customer'] === 'string' ? route.query['customer'] : undefined,
          }),
        },
        {
          path: 'privacy',
          component: () => import('./views/PrivacyView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'privacy/erasures',
          component: () => import('./views/ErasuresView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'privacy/bulk',
          component: () => import('./views/BulkExportsView.vue'),
          meta: { isForAdmin: true },
        },
        {
          path: 'privacy/retention',
          component: () => import('./views/RetentionView.vue'),
          meta: { isForAdmin: true },
        },
        { path: 'health', component: () => import('./views/HealthView.vue'), meta: { isForAdmin: true } },
      ],
    },
    { path: '/:unknown(.*)*', redirect: '/today' },
  ],
})

// Also of a link or an act inside a sheet. The guide's own step back from a sheet changes no address.
router.beforeEach(async (to, from) => {
  if (to.fullPath !== from.fullPath) await closeSheets()
})

// A page that does not come: the one before stays, and says so (App.vue).
const missing = missParts()
router.onError((error, to) => {
  if (isUnreachable(error)) missing.note(() => void router.push(to.fullPath), { isSheet: true })
})
router.afterEach((_to, from, failure) => {
  if (failure) return
  missing.forget()
  // What was pressed to come here is gone with its page: the keyboard goes on from the top of this one, and the page is called
  // out. The bar at the foot stays, and so does the focus on it.
  if (from !== START_LOCATION) void nextTick(() => keepFocus(null, document.querySelector('main h1')))
})
