import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { World } from '../world/types.ts'

/** What one page load has been granted, and for which URL. */
export interface PageGrants {
  /** @returns why WeCom would refuse, or undefined when granted */
  agentConfig(page: string, url: string, params: unknown): string | undefined
  /** `preVerifyJSAPI`, the corp's own identity. @returns why refused, or undefined when granted */
  corpConfig(page: string, url: string, params: unknown): string | undefined
  /** Whether this page, at this URL, may call the API with that identity. */
  allows(page: string, url: string, name: string, identity: 'app' | 'any'): boolean
}

interface Grant {
  url: string
  apis: Set<string>
}

const AgentConfigParams = z.object({
  corpid: z.string(),
  agentid: z.string(),
  timestamp: z.string().min(1),
  nonceStr: z.string().min(1),
  signature: z.string(),
  jsApiList: z.array(z.string()),
})

const CorpConfigParams = z.object({
  appId: z.string(),
  verifyTimestamp: z.string().min(1),
  verifyNonceStr: z.string().min(1),
  verifySignature: z.string(),
  verifyJsApiList: z.array(z.string()),
})

/** Page loads remembered; the oldest are forgotten first. */
const PAGES_MAX = 2_000

/** Signatures are verified with every ticket of this world that is still valid, over the page's own URL. */
export function createPageGrants(world: World): PageGrants {
  const grants = { agent: new Map<string, Grant>(), corp: new Map<string, Grant>() }

  function decide(
    kind: 'agent' | 'corp',
    page: string,
    url: string,
    asked: Asked | string,
  ): string | undefined {
    grants[kind].delete(page)
    const refusal = typeof asked === 'string' ? asked : refusalOf(world, kind, url, asked)
    if (refusal || typeof asked === 'string') return refusal
    grants[kind].set(page, { url, apis: new Set(asked.apis) })
    const oldest = grants[kind].keys().next().value
    if (grants[kind].size > PAGES_MAX && oldest !== undefined) grants[kind].delete(oldest)
    return undefined
  }

  const granted = (kind: 'agent' | 'corp', page: string, url: string, name: string) => {
    const grant = grants[kind].get(page)
    return grant?.url === url && grant.apis.has(name)
  }

  return {
    agentConfig(page, url, params) {
      const parsed = AgentConfigParams.safeParse(params)
      if (!parsed.success) return decide('agent', page, url, `参数不对：${z.prettifyError(parsed.error)}`)
      const { corpid, agentid, timestamp, nonceStr, signature, jsApiList } = parsed.data
      if (agentid !== String(world.corp.agentId))
        return decide('agent', page, url, `agentid 不是 ${world.corp.agentId}`)
      return decide('agent', page, url, { corpId: corpid, timestamp, nonceStr, signature, apis: jsApiList })
    },
    corpConfig(page, url, params) {
      const parsed = CorpConfigParams.safeParse(params)
      if (!parsed.success) return decide('corp', page, url, `参数不对：${z.prettifyError(parsed.error)}`)
      const { appId, verifyTimestamp, verifyNonceStr, verifySignature, verifyJsApiList } = parsed.data
      return decide('corp', page, url, {
        corpId: appId,
        timestamp: verifyTimestamp,
        nonceStr: verifyNonceStr,
        signature: verifySignature,
        apis: verifyJsApiList,
      })
    },
    allows: (page, url, name, identity) =>
      granted('agent', page, url, name) || (identity === 'any' && granted('corp', page, url, name)),
  }
}

interface Asked {
  corpId: string
  timestamp: string
  nonceStr: string
  signature: string
  apis: string[]
}

function refusalOf(world: World, kind: 'agent' | 'corp', url: string, asked: Asked): string | undefined {
  if (asked.corpId !== world.corp.corpId) return `企业 id 不是 ${world.corp.corpId}`
  const { host } = new URL(url)
  if (!world.corp.trustedDomains.includes(host))
    return `${host} 不在可信域名里（${world.corp.trustedDomains.join(' ')}）`
  const tickets = world.validTickets(kind)
  if (tickets.some(ticket => sign(ticket, url, asked) === asked.signature)) return undefined
  const other = kind === 'agent' ? 'corp' : 'agent'
  if (world.validTickets(other).some(ticket => sign(ticket, url, asked) === asked.signature)) {
    return `签名用了${other === 'corp' ? '企业' : '应用'}的 ticket，要用${kind === 'corp' ? '企业' : '应用'}的`
  }
  if (tickets.length === 0) return '还没有取过 ticket，或者都已过期'
  return `签名不对：页面地址是 ${url}`
}

function sign(ticket: string, url: string, { nonceStr, timestamp }: Asked): string {
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url}`
  return createHash('sha1').update(text).digest('hex')
}
