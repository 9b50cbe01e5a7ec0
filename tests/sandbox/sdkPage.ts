import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import vm from 'node:vm'
import type * as WecomSdk from '@wecom/jssdk'
import type { Sandbox } from '../../sandbox/app.ts'
import { ORIGIN, signPage } from './testSandbox.ts'

const sdkSource = readFileSync(
  createRequire(import.meta.url)
    .resolve('@wecom/jssdk')
    .replace(/[^/]+$/, 'wecom.global.prod.js'),
  'utf8',
)

/** A page of the app in a webview, without a browser: the injected bridge and the real SDK in a realm of their own. */
export interface SdkPage {
  ww: typeof WecomSdk
  navigator: { userAgent: string; platform: string }
  /** `history.pushState` */
  pushState(url: string): void
  /** registers with a right signature of the current address, unless told otherwise */
  register(change?: Partial<WecomSdk.RegisterOptions>): void
  /** how often the page asked for a signature, and for which address */
  signedUrls: string[]
}

/** Everything the app may call in these tests. */
export const JS_API_LIST = [
  'getContext',
  'getCurExternalContact',
  'getCurExternalChat',
  'sendChatMessage',
  'openEnterpriseChat',
  'scanQRCode',
  'previewImage',
  'setClipboardData',
  'hideOptionMenu',
  'getNetworkType',
]

/** Opens `path` on the device: fetches the document through the proxy and runs what the proxy put into it. */
export async function openSdkPage(sandbox: Sandbox, deviceId: string, path = '/sidebar/'): Promise<SdkPage> {
  const cookie = `sandbox_device=${deviceId}`
  const answer = await sandbox.app.request(`${ORIGIN}${path}`, { headers: { cookie, accept: 'text/html' } })
  const html = await answer.text()
  const [, attribute = '', source = ''] =
    /<script[^>]* data-device="([^"]*)">([\s\S]*?)<\/script>/.exec(html) ?? []
  const device = attribute
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')

  const location = { href: `${ORIGIN}${path}` }
  const document = Object.assign(new EventTarget(), {
    title: '',
    currentScript: { dataset: { device }, remove() {} },
  })
  const navigator = { userAgent: 'plain Chrome', platform: 'Linux x86_64', maxTouchPoints: 0 }
  const realm = Object.assign(new EventTarget() as EventTarget & Record<string, unknown>, {
    document,
    navigator,
    location,
    setTimeout,
    clearTimeout,
    console: { ...console, warn() {} },
    crypto: webcrypto,
    Event,
    TextEncoder,
    matchMedia: () => ({ matches: false }),
    fetch: (url: string, init: RequestInit) =>
      sandbox.app.request(ORIGIN + url, {
        method: init.method ?? 'GET',
        body: init.body ?? null,
        headers: { 'content-type': 'application/json', cookie, referer: location.href.split('#')[0] ?? '' },
      }),
  })
  realm.window = realm
  realm.self = realm
  const context = vm.createContext(realm)
  if (source) vm.runInContext(source, context)
  vm.runInContext(`${sdkSource};window.ww = ww`, context)
  const ww = realm.ww as typeof WecomSdk
  const signedUrls: string[] = []

  return {
    ww,
    navigator,
    signedUrls,
    pushState: url => void (location.href = new URL(url, location.href).href),
    register(change = {}) {
      ww.register({
        corpId: sandbox.world.corp.corpId,
        agentId: sandbox.world.corp.agentId,
        jsApiList: JS_API_LIST,
        getAgentConfigSignature(url: string) {
          signedUrls.push(url)
          return signPage(sandbox.world, url)
        },
        ...change,
      } as WecomSdk.RegisterOptions)
    },
  }
}

/**
 * The SDK's own promise of a refused agentConfig is rejected and never caught: known and harmless, also in real pages.
 * Everything else that is left unhandled is still reported. @returns a function that puts things back
 */
export function tolerateUncaughtConfigRefusals(): () => void {
  const reporters = process.listeners('unhandledRejection')
  const isConfigRefusal = (reason: unknown) =>
    typeof reason === 'object' &&
    reason !== null &&
    'errMsg' in reason &&
    reason.errMsg === 'agentConfig:fail'
  const filter: NodeJS.UnhandledRejectionListener = (reason, promise) => {
    if (!isConfigRefusal(reason)) for (const report of reporters) report(reason, promise)
  }
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', filter)
  return () => {
    process.off('unhandledRejection', filter)
    for (const report of reporters) process.on('unhandledRejection', report)
  }
}
