import type { Card } from '../../shared/contract/customers.ts'
import type { JssdkSignatures, Session } from '../../shared/contract/session.ts'
import { hasFields, plainGet } from './plainGet.ts'

const isCard = (body: unknown): body is Card =>
  hasFields(body, 'customer', 'follow', 'contact', 'tags', 'dates', 'reminders', 'today')
const isSession = (body: unknown): body is Session => hasFields(body, 'staff', 'corp', 'today', 'import')
const isSignatures = (body: unknown): body is JssdkSignatures => hasFields(body, 'url', 'corp', 'agent')

/** The whole first screen of one customer. */
export const getCard = (externalUserId: string) =>
  plainGet(`/customers/${encodeURIComponent(externalUserId)}/card`, isCard)

export const getSession = () => plainGet('/session', isSession)

/** Fresh signatures for a page of ours (address without `#…`). */
export const getSignatures = (url: string) =>
  plainGet(`/jssdk/signature?url=${encodeURIComponent(url)}`, isSignatures)
