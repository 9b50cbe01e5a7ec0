import { Hono } from 'hono'
import { createBridge } from './bridge/bridge.ts'
import type { Bridge } from './bridge/bridge.ts'
import { bridgeRoutes } from './bridge/bridgeRoutes.ts'
import type { SandboxConfig } from './config.ts'
import { controlRoutes } from './control/control.ts'
import { ensureDevice } from './deviceCookie.ts'
import { eventRoutes } from './events.ts'
import { oauthRoutes } from './oauth/oauth.ts'
import { openApiRoutes } from './openApi/openApi.ts'
import { createProxy } from './proxy.ts'
import { windowRoutes } from './window/windowRoutes.ts'
import { generateBigCorp } from './world/bigCorp.ts'
import type { World } from './world/types.ts'
import { createWorld } from './world/world.ts'

export interface Sandbox {
  app: Hono
  world: World
  bridge: Bridge
}

/**
 * The whole stand-in on one origin: WeCom's open API and OAuth, the chat window, its control, and — for every other
 * path — the webview that shows the app.
 * @param now unix milliseconds of the sandbox's clock
 */
export function createSandbox({ config, now }: { config: SandboxConfig; now: () => number }): Sandbox {
  const { bigCorp } = config
  const generate = bigCorp && ((at: number, seed: number) => generateBigCorp(at, bigCorp, seed))
  const world = createWorld({ corp: config.corp, now, ...(generate && { generate }) })
  const bridge = createBridge(world)
  return { app: sandboxApp({ world, bridge, appUrl: config.appUrl }), world, bridge }
}

/** The routes over a given world; `createSandbox` is the usual way in. */
export function sandboxApp({
  world,
  bridge,
  appUrl,
}: {
  world: World
  bridge: Bridge
  appUrl: string
}): Hono {
  return new Hono()
    .route('/cgi-bin', openApiRoutes(world))
    .use(ensureDevice)
    .route('/connect/oauth2', oauthRoutes(world))
    .route('/sandbox/api', controlRoutes(world))
    .route('/sandbox/bridge', bridgeRoutes(bridge))
    .route('/sandbox/events', eventRoutes(world, bridge))
    .route('/', windowRoutes(world))
    .all('/sandbox/*', context => context.json({ message: `沙盒没有 ${context.req.path}` }, 404))
    .all('*', createProxy({ world, appUrl }))
}
