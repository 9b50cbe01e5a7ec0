import { ApiError, Unreachable } from '../api/apiError.ts'

/** What went wrong, short and fit to be shown: the server's words, or ours when it did not answer. */
export function problemTitle(error: unknown): string {
  if (error instanceof ApiError) return error.problem.title
  return error instanceof Unreachable ? '网络没有通' : '我们这边出了点问题'
}
