import type { HealthCheck, HealthCheckKey } from '../../../shared/contract/health.ts'
import type { Config } from '../../config.ts'
import { WecomError, type WecomAgent, type WecomBrake, type WecomClient } from '../../wecom/client.ts'
import { APP_PAGE, bad, blockedBy, ok, timeText, unknown, warn } from './finding.ts'

/** A person waits for the answer; WeCom's own limits with all quick tries are longer. */
const PATIENCE_MS = 8_000
const RATE_ERRCODE = 45009

export const wecomKeys = [
  'corpId',
  'secret',
  'trustedIp',
  'agent',
  'visibleRange',
  'customerContact',
] as const satisfies HealthCheckKey[]

export interface WecomAnswer {
  checks: HealthCheck[]
  /** the app as WeCom has it, when WeCom told us */
  agent?: WecomAgent
  /** the address our calls come from, when WeCom refused it */
  ip?: string
}

interface WecomParts {
  wecom: WecomClient
  config: Pick<Config, 'publicUrl' | 'timeZone' | 'wecom'>
  /** active members we know of, from the last pull */
  knownStaff: number
}

/**
 * Asks two questions of WeCom, with the token everybody uses: who the app is, and who has customers. After a refusal of the
 * configuration the client's brakes answer, so that looking at this page never repeats a wrong secret.
 */
export async function checkWecom({ wecom, config, knownStaff }: WecomParts): Promise<WecomAnswer> {
  const agent = await within(() => wecom.getAgent())
  if (agent instanceof WecomError) {
    const brakes = await wecom.listBrakes()
    const ip = agent.ip ?? brakes.find(brake => brake.ip !== null)?.ip ?? undefined
    return { checks: explainRefusal(agent, brakes, ip, config), ...(ip !== undefined && { ip }) }
  }
  const followers = await within(() => wecom.listFollowUserIds())
  return {
    agent,
    checks: [
      ok('corpId', `${config.wecom.corpId}，企业微信认得`),
      ok('secret', '企业微信接受'),
      ok('trustedIp', '企业微信接受这台服务器的调用'),
      checkAgent(agent, config),
      checkRange(agent, knownStaff),
      checkContact(followers),
    ],
  }
}

