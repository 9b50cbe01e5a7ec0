import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { STATE_FIGURES, type StateReading } from './state.ts'

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5]
const WECOM_SECONDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const JOB_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Different values one label may take in the life of a process; what comes after them is counted as `other`. */
const MOST = { routes: 400, errcodes: 60, codes: 80, jobs: 100 }

/** How a call of WeCom ended: its errcode, or what came instead of one. */
export type WecomOutcome = number | 'timeout' | 'network' | 'unreadable'

export interface RequestEnd {
  /** as a client may have made it up */
  method: string
  /** the route's pattern, never the path: that one names people */
  route: string
  status: number
  /** of the problem, where the answer was one */
  code: string | undefined
  seconds: number
}

/** What is counted while the server works. */
export interface Counting {
  /** returns what has to be told when the answer is there */
  request(): (end: RequestEnd) => void
  wecomCall(call: { api: string; outcome: WecomOutcome; seconds: number }): void
  job(done: { name: string; outcome: 'done' | 'failed'; seconds: number }): void
}

export interface Metrics extends Counting {
  contentType: string
  /** Everything as Prometheus reads it. What a source cannot tell is left out; it never throws for that. */
  text(): Promise<string>
}

export interface MetricsSources {
  version: string
  pool?: { totalCount: number; idleCount: number; waitingCount: number }
  /** what the database tells, at most as old as the reader allows */
  readState?: () => Promise<StateReading>
  freeBytes?: () => number | undefined
  /** event loop, heap, CPU of this process: once in a process */
  withProcess?: boolean
}

/** The figures of this server (`/metrics`): counted here, or read from what they are about at the moment of asking. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `guidebar_${name}`, help, labelNames, registers })
  if (sources.withProcess) collectDefaultMetrics({ register: registry })

  gauge('build_info', '版本', ['version', 'node']).set(
    { version: sources.version, node: process.versions.node },
    1,
  )
  const requests = new Histogram({
    name: 'guidebar_http_request_seconds',
    help: '请求用了多久，按方法、路由和状态类别',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers,
  })
  const inFlight = gauge('http_requests_in_flight', '正在处理的请求')
  const problems = new Counter({
    name: 'guidebar_http_problems_total',
    help: '没有照办的请求，按 problem 的 code',
    labelNames: ['code'],
    registers,
  })
  const wecomCalls = new Histogram({
    name: 'guidebar_wecom_call_seconds',
    help: '对企业微信的调用用了多久，按接口和 errcode（没有 errcode 的写原因）',
    labelNames: ['api', 'errcode'],
    buckets: WECOM_SECONDS,
    registers,
  })
  const jobs = new Histogram({
    name: 'guidebar_job_seconds',
    help: '后台任务用了多久，按任务和结果',
    labelNames: ['job', 'outcome'],
    buckets: JOB_SECONDS,
    registers,
  })
  const free = gauge('data_dir_free_bytes', 'DATA_DIR 所在磁盘还剩多少字节')
  const pool = gauge('database_connections', '本进程的数据库连接：total、idle；waiting 是在等连接的请求', [
    'state',
  ])
  const databaseUp = gauge('database_up', '取这些数字时数据库是否有回应')
  const stateFailures = new Counter({
    name: 'guidebar_state_failures_total',
    help: '有多少次没能从数据库取到某一部分数字',
    labelNames: ['part'],
    registers,
  })
  const stateGauges = new Map(
    Object.entries(sources.readState ? STATE_FIGURES : {}).map(([name, [help, labels]]) => [
      name,
      gauge(name, help, [...labels]),
    ]),
  )

  const routes = bounded(MOST.routes)
  const codes = bounded(MOST.codes)
  const errcodes = bounded(MOST.errcodes)
  const jobNames = bounded(MOST.jobs)

  async function readState(): Promise<void> {
    if (!sources.readState) return
    const { isUp, figures, failed } = await sources.readState()
    databaseUp.set(isUp ? 1 : 0)
    for (const part of failed) stateFailures.inc({ part })
    // What was there and is no more must not stand still at its last value.
    for (const known of stateGauges.values()) {
      known.reset()
      // One without labels begins anew with 0.
      known.remove({})
    }
    for (const { name, labels, value } of figures) stateGauges.get(name)?.set(labels, value)
  }

  return {
    contentType: registry.contentType,
    request() {
      inFlight.inc()
      return ({ method, route, status, code, seconds }) => {
        inFlight.dec()
        const kind = METHODS.includes(method) ? method : 'other'
        requests.observe(
          { method: kind, route: routes(route), status: `${Math.trunc(status / 100)}xx` },
          seconds,
        )
        if (code !== undefined) problems.inc({ code: codes(code) })
      }
    },
    wecomCall({ api, outcome, seconds }) {
      wecomCalls.observe({ api, errcode: errcodes(String(outcome)) }, seconds)
    },
    job({ name, outcome, seconds }) {
      jobs.observe({ job: jobNames(name), outcome }, seconds)
    },
    async text() {
      await readState()
      if (sources.pool) {
        pool.set({ state: 'total' }, sources.pool.totalCount)
        pool.set({ state: 'idle' }, sources.pool.idleCount)
        pool.set({ state: 'waiting' }, sources.pool.waitingCount)
      }
      const bytes = sources.freeBytes?.()
      if (bytes !== undefined) free.set(bytes)
      return registry.metrics()
    },
  }
}

/** Lets the first `most` different values through and calls all others `other`: each value is a row for ever. */
function bounded(most: number): (value: string) => string {
  const known = new Set<string>()
  return value => {
    if (known.has(value)) return value
    if (known.size >= most) return 'other'
    known.add(value)
    return value
  }
}
