/** 今日 and the sidebar are two pages of one browser: what the one leaves here tells the other that somebody is coming. */
const KEY = 'guidebar.sentToChat'

const DATE_KEY = 'guidebar.sentForDate'
/** For so long the chat she left for stands out for what she left for. */
const MEANT_MS = 10 * 60_000

/** A date, and the day on which she will be reminded of it. */
export interface MeantDate {
  dateId: string
  remindOn: string
}

/** The guide leaves for this chat because of a date nobody has been reminded of yet. */
export function noteSentForDate(externalUserId: string, meant: MeantDate): void {
  try {
    localStorage.setItem(DATE_KEY, JSON.stringify({ externalUserId, ...meant, at: Date.now() }))
  } catch {
    // Storage is switched off: the row has said what there is.
  }
}

/** The date of this customer for which the guide has just come. */
export function dateSentFor(externalUserId: string): MeantDate | undefined {
  try {
    const noted = JSON.parse(localStorage.getItem(DATE_KEY) ?? 'null') as Record<string, unknown> | null
    if (noted?.['externalUserId'] !== externalUserId) return undefined
    if (Date.now() - Number(noted['at']) >= MEANT_MS) return undefined
    return { dateId: String(noted['dateId']), remindOn: String(noted['remindOn']) }
  } catch {
    return undefined
  }
}

/** She has seen it, or goes for something else. */
export function forgetSentForDate(): void {
  try {
    localStorage.removeItem(DATE_KEY)
  } catch {
    // Nothing was kept either.
  }
}

/** The guide leaves for a chat now. */
export function noteSentToChat(): void {
  try {
    localStorage.setItem(KEY, String(Date.now()))
  } catch {
    // Storage is switched off: the sidebar will notice within a minute.
  }
}

/** Whether somebody left for a chat after `sinceMillis`. */
export function wasSentHere(sinceMillis: number): boolean {
  try {
    return Number(localStorage.getItem(KEY)) > sinceMillis
  } catch {
    return false
  }
}
