import type { Device } from '../world/types.ts'

/** What a page can learn about the client it runs in without asking the bridge. */
export interface ClientIdentity {
  userAgent: string
  /** `navigator.platform` */
  platform: string
  /** `navigator.maxTouchPoints` */
  maxTouchPoints: number
}

/** Shapes seen in public logs of real clients; only version and colour scheme vary. */
export function clientIdentity(device: Device): ClientIdentity {
  const version = device.clientVersion
  const scheme = device.theme === 'dark' ? 'Dark' : 'Light'
  switch (device.platform) {
    case 'windows':
      return {
        userAgent:
          'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 Safari/537.36 ' +
          `Language/zh ColorScheme/${scheme} wxwork/${version} (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron WeMail embeddisk wwmver/3.26.11`,
        platform: 'Win32',
        maxTouchPoints: 0,
      }
    case 'mac':
      return {
        userAgent:
          'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
          `wxwork/${version} (MicroMessenger/6.2) WeChat/2.0.4`,
        platform: 'MacIntel',
        maxTouchPoints: 0,
      }
    case 'ios':
      return {
        userAgent:
          'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 ' +
          `wxwork/${version} MicroMessenger/7.0.1 Language/zh ColorScheme/${scheme} wwmver/3.26.11`,
        platform: 'iPhone',
        maxTouchPoints: 5,
      }
    case 'android':
      return {
        userAgent:
          'Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 ' +
          'Chrome/138.0.7204.180 Mobile Safari/537.36 XWEB/1380275 MMWEBSDK/20230604 ' +
          `wxwork/${version} MicroMessenger/7.0.1 Language/zh ColorScheme/${scheme} wwmver/3.26.11`,
        platform: 'Linux aarch64',
        maxTouchPoints: 5,
      }
  }
}

/** The customer's side: WeChat on a phone. */
export const WECHAT_USER_AGENT =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 ' +
  'MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN'
