import { pino, type Logger, type LoggerOptions } from 'pino'
import { requestIds } from './requestIds.ts'

/**
 * What a line of the log may hold, besides its time, level and words; anything else is left out, with its name noted. Numbers and
 * codes of ours only: no field here is made for a name, a phone number or words of anybody.
 */
const ALLOWED = new Set([
  // requests and jobs
  ...['requestId', 'method', 'route', 'status', 'code', 'ms', 'job', 'jobId', 'tries', 'port', 'operation'],
  // why
  ...['err', 'reason', 'trouble', 'errcode', 'api', 'ip', 'fields', 'kind', 'next', 'state', 'corpId'],
  // which of ours, by our own numbers
  ...[
    'staffId',
    'followId',
    'fileId',
    'lane',
    'seq',
    'through',
    'from',
    'to',
    'end',
    'at',
    'found',
    'expected',
  ],
  // how many
  ...[
    'count',
    'seconds',
    'waiting',
    'leaving',
    'ended',
    'lanes',
    'tags',
    'applied',
    'doneStaff',
    'totalStaff',
    'customers',
  ],
])
const MOST_CHARACTERS = 500

/**
 * The server's log: one JSON object per line, or — for a person at a terminal — time and words. Every line written for a request
 * bears its id, also from within a job that it has asked for.
 * An error is written with its name, message, stack and causes, never with the fields libraries hang on it (a driver's
 * parameters, a client's configuration).
 */
export function createLog(level: string, isForPerson: boolean): Logger {
  if (!isForPerson) return pino(logOptions(level))
  return pino(logOptions(level), { write: (line: string) => process.stdout.write(`${inWords(line)}\n`) })
}

export const logOptions = (level: string): LoggerOptions => ({
  level,
  base: undefined,
  timestamp: pino.stdTimeFunctions.isoTime,
  mixin: () => {
    const requestId = requestIds.getStore()
    return requestId === undefined ? {} : { requestId }
  },
  formatters: { log: onlyAllowed },
  serializers: { err: plainError },
})

function onlyAllowed(said: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  const dropped: string[] = []
  for (const [name, value] of Object.entries(said)) {
    if (!ALLOWED.has(name)) dropped.push(name)
    else if (name === 'err') kept.err = value
    else kept[name] = shortened(value)
  }
  return dropped.length > 0 ? { ...kept, dropped } : kept
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MOST_CHARACTERS)
  if (Array.isArray(value)) return value.slice(0, 50).map(shortened)
  // A field is a number, a code or a list of them: what lies deeper would be somebody's.
  return typeof value === 'object' && value !== null ? undefined : value
}

interface PlainError {
  name: string
  message: string
  stack?: string
  code?: string
  cause?: PlainError
}

function plainError(error: unknown, depth = 0): PlainError {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const cause = error.cause !== undefined && depth < 4 ? plainError(error.cause, depth + 1) : undefined
  const message = withoutValues(error, code)
  // A stack begins with the message as it was.
  const stack = error.stack?.slice(error.stack.search(/^ +at /m))
  return { name: error.name, message, stack: stack && `${error.name}: ${message}\n${stack}`, code, cause }
}

/** The message, less what libraries quote in theirs of what they were given: that may be somebody's name. */
function withoutValues(error: Error, code: string | undefined): string {
  // "Unexpected token '李', "李女士…" is not valid JSON"
  if (error instanceof SyntaxError) return 'unreadable text'
  if ('issues' in error && Array.isArray(error.issues))
    return error.issues
      .slice(0, 10)
      .map((issue: { code?: unknown; path?: unknown[] }) => `${issue.path?.join('.')}: ${String(issue.code)}`)
      .join(', ')
  // PostgreSQL's class 22, data exception: "invalid input syntax for type integer: "李女士""
  if (code && /^22...$/.test(code)) return error.message.split(':')[0] ?? ''
  return error.message
}

const marks: Record<number, string> = { 40: '⚠ ', 50: '✗ ', 60: '✗ ' }

function inWords(line: string): string {
  const said = JSON.parse(line) as {
    time: string
    level: number
    msg?: string
    err?: PlainError
    reason?: string
  }
  const time = new Date(said.time).toTimeString().slice(0, 8)
  const detail = said.err ? `\n${said.err.stack ?? said.err.message}` : said.reason ? `：${said.reason}` : ''
  return `${time} ${marks[said.level] ?? ''}${said.msg ?? ''}${detail}`
}
