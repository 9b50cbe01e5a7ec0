import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ScriptScope } from './scripts.ts'
import { CivilDay, Instant } from './time.ts'

const count = z.number().int().min(0)

/** What came of messages; groups are not in it. */
export const ScriptCounts = z.object({
  sends: count.meta({ description: '发到了的，发出一部分也算' }),
  cancelled: count.meta({ description: '点了发送又取消，一条也没发出' }),
  replies: count.meta({ description: '其中有回音的：导购记下她回过，或紧接着回复了她' }),
  purchases: count.meta({ description: '算在它名下的购买' }),
  lost: count.meta({ description: '其中发出 3 天内她删了好友的' }),
})

export const WatchReason = z
  .enum(['lost', 'cancelled'])
  .meta({ description: 'lost：删好友的多；cancelled：点了又取消的多' })

export const ScriptResultRow = ScriptCounts.extend({
  kind: z
    .enum(['script', 'personal', 'rest'])
    .meta({ description: 'personal：同事自己的合在一起；rest：不足 5 位客户的合在一起' }),
  scriptId: z.uuid().nullable(),
  title: z.string().nullable(),
  scope: ScriptScope.nullable(),
  isArchived: z.boolean(),
  watch: WatchReason.nullable().meta({ description: '现在这一版在整个公司的情况不好' }),
  versions: z
    .array(ScriptCounts.extend({ version: z.number().int() }))
    .meta({ description: '新的在前；只有一版，或有一版不足 5 位客户，就不拆' }),
})
export type ScriptResultRow = z.infer<typeof ScriptResultRow>

export const ScriptResults = z
  .object({
    from: CivilDay,
    today: CivilDay,
    countedAt: Instant.nullable().meta({ description: '数到什么时候；空：还没数过' }),
    stores: z
      .array(z.object({ store: z.number().int(), name: z.string() }))
      .meta({ description: '能分开看的门店；store 是它的 departmentId' }),
    rows: z.array(ScriptResultRow).max(200).meta({ description: '发得多的在前' }),
  })
  .meta({ id: 'ScriptResults' })
export type ScriptResults = z.infer<typeof ScriptResults>

export const WatchedScript = ScriptCounts.extend({
  scriptId: z.uuid(),
  version: z.number().int(),
  title: z.string(),
  scope: ScriptScope,
  watch: WatchReason,
})
export type WatchedScript = z.infer<typeof WatchedScript>

export const getMyScriptResults = endpoint({
  id: 'getMyScriptResults',
  method: 'get',
  path: '/stats/scripts/mine',
  summary: '我发过的话术各自的成效，最近 90 天',
  answer: ScriptResults,
  status: 200,
})

export const getScriptResults = endpoint({
  id: 'getScriptResults',
  method: 'get',
  path: '/stats/scripts',
  summary: '话术成效，最近 90 天；店长看本店，管理员看全部；不足 5 位客户的不拆开',
  query: z.object({ store: z.coerce.number().int().optional() }),
  answer: ScriptResults,
  status: 200,
  problems: ['forbidden'],
})

export const listWatchedScripts = endpoint({
  id: 'listWatchedScripts',
  method: 'get',
  path: '/stats/scripts/watched',
  summary: '我能改的话术里，成效不好、要看一看的',
  answer: z.object({ scripts: z.array(WatchedScript) }),
  status: 200,
})
