import { BlockList, isIP } from 'node:net'
import type { Context } from 'hono'

export interface Client {
  /** whom limits of an address count; of IPv6 the network, of which everybody has plenty of addresses */
  address: string
  /** Came by what is or may be a proxy nobody has named: the address stands for everybody behind it. */
  isBehindProxy: boolean
}

/** @returns what is wrong with one entry of TRUSTED_PROXIES, an address or a network `10.0.0.0/8`; undefined when nothing is */
export function wrongProxy(entry: string): string | undefined {
  const [address = '', prefix, ...more] = entry.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const isRight =
    family !== 0 &&
    more.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= most))
  return isRight ? undefined : `${entry} 不是地址，也不是 10.0.0.0/8 这样的网段`
}

/**
 * Who is at the other end. `X-Forwarded-For` counts only as far as proxies of TRUSTED_PROXIES have written it: from its right end,
 * the first address that is none of theirs. It decides who waits, and nothing else (P7).
 */
export function createClientAddress(trustedProxies: readonly string[]): (c: Context) => Client {
  const trusted = new BlockList()
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(prefix), family)
  }
  const isTrusted = (address: string) => {
    const family = isIP(address)
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  return c => {
    const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
    const peer = plain(incoming?.socket?.remoteAddress ?? '')
    const forwarded = c.req.header('x-forwarded-for')
    // Somebody so near is most likely a proxy, also one that tells nothing of its clients.
    if (!isTrusted(peer)) return { address: network(peer), isBehindProxy: isNear(peer) }
    const hops = (forwarded ?? '').split(',').map(hop => plain(hop.trim()))
    const client = hops.reverse().find(hop => !isTrusted(hop))
    return client && isIP(client) !== 0
      ? { address: network(client), isBehindProxy: false }
      : { address: network(peer), isBehindProxy: true }
  }
}

/** An IPv4 address as such, also where the system shows it as IPv6. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

const near = new BlockList()
near.addSubnet('127.0.0.0', 8)
near.addSubnet('10.0.0.0', 8)
near.addSubnet('172.16.0.0', 12)
near.addSubnet('192.168.0.0', 16)
// where clouds keep their balancers
near.addSubnet('100.64.0.0', 10)
near.addSubnet('169.254.0.0', 16)
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')
near.addSubnet('fe80::', 10, 'ipv6')
/** Of this machine or network, where proxies stand. */
const isNear = (address: string) =>
  isIP(address) !== 0 && near.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Whoever has one IPv6 address has its whole /64. */
function network(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = head.split(':').filter(Boolean)
  const rest = tail === undefined ? [] : tail.split(':').filter(Boolean)
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  const whole = tail === undefined ? groups : [...groups, ...zeros, ...rest]
  return `${whole
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
