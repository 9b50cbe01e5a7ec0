import { shallowReactive } from 'vue'

/** After that she begins anew: nobody remembers what stands in the chat. */
const HELD_MS = 10 * 60_000

/** Outlives the card, which is drawn anew when she turns to another chat and back. */
const arrived = shallowReactive(new Map<string, number>())

/** Of a message whose coupon was given back half-way: how many of its parts are in the chat already. */
export const wordsInChat = {
  count: (message: string): number => arrived.get(message) ?? 0,
  note(message: string, parts: number): void {
    if (parts === 0) return
    arrived.set(message, wordsInChat.count(message) + parts)
    setTimeout(() => arrived.delete(message), HELD_MS)
  },
  forget: (message: string) => void arrived.delete(message),
}
