import type { Config } from '../../config.ts'

/** WeCom's page that names, without a word, whoever opens it, and sends the browser on to `returnPath` of ours with a code. */
export function authorizeUrl(
  { publicUrl, wecom }: Pick<Config, 'publicUrl'> & { wecom: Pick<Config['wecom'], AppFields> },
  { returnPath, state }: { returnPath: string; state: string },
): string {
  const query = new URLSearchParams({
    appid: wecom.corpId,
    redirect_uri: publicUrl + returnPath,
    response_type: 'code',
    scope: 'snsapi_base',
    state,
    agentid: wecom.agentId,
  })
  return `${wecom.oauthBase}/connect/oauth2/authorize?${query.toString()}#wechat_redirect`
}

type AppFields = 'corpId' | 'agentId' | 'oauthBase'
