import { pino, type Logger, type LoggerOptions } from 'pino'

/** Never in a log, wherever it may turn up. */
const REDACTED = ['authorization', 'cookie', 'password', 'secret', 'access_token', 'token', 'ticket']

/**
 * The server's log: one JSON object per line, or — for a person at a terminal — time and words.
 * An error is written with its name, message, stack and causes, never with the fields libraries hang on it (a driver's
 * parameters, a client's configuration).
 */
export function createLog(level: string, isForPerson: boolean): Logger {
  const options: LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: REDACTED,
    serializers: { err: plainError },
  }
  if (!isForPerson) return pino(options)
  return pino(options, { write: (line: string) => process.stdout.write(`${inWords(line)}\n`) })
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
  return { name: error.name, message: error.message, stack: error.stack, code, cause }
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
