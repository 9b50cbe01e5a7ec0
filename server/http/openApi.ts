import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import type { Endpoint } from '../../shared/contract/endpoint.ts'
import { Problem, problems, type ProblemCode } from '../../shared/contract/problem.ts'
import type { AppEnv } from './env.ts'

/** Problems any operation can answer. */
const always: ProblemCode[] = [
  'unauthenticated',
  'session_expired',
  'session_revoked',
  'rate_limited',
  'csrf_failed',
  'internal',
  'database_unavailable',
  'draining',
  // Readings too: some are written down, and all of them mark the session as used.
  'storage_full',
]

/** Every refusal of an operation, as the OpenAPI document lists it. */
export function problemsOf(endpoint: Endpoint): ProblemCode[] {
  const codes = new Set<ProblemCode>([...always, ...(endpoint.problems ?? [])])
  if (endpoint.params) codes.add('not_found')
  // Also of an operation that takes none: whatever stands in the query is refused.
  codes.add('validation_failed')
  if (endpoint.upload)
    for (const code of ['payload_too_large', 'unsupported_media_type'] as const) codes.add(code)
  if (endpoint.body) {
    for (const code of [
      'malformed_request',
      'validation_failed',
      'payload_too_large',
      'unsupported_media_type',
    ] as const)
      codes.add(code)
  }
  if (endpoint.idempotency) {
    for (const code of [
      'idempotency_key_invalid',
      'idempotency_in_flight',
      'idempotency_key_reused',
    ] as const)
      codes.add(code)
    if (endpoint.idempotency === 'required') codes.add('idempotency_key_required')
  }
  if (endpoint.versioned) {
    codes.add('version_required')
    codes.add('version_conflict')
  }
  return [...codes]
}

const fileContent = (types: readonly string[]) =>
  Object.fromEntries(types.map(type => [type, { schema: { type: 'string', format: 'binary' } as const }]))

/** Writes one operation of the contract into the OpenAPI document. */
export function describe(app: OpenAPIHono<AppEnv>, endpoint: Endpoint): void {
  const headers: Record<string, z.ZodType> = {}
  if (endpoint.idempotency) {
    const key = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/)
    headers['Idempotency-Key'] = endpoint.idempotency === 'required' ? key : key.optional()
  }
  if (endpoint.versioned) headers['If-Match'] = z.string()
  if (endpoint.etag) headers['If-None-Match'] = z.string().optional()

  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of problemsOf(endpoint)) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  app.openAPIRegistry.registerPath({
    operationId: endpoint.id,
    method: endpoint.method,
    path: `/api${endpoint.path}`,
    summary: endpoint.summary,
    tags: [endpoint.path.split('/')[1] ?? ''],
    request: {
      ...(endpoint.params ? { params: endpoint.params } : {}),
      ...(endpoint.query ? { query: endpoint.query } : {}),
      ...(Object.keys(headers).length > 0 ? { headers: z.object(headers) } : {}),
      ...(endpoint.body
        ? { body: { required: true, content: { 'application/json': { schema: endpoint.body } } } }
        : {}),
      ...(endpoint.upload ? { body: { required: true, content: fileContent(endpoint.upload.types) } } : {}),
    },
    responses: {
      [endpoint.status]: endpoint.download
        ? { description: endpoint.summary, content: fileContent(endpoint.download) }
        : endpoint.answer
          ? { description: endpoint.summary, content: { 'application/json': { schema: endpoint.answer } } }
          : { description: endpoint.summary },
      ...Object.fromEntries(
        [...byStatus].map(([status, codes]) => [
          status,
          { description: codes.join(' · '), content: { 'application/problem+json': { schema: Problem } } },
        ]),
      ),
    },
  })
}
