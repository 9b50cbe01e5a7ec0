import { createHash } from 'node:crypto'
import type { World } from '../world/types.ts'
import { get } from './endpoint.ts'
import type { Endpoints } from './endpoint.ts'
import { checkAddress } from './network.ts'
import type { Rates } from './rates.ts'
import { refuse } from './refusal.ts'
import { isStanding } from './visible.ts'

/** Tokens, tickets and who logged in [D91039, D96909, D91023]. */
export const credentialEndpoints = (rates: Rates): Endpoints => ({
  gettoken: get(
    ({ world, query, ip }) => {
      // What a blocked address hears is on no page; 45009 is our reading (UNVERIFIED).
      if (rates.isBlocked(ip)) refuse(45009)
      const [corpId, secret] = [query('corpid'), query('corpsecret')]
      if (!corpId) refuse(41002)
      if (!secret) refuse(41004)
      if (corpId !== world.corp.corpId) refuse(40013)
      if (secret !== world.corp.secret) {
        rates.wrongSecret(ip)
        refuse(40001)
      }
      rates.rightSecret(ip)
      checkAddress(world, ip)
      const { token, expiresInSeconds } = world.issueToken()
      return { access_token: token, expires_in: expiresInSeconds }
    },
    { needsToken: false },
  ),
  get_jsapi_ticket: get(
    ({ world }) => {
      const { ticket, expiresInSeconds } = world.ticket('corp')
      return { ticket, expires_in: expiresInSeconds }
    },
    { counts: 'ticket' },
  ),
  'ticket/get': get(
    ({ world, query }) => {
      if (query('type') !== 'agent_config') refuse(91040)
      const { ticket, expiresInSeconds } = world.ticket('agent')
      return { ticket, expires_in: expiresInSeconds }
    },
    { counts: 'ticket' },
  ),
  'auth/getuserinfo': get(
    ({ world, query }) => {
      const code = query('code')
      if (!code) refuse(41008)
      const redeemed = world.redeemCode(code)
      if (redeemed === 'used') refuse(42022)
      if (redeemed === 'expired') refuse(42003)
      if (redeemed === 'unknown') refuse(40029)
      if (!world.corp.trustedDomains.includes(redeemed.domain)) refuse(50001)
      return 'userId' in redeemed ? { userid: redeemed.userId } : outsider(world, redeemed.externalUserId)
    },
    { counts: 'whenRefused' },
  ),
})

/** Non-members: an openid always, the id of an external contact only where somebody in range has her as a customer. */
function outsider(world: World, externalUserId: string): Record<string, string> {
  const hash = createHash('sha256').update(`${world.corp.corpId} ${externalUserId}`).digest('base64url')
  const isCustomer = world
    .followersOf(externalUserId)
    .some(follow => isStanding(follow) && world.findMember(follow.userId)?.inVisibleRange)
  return { openid: `o${hash.slice(0, 27)}`, ...(isCustomer && { external_userid: externalUserId }) }
}
