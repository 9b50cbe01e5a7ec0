import type { Device } from '../../../shared/contract/session.ts'

/** What a member knows a device of hers by. */
export type Client = Pick<Device, 'app' | 'platform'>

/** Coarsely, from the user agent: enough to tell one's own devices apart, too little to tell people apart (wecom/jssdk.md §6). */
export function clientOf(userAgent: string): Client {
  const says = (pattern: RegExp) => pattern.test(userAgent)
  const app = says(/wxwork/i)
    ? 'wecom'
    : says(/MicroMessenger/i)
      ? 'wechat'
      : says(/Mozilla/)
        ? 'browser'
        : 'other'
  const platform = says(/HarmonyOS|OpenHarmony/i)
    ? 'harmony'
    : says(/Android/i)
      ? 'android'
      : says(/iPhone|iPad|iPod/i)
        ? 'ios'
        : says(/Windows/i)
          ? 'windows'
          : says(/Macintosh|Mac OS X/i)
            ? 'mac'
            : 'other'
  return { app, platform }
}
