import { createPinia } from 'pinia'
import { createApp } from 'vue'
import type { Card } from '../shared/contract/customers.ts'
import type { Session } from '../shared/contract/session.ts'
import { onUnauthenticated } from './api/apiError.ts'
import App from './App.vue'
import { useCurrentCustomerStore } from './domains/customers/currentCustomer.store.ts'
import { useSessionStore } from './domains/session/session.store.ts'
import { signInAgain } from './domains/session/signInAgain.ts'
import { router } from './router.ts'
import UiFailed from './ui/UiFailed.vue'
import type { Contact } from './wecom/bridge.ts'
import './ui/tokens.css'
import './ui/base.css'

export interface Start {
  session: Session
  /** The question to the client and the card request, both under way; absent outside WeCom. */
  contact: Promise<Contact> | undefined
  card: Promise<Card | undefined> | undefined
}

/** Mounts the app on what the entry has begun. */
export function start({ session, contact, card }: Start): void {
  const app = createApp(App)
  app.use(createPinia()).use(router)
  const sessionStore = useSessionStore()
  const current = useCurrentCustomerStore()
  sessionStore.begin(session)
  onUnauthenticated(() => signInAgain(() => (sessionStore.isSignedOut = true)))
  current.begin(contact, card)
  app.mount('#app')
}

/** Without a session there is nothing to mount: says so, and how to go on. */
export function explain(error: unknown): undefined {
  createApp(UiFailed, { error, onRetry: () => location.reload() }).mount('#app')
  return undefined
}

// A refused agentConfig also rejects inside the SDK, with a plain object that nobody can catch; the bridge tells it better.
addEventListener('unhandledrejection', event => {
  const { reason } = event as PromiseRejectionEvent & { reason: unknown }
  if (typeof reason === 'object' && reason !== null && !(reason instanceof Error) && 'errMsg' in reason) event.preventDefault()
})
