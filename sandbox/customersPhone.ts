/** Names the customer who holds the phone in this browser's window: the window writes it, OAuth and the webview read it. */
export const PHONE_COOKIE = 'sandbox_phone'

/** Pages that open in WeChat on a customer's phone; all others are the guides'. */
export const isCustomersPage = (path: string): boolean => path.startsWith('/c/')
