import { createPinia } from 'pinia'
import { createApp, h, nextTick, ref } from 'vue'
import { onUnauthenticated } from './api/apiError.ts'
import { onSuperseded } from './api/bringFiles.ts'
import App from './App.vue'
import { useCurrentCustomerStore } from './domains/customers/currentCustomer.store.ts'
import { useSessionStore } from './domains/session/session.store.ts'
import { signInAgain } from './domains/session/signInAgain.ts'
import { holdDeviceKey } from './device/deviceKey.ts'
import { opening } from './firstQuestion.ts'
import type { Opening } from './opening.ts'
import { noteSuperseded } from './ui/missingParts.ts'
import { nextPaint, nextTask } from './ui/nextTask.ts'
import UiFailed from './ui/UiFailed.vue'
import sprite from './ui/sprite.svg?raw'
import './ui/tokens.css'
import './ui/base.css'

/** So long an empty page waits for the card; then it is there to say that it waits. */
const PATIENCE_MS = 400

/** Mounts the app on what is already under way. */
async function start({ session, contact, card, deviceKey }: Opening): Promise<void> {
  const patience = new Promise(resolve => setTimeout(resolve, PATIENCE_MS))
  // To evaluate all this took a phone long enough for one task.
  await nextTask()
  const isComing = ref(true)
  const app = createApp(() => h(App, { isComing: isComing.value }))
  app.use(createPinia())
  const sessionStore = useSessionStore()
  const current = useCurrentCustomerStore()
  sessionStore.begin(session)
  holdDeviceKey(deviceKey)
  onUnauthenticated(() =>
    signInAgain(() => {
      sessionStore.isSignedOut = true
      // Whoever holds the phone now need not be she; her next sign-in brings the key back.
      holdDeviceKey(undefined)
    }),
  )
  onSuperseded(noteSuperseded)
  current.begin(contact, card)
  // To draw an empty page first would keep her waiting for her own.
  await Promise.race([card?.catch(() => undefined), patience])
  // Her name stands there first (`firstLook.ts`).
  await nextPaint()
  // Also what comes next is drawn in two, aside, and takes the place of her name only when it shows her itself.
  const page = document.createElement('div')
  page.id = 'app'
  app.mount(page)
  await nextTask()
  isComing.value = false
  await nextTick()
  document.getElementById('app')!.replaceWith(page)
}

/** Without a session there is nothing to mount: says so, and how to go on. */
function explain(error: unknown): void {
  createApp(UiFailed, { error, onRetry: () => location.reload() }).mount('#app')
}

// A refused agentConfig also rejects inside the SDK, with a plain object that nobody can catch; the bridge tells it better.
addEventListener('unhandledrejection', event => {
  const { reason } = event as PromiseRejectionEvent & { reason: unknown }
  if (typeof reason === 'object' && reason !== null && !(reason instanceof Error) && 'errMsg' in reason)
    event.preventDefault()
})

document.body.insertAdjacentHTML('beforeend', sprite)
void opening.then(start, explain)
