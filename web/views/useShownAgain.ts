import { onMounted, onUnmounted } from 'vue'

/** Calls back whenever the page comes to the front again, e.g. when the guide returns from a chat. */
export function useShownAgain(look: () => void): void {
  const shown = () => {
    if (document.visibilityState !== 'hidden') look()
  }
  onMounted(() => document.addEventListener('visibilitychange', shown))
  onUnmounted(() => document.removeEventListener('visibilitychange', shown))
}
