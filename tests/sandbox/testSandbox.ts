import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createSandbox } from '../../sandbox/app.ts'
import type { Sandbox } from '../../sandbox/app.ts'
import { passUpgrade } from '../../sandbox/proxy.ts'
import type { World } from '../../sandbox/world/types.ts'

export const ORIGIN = 'http://sandbox.test:8788'

/** A sandbox that is spoken to by `app.request`, without a network of its own. */
export function createTestSandbox(appUrl: string, now: () => number = () => Date.now()): Sandbox {
  const corp = {
    corpId: 'ww5a9db0xguidebar01',
    name: '金禾珠宝',
    agentId: 1_000_002,
    secret: 'sandbox-secret-not-a-real-one',
    trustedDomains: ['sandbox.test:8788'],
  }
  return createSandbox({ config: { host: '127.0.0.1', port: 8788, appUrl, corp, clockFile: undefined }, now })
}

/** The same sandbox on a free port, for a browser. */
export async function serveSandbox(
  sandbox: Sandbox,
  appUrl: string,
): Promise<{ origin: string; close(): Promise<void> }> {
  const server = serve({ fetch: sandbox.app.fetch, hostname: '127.0.0.1', port: 0 })
  server.on('upgrade', (request, socket, head) => passUpgrade(appUrl, request, socket, head))
  await new Promise<void>(resolve => server.once('listening', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  sandbox.world.corp.trustedDomains.push(host)
  return {
    origin: `http://${host}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

/** What the app's server would sign for this page. */
export function signPage(world: World, url: string, kind: 'agent' | 'corp' = 'agent') {
  const [nonceStr, timestamp] = ['a1b2c3d4e5f6', '1767225600']
  const { ticket } = world.ticket(kind)
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url}`
  return { nonceStr, timestamp, signature: createHash('sha1').update(text).digest('hex') }
}

/** Two customers of the device's member, and a group the member is in. */
export function someChats(world: World, userId: string) {
  const [first, second] = world.followsOf(userId).filter(follow => follow.status === 'active')
  const group = world.groups().find(found => found.members.some(member => member.id === userId))
  if (!first || !second || !group) throw new Error(`the corp gives ${userId} too few chats`)
  return { first: first.externalUserId, second: second.externalUserId, chatId: group.chatId }
}
