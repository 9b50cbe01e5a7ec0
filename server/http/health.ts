import { Hono } from 'hono'
import type { AppEnv } from './env.ts'

/** `/healthz`: the process answers. `/readyz`: it can also work; otherwise why not, in words without addresses. */
export const healthRoutes = (isReady: () => Promise<{ ready: boolean; reasons: string[] }>) =>
  new Hono<AppEnv>()
    .get('/healthz', c => c.json({ status: 'alive' }, 200, { 'Cache-Control': 'no-store' }))
    .get('/readyz', async c => {
      const { ready, reasons } = await isReady()
      return c.json({ ready, reasons }, ready ? 200 : 503, { 'Cache-Control': 'no-store' })
    })
