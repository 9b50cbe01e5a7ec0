import './olderBrowsers.ts'
import { getCard, getSession, getSignatures } from './api/firstScreen.ts'
import type { Boot } from '../shared/contract/session.ts'
import { currentContact, isInWecom, register } from './wecom/bridge.ts'

// Small and first: while the framework is still on its way, the client is asked who is in view and her card is fetched.

function bootOfDocument(): Boot | undefined {
  const text = document.getElementById('boot')?.textContent
  return text ? (JSON.parse(text) as Boot) : undefined
}

async function fetchBoot(): Promise<Boot> {
  return { session: await getSession(), signatures: null }
}

async function begin(): Promise<void> {
  const app = import('./main.ts')
  const boot = bootOfDocument() ?? (await fetchBoot().catch(async (cause: unknown) => (await app).explain(cause)))
  if (!boot) return
  register(boot, getSignatures)
  const isAsked = isInWecom()
  const contact = isAsked ? currentContact() : undefined
  const card = contact?.then(found => (found.kind === 'customer' ? getCard(found.externalUserId) : undefined))
  // Whoever awaits them sees their errors; until then they are nobody's.
  contact?.catch(() => undefined)
  card?.catch(() => undefined)
  ;(await app).start({ session: boot.session, contact, card })
}

void begin()
