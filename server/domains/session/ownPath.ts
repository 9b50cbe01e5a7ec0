/** Where people land who asked for nothing in particular. */
export const HOME_PATH = '/sidebar/'
const MAX_PATH_LENGTH = 2048

/**
 * The path to return to after login: only one of our own, never another host, however it is written (`//host`, `/\host`,
 * `https:…`, control characters), and never the login itself.
 */
export function ownPath(wanted: string | undefined, publicUrl: string): string {
  if (!wanted || wanted.length > MAX_PATH_LENGTH || !/^\/(?![/\\])/.test(wanted)) return HOME_PATH
  const url = URL.canParse(wanted, publicUrl) ? new URL(wanted, publicUrl) : undefined
  if (!url || url.origin !== new URL(publicUrl).origin || url.pathname.startsWith('/auth/')) return HOME_PATH
  return `${url.pathname}${url.search}${url.hash}`
}

/** A page of ours, without `#…`; undefined for any other address. */
export function ownPage(wanted: string, publicUrl: string): string | undefined {
  const url = URL.canParse(wanted) ? new URL(wanted) : undefined
  if (!url || url.username !== '' || url.password !== '') return undefined
  if (url.origin !== new URL(publicUrl).origin) return undefined
  // Exactly as the browser says it: WeCom compares letter by letter.
  const text = wanted.split('#')[0] ?? ''
  return text.startsWith(`${url.origin}/`) ? text : undefined
}
