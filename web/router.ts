import { createRouter, createWebHashHistory } from 'vue-router'
import SidebarView from './views/SidebarView.vue'

/** Hash routes: a changed path would make the SDK sign again. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: SidebarView },
    { path: '/today', component: () => import('./views/TodayView.vue'), meta: { hasTabBar: true } },
    { path: '/customers', component: () => import('./views/CustomersView.vue'), meta: { hasTabBar: true } },
    { path: '/:unknown(.*)*', redirect: '/' },
  ],
})
