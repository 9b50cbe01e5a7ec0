import { onMounted, onUnmounted, ref } from 'vue'

/** The sidebar is the page without a hash; everything else belongs to the workbench. */
const isSidebarHash = () => /^#?\/?(\?.*)?$/.test(location.hash)

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
