import type { Hono } from 'hono'
import { openApiRoutes } from '../../sandbox/openApi/openApi.ts'
import type { World } from '../../sandbox/world/types.ts'
import { createWorld } from '../../sandbox/world/world.ts'

export const corp = () => ({
  corpId: 'ww5a9db0xguidebar01',
  name: '金禾珠宝',
  agentId: 1_000_002,
  secret: 'sandbox-secret-not-a-real-one',
  trustedDomains: ['127.0.0.1:8788'],
})

export const noon = Date.parse('2026-11-21T12:00:00+08:00')

export type WireAnswer = { errcode: number; errmsg: string } & Record<string, unknown>

/** A corp of its own on a clock that stands still until moved, and a caller that carries a good token. */
export function createOpenApi() {
  const time = { now: noon, elapsedMs: 0 }
  const world = createWorld({ corp: corp(), now: () => time.now })
  const app = openApiRoutes(world, { elapsedMs: () => time.elapsedMs })
  return { world, app, time, ...createCaller(app, world) }
}

export function createCaller(app: Hono, world: World) {
  const path = (api: string, query: Record<string, string>) =>
    `/${api}?${new URLSearchParams({ access_token: world.issueToken().token, ...query })}`
  const read = async (answer: Response | Promise<Response>) => (await (await answer).json()) as WireAnswer
  return {
    path,
    get: (api: string, query: Record<string, string> = {}) => read(app.request(path(api, query))),
    post: (api: string, body: unknown = {}, query: Record<string, string> = {}) =>
      read(
        app.request(path(api, query), {
          method: 'POST',
          body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
        }),
      ),
  }
}
