/**
 * Shows a kept page again, as a client does that keeps one webview for all chats: the page was hidden, the chat behind
 * it changed, now it is in view. Fires hidden → visible `visibilitychange`, `pageshow` and `focus`.
 */
export function wakePage(page: Window): void {
  const { document } = page
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
  document.dispatchEvent(new Event('visibilitychange'))
  Reflect.deleteProperty(document, 'visibilityState')
  Reflect.deleteProperty(document, 'hidden')
  document.dispatchEvent(new Event('visibilitychange'))
  page.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  page.dispatchEvent(new Event('focus'))
}
