import { createRouter, createWebHashHistory } from 'vue-router'

/**
 * The pages of the workbench. Hash routes: a changed path would make the SDK sign again. The sidebar (`#/`) is decided by the
 * chat and drawn without a router (`useIsSidebar`); unknown addresses lead to 今日.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    // Left for the sidebar: nothing to draw here, App.vue does.
    { path: '/', component: { render: () => null } },
    { path: '/today', component: () => import('./views/TodayView.vue') },
    { path: '/customers', component: () => import('./views/CustomersView.vue') },
    { path: '/:unknown(.*)*', redirect: '/today' },
  ],
})
