import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { startStubApp } from './stubApp.ts'
import type { StubApp } from './stubApp.ts'

const sdk = readFileSync(
  createRequire(import.meta.url)
    .resolve('@wecom/jssdk')
    .replace(/[^/]+$/, 'wecom.global.prod.js'),
)

/**
 * A tiny app behind the sandbox: a sidebar page that registers the real SDK and shows what it learns, under a strict
 * policy, and a customer's page. `sign` stands for the app's server.
 */
export function startSdkApp(sign: (url: string) => unknown): Promise<StubApp> {
  return startStubApp((request, response) => {
    const url = new URL(request.url ?? '/', 'http://app.test')
    switch (url.pathname) {
      case '/sidebar/':
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy':
            "default-src 'self'; script-src 'nonce-n1'; frame-ancestors 'none'; connect-src 'self'",
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
        })
        return response.end(sidebarPage)
      case '/today':
        response.writeHead(302, { location: '/sidebar/#/today' })
        return response.end()
      case '/c/token':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'x-frame-options': 'DENY' })
        return response.end(
          '<!doctype html><meta charset="utf-8"><title>券</title><h1>生日礼券</h1><p id="b"></p><script>b.textContent = typeof window.WeixinJSBridge</script>',
        )
      case '/sdk.js':
        response.writeHead(200, { 'content-type': 'text/javascript' })
        return response.end(sdk)
      case '/api/sign':
        response.writeHead(200, { 'content-type': 'application/json' })
        return response.end(JSON.stringify(sign(url.searchParams.get('url') ?? '')))
      default:
        response.writeHead(404)
        return response.end()
    }
  })
}

const sidebarPage = `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>侧边栏</title>
<script nonce="n1" src="/sdk.js"></script></head>
<body><p>客户：<output id="contact">…</output></p><p>入口：<output id="entry">…</output></p><p>读了 <output id="reads">0</output> 次</p>
<p>界面：<output id="theme"></output></p><button id="send">发送</button> <output id="sent"></output>
<script nonce="n1">
theme.textContent = matchMedia('(prefers-color-scheme: dark)').matches ? '深色' : '浅色'
ww.register({
  corpId: 'ww5a9db0xguidebar01', agentId: 1000002,
  jsApiList: ['getContext', 'getCurExternalContact', 'getCurExternalChat', 'sendChatMessage', 'scanQRCode'],
  getAgentConfigSignature: url => fetch('/api/sign?url=' + encodeURIComponent(url)).then(answer => answer.json()),
})
async function read() {
  const context = await ww.getContext().catch(reason => ({ entry: reason.errMsg }))
  entry.textContent = context.entry
  const found = context.entry === 'group_chat_tools' ? ww.getCurExternalChat() : ww.getCurExternalContact()
  contact.textContent = await found.then(who => who.userId || who.chatId, reason => reason.errMsg)
  reads.textContent = Number(reads.textContent) + 1
}
read()
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && read())
send.onclick = async () => {
  sent.textContent = '…'
  sent.textContent = await ww.sendChatMessage({ msgtype: 'text', text: { content: '您看看这款' } }).then(answer => answer.errMsg, reason => reason.errMsg)
}
</script></body></html>`
