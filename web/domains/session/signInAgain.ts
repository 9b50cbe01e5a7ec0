/** Two sign-ins within this time mean that signing in does not help. */
const PATIENCE_MS = 30_000
const KEY = 'signedInAgainAt'

function lastTime(): number {
  try {
    return Number(sessionStorage.getItem(KEY) ?? 0)
  } catch {
    return 0 // storage is switched off: then we cannot know, and try
  }
}

function noteTime(now: number): void {
  try {
    sessionStorage.setItem(KEY, String(now))
  } catch {
    return // without storage a second try cannot be told from the first; the server's page ends the circle
  }
}

/** The session has ended: through the login and back to the same page. Gives up instead of going in circles. */
export function signInAgain(
  giveUp: () => void,
  now = Date.now(),
  logIn: (address: string) => void = address => location.assign(address),
): void {
  if (now - lastTime() < PATIENCE_MS) return giveUp()
  noteTime(now)
  // By way of the server, which keeps the whole address: the part behind # would be lost on WeCom's way back.
  const { pathname, search, hash } = location
  logIn(`/auth/login?to=${encodeURIComponent(`${pathname}${search}${hash}`)}`)
}
