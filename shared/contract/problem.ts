import { z } from 'zod'
import { RedeemRefusal } from './couponRefusal.ts'
import { ReachedLimit } from './reasonClass.ts'

/**
 * Every way a request can be refused: stable code → HTTP status and a short Chinese title that is safe to show.
 * RFC 9457; the codes are the product's promise to its clients and never change their meaning.
 */
export const problems = {
  malformed_request: { status: 400, title: '请求读不懂' },
  cursor_invalid: { status: 400, title: '翻页位置已经过时，请从头再看' },
  oauth_state_invalid: { status: 400, title: '登录没有接上，请重新打开' },
  idempotency_key_required: { status: 400, title: '这个操作需要防重编号' },
  idempotency_key_invalid: { status: 400, title: '防重编号格式不对' },
  unauthenticated: { status: 401, title: '需要重新登录' },
  session_expired: { status: 401, title: '登录已过期，请重新打开' },
  session_revoked: { status: 401, title: '登录已被收回，请重新打开' },
  forbidden: { status: 403, title: '这个操作需要店长或管理员' },
  csrf_failed: { status: 403, title: '来源不明的请求，没有执行' },
  not_a_member: { status: 403, title: '你不在这个应用的可见范围里' },
  not_found: { status: 404, title: '没有找到' },
  method_not_allowed: { status: 405, title: '这里不接受这种请求' },
  gone: { status: 410, title: '已经不在了' },
  idempotency_in_flight: { status: 409, title: '同一个操作正在进行' },
  coupon_sold_out: { status: 409, title: '这张券发完了' },
  coupon_already_granted: { status: 409, title: '每人限的张数，她已经得满了' },
  coupon_not_redeemable: { status: 409, title: '这张券现在不能核销' },
  contact_mismatch: { status: 409, title: '聊天换人了，刚才那条没有发出' },
  state_conflict: { status: 409, title: '状态已经变了，请看最新的' },
  version_conflict: { status: 412, title: '别人刚改过，请看最新的再改' },
  version_required: { status: 428, title: '修改需要带上版本' },
  payload_too_large: { status: 413, title: '内容太大' },
  unsupported_media_type: { status: 415, title: '只接受 JSON' },
  validation_failed: { status: 422, title: '有一项填得不对' },
  idempotency_key_reused: { status: 422, title: '防重编号已用于另一个操作' },
  guardian_consent_required: { status: 422, title: '孩子的资料需要监护人同意' },
  limit_reached: { status: 422, title: '到上限了' },
  rate_limited: { status: 429, title: '操作太快，歇一下再试' },
  internal: { status: 500, title: '我们这边出了点问题' },
  wecom_error: { status: 502, title: '企业微信没有答应' },
  wecom_timeout: { status: 504, title: '企业微信没有回应' },
  database_unavailable: { status: 503, title: '数据暂时取不到，马上就好' },
  wecom_unavailable: { status: 503, title: '企业微信暂时连不上' },
  issuer_unavailable: { status: 503, title: '发券的系统暂时连不上，过一会儿再试' },
  draining: { status: 503, title: '正在更新，马上就好' },
  storage_full: { status: 507, title: '服务器磁盘满了' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems
export const problemCodes = Object.keys(problems) as ProblemCode[]

export const FieldError = z.object({
  path: z.string().meta({ description: '字段路径，如 birthday.month' }),
  code: z.string(),
  message: z.string(),
})
export type FieldError = z.infer<typeof FieldError>

export const Problem = z
  .object({
    type: z.string().meta({ example: 'urn:guidebar:problem:not_found' }),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
    reason: RedeemRefusal.optional().meta({ description: 'coupon_not_redeemable 时：哪一条不让核销' }),
    limit: ReachedLimit.optional().meta({ description: 'limit_reached 时：挡住的是什么，怎样能发' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
