import { ref } from 'vue'

/** Changes something, keeps the words of a refusal, and looks again. */
export function useTry(look: () => Promise<unknown>) {
  const refused = ref('')
  async function attempt(change: () => Promise<unknown>): Promise<void> {
    try {
      await change()
      refused.value = ''
    } catch (cause) {
      refused.value = cause instanceof Error ? cause.message : String(cause)
    }
    await look()
  }
  return { refused, attempt }
}
