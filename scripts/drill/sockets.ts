import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { ServerProcess } from '../../tests/support/twoServers.ts'
import type { Verdicts } from './verdicts.ts'

const SAMPLE_MS = 500
const LOOPBACK = new Set(['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F'])
const LISTENING = '0A'

/** Whoever the process speaks with that is not on this machine, as the kernel writes addresses. */
function foreignPeers(pid: number): string[] {
  try {
    const own = new Set(
      readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
        try {
          return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
        } catch {
          // Closed meanwhile.
          return []
        }
      }),
    )
    return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap(kind =>
      readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
        .split('\n')
        .slice(1)
        .map(line => line.trim().split(/\s+/))
        .filter(
          ([, , , state, , , , , , inode]) => state !== LISTENING && inode !== undefined && own.has(inode),
        )
        .map(([, , remote = '']) => remote.split(':')[0] ?? '')
        .filter(address => address !== '' && !LOOPBACK.has(address) && !/^0+$/.test(address)),
    )
  } catch {
    return []
  }
}

/** The database, the stand-in for WeCom and the proxy are all here: a connection to anywhere else is one too many. */
export function watchSockets(servers: readonly ServerProcess[]): { stop(verdicts: Verdicts): void } {
  const found = new Set<string>()
  let looks = 0
  const timer = setInterval(() => {
    for (const server of servers) for (const peer of foreignPeers(server.pid())) found.add(peer)
    looks++
  }, SAMPLE_MS)
  return {
    stop(verdicts) {
      clearInterval(timer)
      if (process.platform !== 'linux') return
      verdicts.note(
        'P30',
        found.size === 0,
        `看了 ${looks} 次，服务器没有连过这台机器以外的地址${[...found].join(' ')}`,
      )
    },
  }
}
