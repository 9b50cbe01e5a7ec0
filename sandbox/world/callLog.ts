import type { ApiCall, CallTotal } from './types.ts'

const callsKept = 2000

/** The newest calls whole, and how many there were of each kind since the log was last cleared. */
export function createCallLog() {
  let calls: ApiCall[] = []
  const totals = new Map<string, CallTotal>()
  return {
    calls: () => calls.slice(-callsKept),
    callTotals: () => [...totals.values()].map(total => ({ ...total })),
    recordCall(call: ApiCall) {
      calls.push(call)
      // Cut now and then rather than at every call.
      if (calls.length > 2 * callsKept) calls = calls.slice(-callsKept)
      const key = `${call.api} ${call.errcode}`
      const total = totals.get(key) ?? { api: call.api, errcode: call.errcode, count: 0 }
      totals.set(key, { ...total, count: total.count + 1 })
    },
    clearCalls() {
      calls = []
      totals.clear()
    },
  }
}
