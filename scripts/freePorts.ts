import { createServer } from 'node:net'

/** The ports of the trial: the setting, its usual value, and who listens there. */
const PORTS = [
  { name: 'PORT', usual: '8787', what: '服务器' },
  { name: 'SANDBOX_PORT', usual: '8788', what: '沙盒' },
] as const

/**
 * Looks at the trial's ports before anything is built or started: another program that answers at one of them would
 * otherwise pass for ours.
 * @throws Error that names every port that is no port or taken, and a way out
 */
export async function requireFreePorts(env: NodeJS.ProcessEnv): Promise<void> {
  const host = env.HOST || '127.0.0.1'
  const complaints: string[] = []
  const seen = new Set<string>()
  for (const { name, usual, what } of PORTS) {
    const value = env[name] || usual
    if (!isPort(value)) complaints.push(`  ${name}：要是 1 到 65535 之间的数，现在是「${value}」`)
    else if (seen.has(value)) complaints.push(`  ${name}：${value} 用了两次，服务器和沙盒要各用一个`)
    else if (!(await isFree(Number(value), host)))
      complaints.push(
        `  ${name}：${value} 已被别的程序占用（${what}要用），例如改成 ${name}=${otherPort(value)}`,
      )
    seen.add(value)
  }
  if (complaints.length > 0) throw new Error(`端口不能用：\n${complaints.join('\n')}`)
}

const isPort = (value: string) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535

const otherPort = (value: string) => (Number(value) + 10_000) % 50_000 || 18_787

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}
