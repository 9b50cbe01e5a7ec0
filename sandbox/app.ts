import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import { createBridge } from './bridge/bridge.ts'
import type { Bridge } from './bridge/bridge.ts'
import { bridgeRoutes } from './bridge/bridgeRoutes.ts'
import { createCallbacks } from './callbacks/callbacks.ts'
import type { Callbacks } from './callbacks/callbacks.ts'
import { echoApi } from './callbacks/echo.ts'
import type { SandboxConfig } from './config.ts'
import { controlRoutes } from './control/control.ts'
import { ensureDevice } from './deviceCookie.ts'
import { eventRoutes } from './events.ts'
import { oauthRoutes } from './oauth/oauth.ts'
import { contactWayPictures } from './openApi/contactWayPicture.ts'
import { openApiRoutes } from './openApi/openApi.ts'
import { createProxy } from './proxy.ts'
import { windowRoutes } from './window/windowRoutes.ts'
import { generateBigCorp } from './world/bigCorp.ts'
import { settleTransfers } from './world/transfers.ts'
import type { World } from './world/types.ts'
import { createWorld } from './world/world.ts'

export interface Sandbox {
  app: Hono
  world: World
  bridge: Bridge
  callbacks: Callbacks
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
  const callbacks = createCallbacks(world, config.callbacks)
  return {
    app: sandboxApp({
      world,
      bridge,
      callbacks,
      appUrl: config.appUrl,
      clockFile: config.clockFile,
      windowUrl: config.windowUrl,
    }),
    world,
    bridge,
    callbacks,
  }
}

/** The routes over a given world; `createSandbox` is the usual way in. */
export function sandboxApp({
  world,
  bridge,
  callbacks,
  appUrl,
  clockFile,
  windowUrl,
}: {
  world: World
  bridge: Bridge
  callbacks: Callbacks
  appUrl: string
  clockFile?: string | undefined
  windowUrl?: string | undefined
}): Hono {
  const settle: MiddlewareHandler = (_context, next) => {
    settleTransfers(world)
    return next()
  }
  return new Hono()
    .use('/cgi-bin/*', settle, echoApi(world, callbacks))
    .use('/sandbox/api/*', settle)
    .route('/cgi-bin', openApiRoutes(world))
    .use(ensureDevice)
    .route('/connect/oauth2', oauthRoutes(world))
    .route('/sandbox/api', controlRoutes(world, callbacks, clockFile))
    .route('/sandbox/contact-way', contactWayPictures(world))
    .route('/sandbox/bridge', bridgeRoutes(bridge))
    .route('/sandbox/events', eventRoutes(world, bridge))
    .route('/', windowRoutes(world, windowUrl))
    .all('/sandbox/*', context => context.json({ message: `沙盒没有 ${context.req.path}` }, 404))
    .all('*', createProxy({ world, appUrl }))
}
