import { z } from 'zod'
import type { Job } from '../../jobs/job.ts'

/** Carries what a guide changed on one customer's tags to WeCom; reads the present state, so one waiting run serves all. */
export const tagPush: Job<{ followId: number }> = {
  name: 'tags.push',
  payload: z.object({ followId: z.number().int() }),
  retryLimit: 8,
  retrySeconds: 5,
  expireSeconds: 120,
  concurrency: 3,
  onePerKey: true,
}

/** Picks up what is still not at WeCom after the tries of `tagPush` ended, so that the last intention wins in the end (P18). */
export const tagPushLeft: Job<Record<string, never>> = {
  name: 'tags.pushLeft',
  payload: z.object({}).strict() as z.ZodType<Record<string, never>>,
  retryLimit: 0,
  cron: '*/10 * * * *',
}

const refusals: Record<number, string> = {
  40003: '企业微信里找不到你的账号',
  40068: '企业微信里没有这个标签了',
  40096: '企业微信里找不到这位客户',
  40144: '她在企业微信里的标签到上限了',
  60111: '企业微信里找不到你的账号',
  84061: '她已经不是你的企业微信好友',
}

/** Why WeCom refused, for the guide. Codes: server-api.md §4 and §14. */
export const refusalReason = (errcode: number): string =>
  refusals[errcode] ?? `企业微信没有收下（编号 ${errcode}）`

/** Refusals that are about the customer or the member: asking again tag by tag would hear the same. */
export const concernsAllTags = (errcode: number): boolean => [40003, 40096, 60111, 84061].includes(errcode)

export interface PendingChange {
  tagId: number
  /** WeCom's id */
  wecomId: string
  name: string
  change: 'add' | 'remove'
  version: number
  /** set when the tag's group holds one tag at a time */
  singleGroupId: number | null
}

/** What stands or falls together: in a single-choice group the new tag and the one it replaces. */
export function unitsOf(changes: PendingChange[]): PendingChange[][] {
  const units = new Map<string, PendingChange[]>()
  for (const change of changes) {
    const key = change.singleGroupId === null ? `tag:${change.tagId}` : `group:${change.singleGroupId}`
    units.set(key, [...(units.get(key) ?? []), change])
  }
  return [...units.values()]
}
