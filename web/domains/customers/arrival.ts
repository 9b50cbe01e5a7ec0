/** 今日 and the sidebar are two pages of one browser: what the one leaves here tells the other that somebody is coming. */
const KEY = 'guidebar.sentToChat'

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
