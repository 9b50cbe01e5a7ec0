import { ApiError, Superseded, Unreachable } from '../api/apiError.ts'

/** Whether nothing was answered at all; a script that did not come counts, each browser says so in its own words. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof Unreachable) return true
  return error instanceof Error && /dynamically imported|importing a module|preload/i.test(error.message)
}

/** What went wrong, short and fit to be shown: the server's words, or ours when it did not answer. */
export function problemTitle(error: unknown): string {
  if (error instanceof ApiError) return error.problem.title
  if (error instanceof Superseded) return '有新版本，刷新后再试'
  return isUnreachable(error) ? '网络没有通' : '我们这边出了点问题'
}

/** As `problemTitle`, in the server's fuller words where it has some. */
export const problemDetail = (error: unknown): string =>
  error instanceof ApiError && error.problem.detail ? error.problem.detail : problemTitle(error)

/** As `problemDetail`; where a field was wrong, what the server says of the first one. */
export const problemReason = (error: unknown): string =>
  (error instanceof ApiError && error.problem.errors?.[0]?.message) || problemDetail(error)
