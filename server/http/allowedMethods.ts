import type { Context } from 'hono'
import type { AppEnv } from './env.ts'
import { problemResponse, refuse } from './problem.ts'

/** A route as Hono lists it. */
interface Route {
  method: string
  path: string
}

/**
 * Which methods a path would take, from the routes of the app; empty for unknown paths. Middlewares (`ALL`) and the
 * catch-all of the files are no routes in this sense.
 */
export function createAllowedMethods(routes: readonly Route[]): (path: string) => string[] {
  const table = routes
    .filter(route => route.method !== 'ALL' && !route.path.endsWith('*'))
    .map(route => ({ method: route.method, pattern: patternOf(route.path) }))
  return path => {
    const found = new Set(table.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    if (found.has('GET')) found.add('HEAD')
    return [...found].sort()
  }
}

const patternOf = (path: string) =>
  new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`)

/** The answer where no route fits: 405 with `Allow` when the path takes other methods, else 404. */
export function respondToUnknown(
  routes: () => readonly Route[],
): (c: Context<AppEnv>) => Response | Promise<Response> {
  let allowedMethods: ReturnType<typeof createAllowedMethods> | undefined
  return c => {
    allowedMethods ??= createAllowedMethods(routes())
    const allowed = allowedMethods(c.req.path)
    if (allowed.length === 0) return refuse(c, 'not_found')
    c.header('Allow', allowed.join(', '))
    return problemResponse(c, 'method_not_allowed')
  }
}
