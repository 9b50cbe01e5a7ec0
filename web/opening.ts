import type { Card } from '../shared/contract/customers.ts'
import type { Boot, Session } from '../shared/contract/session.ts'
import { getCard, getSession, getSignatures } from './api/firstScreen.ts'
import { currentContact, isInWecom, register, type Contact } from './wecom/bridge.ts'

/** What is under way before the framework is there. */
export interface Opening {
  session: Session
  /** Who is in view; absent outside WeCom. */
  contact: Promise<Contact> | undefined
  /** Her card; nothing when no customer is in view. */
  card: Promise<Card | undefined> | undefined
  /** Seals what is kept on the device; without it nothing is. */
  deviceKey: string | undefined
}

async function bootOfPage(): Promise<Boot> {
  const text = document.getElementById('boot')?.textContent
  return text ? (JSON.parse(text) as Boot) : { session: await getSession(), signatures: null }
}

/**
 * Asks the client who is in view and fetches her card, with what stands in the document.
 * @throws what `getSession` throws, where the document brought no session.
 */
export async function openPage(): Promise<Opening> {
  const boot = await bootOfPage()
  register(boot, getSignatures)
  const { session, deviceKey } = boot
  if (!isInWecom()) return { session, contact: undefined, card: undefined, deviceKey }
  const contact = currentContact()
  const card = contact.then(found => (found.kind === 'customer' ? getCard(found.externalUserId) : undefined))
  // Whoever awaits them sees their errors; until then they are nobody's.
  card.catch(() => undefined)
  return { session, contact, card, deviceKey }
}
