import type { FieldError, ProblemCode } from '../shared/contract/problem.ts'
import type { RedeemRefusal } from '../shared/contract/couponRefusal.ts'
import type { ReachedLimit } from '../shared/contract/reasonClass.ts'

interface RefusalOptions {
  /** For the person, in Chinese; never internals, never personal data. */
  detail?: string
  fields?: FieldError[]
  retryAfterSeconds?: number
  limit?: ReachedLimit
  reason?: RedeemRefusal
  cause?: unknown
}

/** A request that is refused on purpose. Its code decides the status (`shared/contract/problem.ts`). */
export class Refusal extends Error {
  readonly code: ProblemCode
  readonly detail: string | undefined
  readonly fields: FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly limit: ReachedLimit | undefined
  readonly reason: RedeemRefusal | undefined

  constructor(code: ProblemCode, options: RefusalOptions = {}) {
    super(options.detail ?? code, { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.detail = options.detail
    this.fields = options.fields
    this.retryAfterSeconds = options.retryAfterSeconds
    this.limit = options.limit
    this.reason = options.reason
  }
}

/** 422: the shape is right, the content is not. */
export class Invalid extends Refusal {
  constructor(fields: { path: string; message: string; code?: string }[]) {
    super('validation_failed', {
      detail: fields[0]?.message,
      fields: fields.map(field => ({ code: 'invalid', ...field })),
    })
  }
}

/** 401 */
export class Unauthenticated extends Refusal {
  constructor(code: 'unauthenticated' | 'session_expired' | 'session_revoked' = 'unauthenticated') {
    super(code)
  }
}

/** 403: the function needs another role. What one may not *see* is NotFound. */
export class Forbidden extends Refusal {
  constructor(code: 'forbidden' | 'csrf_failed' | 'not_a_member' = 'forbidden') {
    super(code)
  }
}

/** 404: absent, or out of the actor's scope — the two are never told apart. */
export class NotFound extends Refusal {
  constructor() {
    super('not_found')
  }
}

/** 409: a business refusal; remembered under its idempotency key. */
export class Conflict extends Refusal {
  constructor(
    code:
      | 'state_conflict'
      | 'coupon_sold_out'
      | 'coupon_already_granted'
      | 'coupon_not_redeemable'
      | 'contact_mismatch'
      | 'idempotency_in_flight' = 'state_conflict',
    options: RefusalOptions = {},
  ) {
    super(code, options)
  }
}

/** 412: somebody else changed it meanwhile. */
export class VersionConflict extends Refusal {
  constructor() {
    super('version_conflict')
  }
}

/** 502, 503, 504: WeCom or an issuer of coupons, where a person waits for it. */
export class Upstream extends Refusal {
  constructor(
    code: 'wecom_error' | 'wecom_timeout' | 'wecom_unavailable' | 'issuer_unavailable',
    options: RefusalOptions = {},
  ) {
    super(code, options)
  }
}
