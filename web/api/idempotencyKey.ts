/** A new `Idempotency-Key`, one per intention: a random UUID (`crypto.randomUUID` is younger than the browsers we serve). */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** One key per intention: the same question keeps its key until it was answered. */
export function createIntention() {
  let key = newIdempotencyKey()
  let asked = ''
  return {
    keyOf(question: unknown): string {
      const text = JSON.stringify(question)
      if (text !== asked) key = newIdempotencyKey()
      asked = text
      return key
    },
    /** The same question from now on is a new one. */
    answered: () => void (asked = ''),
  }
}
