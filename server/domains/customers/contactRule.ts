/** 店规: what a corp starts with, as a row of its own (`contact_rules`); the row decides from then on. */
export const standingRule = { periodDays: 7, maxCount: 1, hardness: 'soft', source: '店规' } as const

/** Ends of a send that reached the customer, if only in part: she heard from us. */
export const CONTACT_OUTCOMES = ['ok', 'partial']
