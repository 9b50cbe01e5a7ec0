/**
 * The phone's back arrow: the page hears `historyBack` first and may keep itself by answering false; else it goes one
 * entry back of its own. `history.back()` would go back in the window's history when the page has none.
 */
export function goBack(page: Window): void {
  const detail = { name: 'historyBack' }
  const mayLeave = page.dispatchEvent(new CustomEvent('sandbox-client-event', { detail, cancelable: true }))
  if (mayLeave && page.navigation.canGoBack) page.navigation.back()
}
