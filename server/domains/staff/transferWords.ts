import type { NewTouch } from '../customers/customers.service.ts'
import type { TransferTrace } from './transfers.repository.ts'

/** Why WeCom did not begin to hand one customer over (wecom/server-api.md §8). */
const refusals: Record<number, string> = {
  40096: '企业微信里找不到这位客户',
  40097: '企业微信里这位成员还没有离职',
  40098: '接替的成员还没有实名认证',
  40099: '接替的成员客户已满',
  40128: '90 天内已经交接过两次',
  40130: '接替的就是她自己',
  40131: '客户已经不在这位成员名下',
  40143: '企业微信限制了这次交接',
  48011: '接替的成员太久没有登录企业微信',
  84061: '客户已经不是这位成员的好友',
}
export const transferRefusal = (errcode: number): string =>
  refusals[errcode] ?? `企业微信没有接受（编号 ${errcode}）`

/** Already on the way: what we asked for has begun, if not by this very call. */
export const isAlreadyStarted = (errcode: number | undefined): boolean =>
  errcode === 40100 || errcode === 40129

/** Busy: the same may go well in a moment (server-api.md §14). */
export const isPassing = (errcode: number): boolean => [-1, 6000, 45033, 45035, 45036].includes(errcode)

/** The line of the customer's timeline. */
export function traceOf(trace: TransferTrace): (NewTouch & { corpId: number })[] {
  const { corpId, customerId, state, reason, toName } = trace
  const base = { corpId, customerId, by: 'system' as const }
  if (state === 'done') return [{ ...base, kind: 'transferDone', what: `已由${toName}接替` }]
  return [{ ...base, kind: 'transferFailed', what: `没有交给${toName}`, detail: reason }]
}
