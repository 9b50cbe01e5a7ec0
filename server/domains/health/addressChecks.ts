import { randomBytes, randomInt } from 'node:crypto'
import type { HealthCheck } from '../../../shared/contract/health.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { listOwnershipFiles, readOwnershipFile } from '../../http/ownershipFile.ts'
import { createCallbackCrypto } from '../../wecom/callbackCrypto.ts'
import type { WecomAgent } from '../../wecom/client.ts'
import { APP_PAGE, bad, ok, timeText, warn } from './finding.ts'
import type { EventFacts } from './health.repository.ts'
import type { OwnAddress, OwnAnswer } from './ownAddress.ts'

/** WeCom waits no longer when the receive URL is saved (wecom/callbacks.md §1). */
const VERIFICATION_MS = 1_000
export const CALLBACK_PATH = '/wecom/callback'

const troubles: Record<string, [detail: string, fix: string]> = {
  TIMEOUT: ['几秒内没有回答', '看反向代理与防火墙是否放行 443 端口'],
  ENOTFOUND: ['域名解析不到', '给这个域名加上 DNS 记录，指向反向代理'],
  EAI_AGAIN: ['域名解析不到', '看服务器的 DNS 设置'],
  ECONNREFUSED: ['连接被拒绝', '启动反向代理，让它监听 443 端口'],
  ECONNRESET: ['连接被断开', '看反向代理的日志；有的机房会拦没有备案的域名'],
  CERT_HAS_EXPIRED: ['证书过期了', '续上证书，并让它自动续'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['证书是自签的', '换成公认机构签发的证书，企业微信不认自签的'],
  SELF_SIGNED_CERT_IN_CHAIN: ['证书链里有自签的证书', '换成公认机构签发的证书，企业微信不认自签的'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['证书链不完整', '在反向代理里配完整的证书链（fullchain）'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['证书链不完整', '在反向代理里配完整的证书链（fullchain）'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['证书不是这个域名的', '换成这个域名的证书'],
}
const REACHABLE =
  '。若公司外面打得开、只是服务器自己访问不到，在服务器的 hosts 里把这个域名指向反向代理的内网地址'

function troubleOf(trouble: string): [detail: string, fix: string] {
  const [detail, fix] = troubles[trouble] ?? [`访问不到（${trouble}）`, '看域名、证书、反向代理和防火墙']
  return [detail, fix + REACHABLE]
}

export async function checkPublicUrl(
  own: OwnAddress,
  { publicUrl }: Pick<Config, 'publicUrl'>,
): Promise<HealthCheck> {
  const answer = await own.get('/healthz')
  const wrong = explainAnswer(answer)
  if (wrong) return bad('publicUrl', `${publicUrl} ${wrong[0]}`, wrong[1])
  if (!publicUrl.startsWith('https:'))
    return warn(
      'publicUrl',
      `${publicUrl} 不是 https`,
      '企业微信里的正式地址要用 https：在反向代理上配证书，把 PUBLIC_URL 改成 https:// 开头',
    )
  return ok('publicUrl', `${publicUrl} 打得开，是本程序`)
}

/** What is wrong with the answer to `/healthz`, and what to do; undefined when it is ours. */
function explainAnswer(answer: OwnAnswer): [detail: string, fix: string] | undefined {
  if ('trouble' in answer) return troubleOf(answer.trouble)
  const { status, text } = answer
  if (status === 502 || status === 503 || status === 504)
    return [`答 ${status}：反向代理找不到本程序`, '先启动服务器；看反向代理转发的端口与 PORT 是否相同']
  if (status >= 300 && status < 400)
    return [`答 ${status}，跳到了别处`, 'PUBLIC_URL 要写成最终的地址（https、域名、端口），中间不要跳转']
  if (status === 200 && isAlive(text)) return undefined
  return [`答的不是本程序（${status}）`, '让反向代理把这个域名的全部路径原样转给本程序']
}

function isAlive(text: string): boolean {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' && said !== null && 'status' in said && said.status === 'alive'
  } catch {
    // Somebody else's page.
    return false
  }
}

/**
 * OAuth and the JS-SDK compare host and port exactly (wecom/server-api.md §2), and WeCom wants its file at the root.
 * @param isReachable false: the public address does not answer, so the file cannot be asked for
 */
export async function checkTrustedDomain(
  own: OwnAddress,
  config: Pick<Config, 'publicUrl' | 'dataDir'>,
  agent: WecomAgent,
  isReachable: boolean,
): Promise<HealthCheck> {
  const { host } = new URL(config.publicUrl)
  const page = `${APP_PAGE} → 网页授权及JS-SDK → 设置可信域名`
  if (agent.redirectDomain === '') return bad('trustedDomain', '应用还没有可信域名', `${page}，填入 ${host}`)
  if (agent.redirectDomain.toLowerCase() !== host.toLowerCase())
    return bad(
      'trustedDomain',
      `可信域名是 ${agent.redirectDomain}，本程序的是 ${host}`,
      `${page}，改成 ${host}（域名和端口要一字不差）；或把 PUBLIC_URL 改成可信域名`,
    )
  const names = await listOwnershipFiles(config.dataDir)
  if (names.length === 0)
    return warn(
      'trustedDomain',
      `${host} 已是可信域名；DATA_DIR 里没有域名校验文件`,
      `${page} → 申请校验域名 → 下载 WW_verify_….txt，放进 DATA_DIR，再点校验；已由反向代理提供这个文件就不用管`,
    )
  if (!isReachable)
    return warn('trustedDomain', `${host} 已是可信域名；校验文件还不能从外面读到`, '先修好「对外地址」')
  for (const name of names) {
    const expected = await readOwnershipFile(config.dataDir, name)
    const answer = await own.get(`/${name}`)
    if ('trouble' in answer || answer.status !== 200 || answer.text !== expected)
      return bad(
        'trustedDomain',
        `${config.publicUrl}/${name} 读不到这个文件`,
        '让反向代理把域名根目录也转给本程序；有几台服务器时，每一台的 DATA_DIR 都要放这个文件',
      )
  }
  return ok('trustedDomain', `${host} 已是可信域名，校验文件读得到`)
}

/** Plays WeCom's verification against our own receive URL, then says when WeCom itself last came. */
export async function checkCallback(
  own: OwnAddress,
  { config, clock, events }: { config: Config; clock: Clock; events: EventFacts },
): Promise<HealthCheck> {
  const url = `${config.publicUrl}${CALLBACK_PATH}`
  const page = `${APP_PAGE} → 接收消息 → 设置API接收`
  const { callback, corpId } = config.wecom
  if (!callback)
    return warn(
      'callback',
      '没有设置回调：客户的变化要到夜里核对时才知道',
      `${page}：URL 填 ${url}，Token 和 EncodingAESKey 随机生成后分别设为 WECOM_CALLBACK_TOKEN、WECOM_CALLBACK_AES_KEY；重启服务器后再点保存`,
    )
  const crypto = createCallbackCrypto({ ...callback, receiveId: corpId })
  const expected = String(randomInt(1e12, 9e12))
  const timestamp = String(Math.floor(clock.now().getTime() / 1000))
  const nonce = randomBytes(8).toString('hex')
  const encrypted = crypto.seal(expected)
  const signature = crypto.sign({ timestamp, nonce, encrypted })
  const query = new URLSearchParams({ msg_signature: signature, timestamp, nonce, echostr: encrypted })
  const answer = await own.get(`${CALLBACK_PATH}?${query.toString()}`)

  if ('trouble' in answer) {
    const [detail, fix] = troubleOf(answer.trouble)
    return bad('callback', `${url} ${detail}`, fix)
  }
  if (answer.status !== 200 || answer.text !== expected)
    return bad(
      'callback',
      `${url} 没有按企业微信的要求回答验证（${answer.status}）`,
      '让反向代理把这个路径连同 ? 后面的参数原样转给本程序；有几台服务器时，它们的 WECOM_CALLBACK_TOKEN、WECOM_CALLBACK_AES_KEY 要相同',
    )
  if (answer.ms > VERIFICATION_MS)
    return bad(
      'callback',
      `${url} 用了 ${Math.round(answer.ms)} 毫秒才回答，企业微信只等 1 秒`,
      '看服务器和反向代理是否太忙',
    )
  if (!events.lastAt)
    return warn(
      'callback',
      '接收地址正常，但还没有收到过企业微信的事件',
      `${page}：URL 填 ${url}，Token、EncodingAESKey 与本程序的设置相同，勾选「外部联系人变更回调」，保存；再改一次某位客户的备注试试`,
    )
  return ok('callback', `接收地址正常，最近一次收到事件在 ${timeText(events.lastAt, config.timeZone)}`)
}