/** What the call answered, or why not; nothing within the patience counts as no answer. */
async function within<T>(call: () => Promise<T>): Promise<T | WecomError> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<WecomError>(resolve => {
    timer = setTimeout(() => resolve(new WecomError('', { trouble: 'timeout' })), PATIENCE_MS)
  })
  try {
    return await Promise.race([call(), silence])
  } catch (error) {
    if (error instanceof WecomError) return error
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Where a refusal of every call belongs, what it says, and what to do (wecom/server-api.md §1, §13, §14). */
const gates = new Map<number, { key: (typeof wecomKeys)[number]; detail: string; fix: string }>([
  [
    40013,
    {
      key: 'corpId',
      detail: '企业微信不认得这个企业 ID',
      fix: '把 WECOM_CORP_ID 改成 企业微信管理后台 → 我的企业 → 企业信息 里的「企业ID」，重启服务器',
    },
  ],
  [
    40001,
    {
      key: 'secret',
      detail: 'Secret 不对，或已被重置，或应用已停用',
      fix: `把 WECOM_APP_SECRET 改成 ${APP_PAGE} → Secret → 查看，重启服务器；并看应用是否已启用`,
    },
  ],
  [
    40091,
    {
      key: 'secret',
      detail: '这个 Secret 是另一家企业的',
      fix: `WECOM_CORP_ID 与 WECOM_APP_SECRET 要取自同一家企业：${APP_PAGE} → Secret → 查看；改好后重启服务器`,
    },
  ],
  [41002, { key: 'corpId', detail: '没有带上企业 ID', fix: '设置 WECOM_CORP_ID，重启服务器' }],
  [41004, { key: 'secret', detail: '没有带上 Secret', fix: '设置 WECOM_APP_SECRET，重启服务器' }],
  [50003, { key: 'agent', detail: '应用已被停用', fix: `${APP_PAGE} → 启用应用` }],
])

function explainRefusal(
  error: WecomError,
  brakes: WecomBrake[],
  ip: string | undefined,
  config: WecomParts['config'],
): HealthCheck[] {
  const { errcode } = error
  if (errcode === null) {
    const host = new URL(config.wecom.apiBase).host
    const why = { timeout: '没有在几秒内回答', network: '网络不通', unreadable: '回答的不是接口应有的内容' }
    const failing = bad(
      'corpId',
      `${host} ${why[error.trouble ?? 'network']}`,
      `让服务器能访问 https://${host}（443 端口、DNS、出口防火墙与代理）`,
    )
    return others(failing, '先让服务器连上企业微信，再查这一项')
  }
  const brake = brakes.find(each => each.errcode === errcode)
  const pause = brake
    ? `；为免被企业微信封住，已停止调用，${timeText(brake.until, config.timeZone)} 以后自动再试一次`
    : ''
  if (errcode === 60020) {
    const value = ip ?? '（服务器的出口 IP）'
    const detail = `企业微信不认这台服务器的出口 IP${ip ? ` ${ip}` : ''}${pause}`
    const fix = `${APP_PAGE} → 企业可信IP → 配置，填入 ${value}，约 1 分钟后生效；要先设好可信域名或接收消息的 URL 才能填`
    return others(bad('trustedIp', detail, fix))
  }
  const gate = gates.get(errcode)
  if (gate) return others(bad(gate.key, `${gate.detail}（${errcode}）${pause}`, gate.fix))
  if (errcode === RATE_ERRCODE && error.api === 'gettoken')
    return others(
      warn(
        'secret',
        `取令牌太频繁，企业微信暂时不答（${errcode}）${pause}`,
        '等它过去；若反复出现，看是否有别的程序在用同一个 Secret',
      ),
    )
  // The call reached the app's own question: the token was given.
  const passed = [
    ok('corpId', `${config.wecom.corpId}，企业微信认得`),
    ok('secret', '企业微信接受'),
    ok('trustedIp', '企业微信接受这台服务器的调用'),
  ]
  const failing =
    errcode === RATE_ERRCODE
      ? warn('agent', `调用太频繁，企业微信暂时不答（${errcode}）${pause}`, '等它过去，再查一遍')
      : bad(
          'agent',
          `读不到应用 ${config.wecom.agentId}（${errcode}）${pause}`,
          `核对 WECOM_AGENT_ID：要与 WECOM_APP_SECRET 同属一个应用，见 ${APP_PAGE} → AgentId；改好后重启服务器`,
        )
  return [
    ...passed,
    failing,
    ...(['visibleRange', 'customerContact'] as const).map(key => blockedBy(key, 'agent')),
  ]
}

/** The one that fails, the rest unanswered, in their order. */
const others = (failing: HealthCheck, words?: string): HealthCheck[] =>
  wecomKeys.map(key => {
    if (key === failing.key) return failing
    return words === undefined ? waitsFor(key, failing) : unknown(key, words)
  })
const waitsFor = (key: HealthCheckKey, failing: HealthCheck) =>
  unknown(key, `先修好「${failing.title}」，再查这一项`)

function checkAgent(agent: WecomAgent, config: WecomParts['config']): HealthCheck {
  const name = `${agent.name}（${config.wecom.agentId}）`
  if (agent.isClosed) return bad('agent', `${name} 已被停用`, `${APP_PAGE} → 启用应用`)
  const home = `${config.publicUrl}/today`
  const fix = `${APP_PAGE} → 应用主页 → 设置，填入 ${home}`
  if (agent.homeUrl === '') return warn('agent', `${name} 没有设应用主页，工作台里点不开「今日」`, fix)
  if (agent.homeUrl.replace(/\/+$/, '') !== home)
    return warn('agent', `${name} 的应用主页是 ${agent.homeUrl}`, fix)
  return ok('agent', `${name}，应用主页 ${agent.homeUrl}`)
}

function checkRange({ userIds, departmentIds }: WecomAgent, knownStaff: number): HealthCheck {
  const chosen = [
    ...(departmentIds.length > 0 ? [`${departmentIds.length} 个部门`] : []),
    ...(userIds.length > 0 ? [`${userIds.length} 位成员`] : []),
  ]
  const detail = `${chosen.join('、') || '没有选部门和成员'}；最近一次同步到 ${knownStaff} 人`
  if (chosen.length > 0 || knownStaff > 0) return ok('visibleRange', detail)
  return bad(
    'visibleRange',
    '可见范围是空的，谁也用不了',
    `${APP_PAGE} → 可见范围 → 编辑，选上门店所在的部门（含导购、店长与管理员）`,
  )
}

function checkContact(followers: string[] | WecomError): HealthCheck {
  const range = '企业微信管理后台 → 客户联系 → 使用范围，选上导购；他们也要在应用的可见范围里'
  if (!(followers instanceof WecomError))
    return followers.length > 0
      ? ok('customerContact', `${followers.length} 位成员可以联系客户`)
      : bad('customerContact', '可见范围里没有一位成员能用客户联系', range)
  if (followers.errcode === 48002)
    return bad(
      'customerContact',
      '应用没有客户联系的接口权限（48002）',
      '企业微信管理后台 → 客户联系 → 客户 → API → 可调用接口的应用 → 勾选本应用；约 5 分钟内自动再试',
    )
  if (followers.errcode === null) return unknown('customerContact', '企业微信这次没有答上来，过一会儿再查')
  if (followers.errcode === RATE_ERRCODE)
    return warn('customerContact', '调用太频繁，企业微信暂时不答（45009）', '等它过去，再查一遍')
  return bad(
    'customerContact',
    `企业微信拒绝了（${followers.errcode}）`,
    '按错误码查 docs/deploy-wecom.md 里的表',
  )
}
