import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createClientAddress, wrongProxy, type Client } from '../../../server/http/clientAddress.ts'

async function seen(trusted: string[], peer: string | undefined, forwarded?: string): Promise<Client> {
  const clientOf = createClientAddress(trusted)
  const app = new Hono().get('/', c => c.json(clientOf(c)))
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }
  const env = peer === undefined ? {} : { incoming: { socket: { remoteAddress: peer } } }
  return (await (await app.request('/', { headers }, env)).json()) as Client
}

describe('P7 whose address counts', () => {
  it.each([
    [
      'nobody is trusted: what the header says is nothing',
      [],
      '203.0.113.9',
      '198.51.100.1',
      '203.0.113.9',
      false,
    ],
    ['a named proxy: what it has written', ['10.0.0.2'], '10.0.0.2', '198.51.100.1', '198.51.100.1', false],
    [
      'what the client has put before it',
      ['10.0.0.2'],
      '10.0.0.2',
      '1.1.1.1, 198.51.100.1',
      '198.51.100.1',
      false,
    ],
    ['two proxies in a row', ['10.0.0.0/8'], '10.0.0.2', '198.51.100.1, 10.9.9.9', '198.51.100.1', false],
    [
      'as the system shows IPv4 on an IPv6 socket',
      ['10.0.0.2'],
      '::ffff:10.0.0.2',
      '198.51.100.1',
      '198.51.100.1',
      false,
    ],
    ['a proxy that writes nothing', ['10.0.0.2'], '10.0.0.2', undefined, '10.0.0.2', true],
    ['a proxy that writes nonsense', ['10.0.0.2'], '10.0.0.2', 'unknown', '10.0.0.2', true],
    ['a proxy nobody has named', [], '127.0.0.1', '198.51.100.1', '127.0.0.1', true],
    ['one that says nothing either', [], '127.0.0.1', undefined, '127.0.0.1', true],
    ['one of the same network', [], '10.1.2.3', undefined, '10.1.2.3', true],
    ['the balancer of a cloud', [], '100.97.1.2', undefined, '100.97.1.2', true],
    ['IPv6: the network', [], '2001:db8:1:2:a:b:c:d', undefined, '2001:db8:1:2::/64', false],
    ['IPv6, written short', ['fd00::1'], 'fd00::1', '2001:db8::5', '2001:db8:0:0::/64', false],
    ['no socket at all', [], undefined, '198.51.100.1', '', false],
  ] as const)('%s', async (_, trusted, peer, forwarded, address, isBehindProxy) => {
    expect(await seen([...trusted], peer, forwarded)).toEqual({ address, isBehindProxy })
  })

  it('proxies are named by address or network', () => {
    for (const right of ['10.0.0.2', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])
      expect([right, wrongProxy(right)]).toEqual([right, undefined])
    for (const wrong of ['proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', 'fd00::/129', '*'])
      expect([wrong, wrongProxy(wrong) === undefined]).toEqual([wrong, false])
  })
})
