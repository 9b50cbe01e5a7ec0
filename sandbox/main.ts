import { serve } from '@hono/node-server'
import { createSandbox } from './app.ts'
import { createSandboxClock } from './clock.ts'
import { readSandboxConfig } from './config.ts'
import { passUpgrade } from './proxy.ts'
import { ensureWindowBuilt } from './window/build.ts'
import { settleTransfers } from './world/transfers.ts'

/** How soon a transfer that nobody refused comes to its end when nobody asks. */
const settleMs = 1000

try {
  await start()
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  process.exit(1)
}

async function start(): Promise<void> {
  const config = readSandboxConfig(process.env)
  const { app, world } = createSandbox({ config, now: createSandboxClock(config.clockFile) })
  await ensureWindowBuilt()
  setInterval(() => settleTransfers(world), settleMs).unref()

  const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, ({ port }) => {
    config.corp.trustedDomains.push(
      ...ownDomains(config.host, port).filter(own => !config.corp.trustedDomains.includes(own)),
    )
    console.log(`沙盒 http://${config.host}:${port}/ → ${config.appUrl}`)
  })
  server.on('upgrade', (request, socket, head) => passUpgrade(config.appUrl, request, socket, head))
  server.on('error', (cause: NodeJS.ErrnoException) => {
    const taken = `Port ${config.port} on ${config.host} is already in use; set SANDBOX_PORT to another one`
    console.error(cause.code === 'EADDRINUSE' ? taken : `The sandbox cannot listen: ${cause.message}`)
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0))
      if ('closeAllConnections' in server) server.closeAllConnections()
    })
  }
}

function ownDomains(host: string, port: number): string[] {
  return [host, '127.0.0.1', 'localhost'].map(name => `${name}:${port}`)
}
