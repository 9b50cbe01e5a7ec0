import { onMounted, onUnmounted, ref } from 'vue'

/**
 * Addresses such as `#/today` belong to the workbench; everything else is the sidebar, also `#wechat_redirect`, which the login
 * leaves behind: a fragment lives on through redirects.
 */
const isSidebarHash = () => !/^#\/\w/.test(location.hash)

/** Whether the address names the sidebar. It alone needs no router, and so does not wait for one. */
export function useIsSidebar() {
  const isSidebar = ref(isSidebarHash())
  const look = () => (isSidebar.value = isSidebarHash())
  onMounted(() => {
    addEventListener('hashchange', look)
    addEventListener('popstate', look)
  })
  onUnmounted(() => {
    removeEventListener('hashchange', look)
    removeEventListener('popstate', look)
  })
  return isSidebar
}
