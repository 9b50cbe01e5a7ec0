let isWarm = false

/** When the first screen stands and nothing else is to do, fetches what the first tap will need. Once per page. */
export function warmUp(): void {
  if (isWarm) return
  isWarm = true
  const fetchAll = () => {
    // What does not come now comes with the tap.
    const parts = [
      import('../api/tags.ts'),
      import('../api/sends.ts'),
      import('../api/reminders.ts'),
      import('../domains/reminders/PromiseSheet.vue'),
    ]
    void Promise.allSettled(parts)
  }
  if ('requestIdleCallback' in window) requestIdleCallback(fetchAll, { timeout: 3_000 })
  else setTimeout(fetchAll, 1_000)
}
