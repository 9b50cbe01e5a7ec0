import type { Context } from 'hono'
import type { z } from 'zod'

/** The request cannot be carried out; the message says which field or thing is at fault. */
export class ControlRefusal extends Error {
  override name = 'ControlRefusal'
  readonly status: 404 | 422

  constructor(status: 404 | 422, message: string) {
    super(message)
    this.status = status
  }
}

/** Reads a JSON body (nothing counts as `{}`) @throws ControlRefusal 422 naming every field at fault */
export async function body<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await context.req.text()
  const parsed = schema.safeParse(text.trim() === '' ? {} : parseJson(text))
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  throw new ControlRefusal(422, faults.join('; '))
}

/** The newest so many of a list that ends with the newest; all without a number. */
export function newest<Item>(items: Item[], limit: string | undefined): Item[] {
  const count = Number(limit)
  return limit !== undefined && Number.isInteger(count) && count > 0 ? items.slice(-count) : items
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ControlRefusal(422, 'body: no JSON')
  }
}
