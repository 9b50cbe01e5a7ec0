import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { api } from '../../../shared/contract/api.ts'
import type { Endpoint } from '../../../shared/contract/endpoint.ts'

/** Every operation of the contract. */
export const operations: Endpoint[] = Object.values(api)

const CANDIDATES = [randomUUID(), 'wmNobody', '7', 'ring', 'nobody']

/** Its address with ids that may exist, as far as their form goes, and none of which does. */
export const addressOf = ({ path, params }: Endpoint): string =>
  `/api${path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = params?.shape[name] as z.ZodType | undefined
    const found = CANDIDATES.find(candidate => schema?.safeParse(candidate).success)
    if (found === undefined) throw new Error(`no example for ${name} of ${path}`)
    return encodeURIComponent(found)
  })}`

let keys = 0
/** What every operation takes, so that nothing else is missing. */
export const preconditions = (endpoint: Endpoint): Record<string, string> => ({
  'Content-Type': endpoint.upload?.types[0] ?? 'application/json',
  'Idempotency-Key': `a-key-of-the-walk-${keys++}`,
  'If-Match': '"1"',
})
