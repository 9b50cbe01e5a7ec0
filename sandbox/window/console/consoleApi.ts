import type { CallbackLine } from '../../callbacks/callbacks.ts'
import type { CallbackSwitches } from '../../callbacks/settings.ts'
import type { Verdict } from '../../callbacks/verify.ts'
import type { CallbackEvent } from '../../world/callbackEvent.ts'
import type { ApiLimits } from '../../world/limits.ts'
import type {
  ApiCall,
  CallTotal,
  Customer,
  Department,
  Fault,
  Follow,
  Member,
  Network,
  TagGroup,
  Transfer,
} from '../../world/types.ts'
import { call } from '../sandboxApi.ts'

export interface CallbackState {
  /** false: no receive URL is set, so nothing is ever sent */
  isActive: boolean
  url?: string
  counts: { raised: number; underWay: number; paused: number; held: number }
  switches: CallbackSwitches
}
export type CallbackLog = CallbackState & { lines: CallbackLine[] }
export type CustomerView = Customer & { follows: Follow[] }
export interface ClockState {
  /** unix milliseconds */
  now: number
  realNow: number
  isMovable: boolean
}
export interface ActionAnswer {
  result: unknown
  events: CallbackEvent[]
}

export const readMembers = () => call<Member[]>('GET', '/api/members')
export const readDepartments = async () =>
  (await call<{ departments: Department[] }>('GET', '/api/state')).departments
export const readCustomer = (externalUserId: string) =>
  call<CustomerView>('GET', `/api/customers/${encodeURIComponent(externalUserId)}`)
export const readTagGroups = async () =>
  (await call<TagGroup[]>('GET', '/api/tag-groups')).filter(({ deleted }) => !deleted)
export const readTransfers = () => call<Transfer[]>('GET', '/api/actions/transfers')
/** @param name of a route of `control/actionRoutes.ts` */
export const act = (name: string, body: object) => call<ActionAnswer>('POST', `/api/actions/${name}`, body)

export const readCallbacks = (limit: number) => call<CallbackLog>('GET', `/api/callbacks?limit=${limit}`)
export const changeSwitches = (change: Partial<CallbackSwitches>) =>
  call<CallbackSwitches>('PATCH', '/api/callbacks/switches', change)
export const flushCallbacks = () => call<CallbackState>('POST', '/api/callbacks/flush')
export const clearCallbacks = () => call<undefined>('DELETE', '/api/callbacks')
export const verifyReceiver = () => call<Verdict>('POST', '/api/callbacks/verify')
/** Answers once nothing is on its way any more. */
export const callbacksIdle = (signal: AbortSignal) =>
  call<CallbackState>('GET', '/api/callbacks/idle', undefined, signal)

export const readCalls = (api: string, limit: number) => {
  const query = new URLSearchParams({ limit: String(limit), ...(api && { api }) })
  return call<ApiCall[]>('GET', `/api/calls?${query}`)
}
export const readTotals = () => call<CallTotal[]>('GET', '/api/calls/totals')
export const clearCalls = () => call<undefined>('DELETE', '/api/calls')
export const readFaults = () => call<Fault[]>('GET', '/api/faults')
export const setFaults = (faults: Fault[]) => call<Fault[]>('PUT', '/api/faults', faults)
export const readLimits = () => call<ApiLimits>('GET', '/api/limits')
export const changeLimits = (change: Partial<ApiLimits>) => call<ApiLimits>('PATCH', '/api/limits', change)
export const readNetwork = () => call<Network>('GET', '/api/network')
export const changeNetwork = (change: Partial<Omit<Network, 'pretendIp'>> & { pretendIp?: string | null }) =>
  call<Network>('PATCH', '/api/network', change)
export const expire = (what: 'tokens' | 'tickets', how: 'expire' | 'revoke') =>
  call<undefined>('POST', '/api/tokens/expire', { what, how })

export const readClock = () => call<ClockState>('GET', '/api/clock')
export const moveClock = (move: { byMs: number } | { to: 'now' }) =>
  call<ClockState>('POST', '/api/clock', move)
