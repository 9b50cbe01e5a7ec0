import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { api } from '../../shared/contract/api.ts'
import type { Endpoint } from '../../shared/contract/endpoint.ts'
import type { AppEnv } from './env.ts'

/** No body is larger than `usualBytes`, but for operations that take a file: those say how large theirs may be. */
export function limitBody(usualBytes: number): MiddlewareHandler<AppEnv> {
  const operations: Endpoint[] = Object.values(api)
  const uploads = operations.flatMap(({ method, path, upload }) =>
    upload
      ? {
          method: method.toUpperCase(),
          pattern: new RegExp(`^/api${path.replace(/\{\w+\}/g, '[^/]+')}$`),
          limit: bodyLimit({ maxSize: upload.maxBytes }),
        }
      : [],
  )
  const usual = bodyLimit({ maxSize: usualBytes })
  return (c, next) => {
    const taken = uploads.find(({ method, pattern }) => method === c.req.method && pattern.test(c.req.path))
    return (taken?.limit ?? usual)(c, next)
  }
}
