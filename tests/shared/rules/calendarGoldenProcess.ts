import { computeGolden } from './calendarGolden.ts'

/** A process of its own, because a host's time zone is settled when it starts. */
console.log(
  JSON.stringify({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, golden: computeGolden() }),
)
