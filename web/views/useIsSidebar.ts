import { onMounted, onUnmounted, ref } from 'vue'
import { isSidebarAddress } from '../sidebarAddress.ts'

/** Whether the address names the sidebar. It alone needs no router, and so does not wait for one. */
export function useIsSidebar() {
  const isSidebar = ref(isSidebarAddress())
  const look = () => (isSidebar.value = isSidebarAddress())
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
