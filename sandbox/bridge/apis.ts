import type { Device, Entry } from '../world/types.ts'

/** What WeCom's documentation says about one bridge API (client names). */
export interface BridgeApi {
  /** Lowest client version per platform; a platform that is not named does not have the API. */
  since: Partial<Record<Device['platform'], string>>
  /** `app`: only after agentConfig. `any`: after config or agentConfig. `none`: always. */
  identity: 'app' | 'any' | 'none'
  /** The member needs 客户联系 and must be in the app's visible range, except in customer-service chats. */
  needsCustomerContact?: true
  /** Entries that have what the API is about; every entry when absent. */
  entries?: readonly Entry[]
}

const everywhere = (version: string) => ({ windows: version, mac: version, ios: version, android: version })
const phones = (version: string) => ({ ios: version, android: version })
const desktops = (version: string) => ({ windows: version, mac: version })

const CHATS: readonly Entry[] = [
  'single_chat_tools',
  'group_chat_tools',
  'single_kf_tools',
  'chat_attachment',
]

export const BRIDGE_APIS: Readonly<Record<string, BridgeApi>> = {
  preVerifyJSAPI: { since: everywhere('1.0.0'), identity: 'none' },
  agentConfig: { since: everywhere('2.5.0'), identity: 'none' },
  checkJsApi: { since: everywhere('1.0.0'), identity: 'none' },
  getContext: { since: everywhere('3.0.24'), identity: 'app' },
  getCurExternalContact: {
    since: everywhere('2.5.8'),
    identity: 'app',
    needsCustomerContact: true,
    entries: ['contact_profile', 'single_chat_tools', 'single_kf_tools'],
  },
  getCurExternalChat: {
    since: everywhere('2.8.17'),
    identity: 'app',
    needsCustomerContact: true,
    entries: ['group_chat_tools'],
  },
  sendChatMessage: {
    since: everywhere('2.8.10'),
    identity: 'app',
    needsCustomerContact: true,
    entries: CHATS,
  },
  hideChatAttachmentMenu: { since: everywhere('3.1.6'), identity: 'app', entries: ['chat_attachment'] },
  openUserProfile: { since: everywhere('2.4.20'), identity: 'none' },
  openEnterpriseChat: { since: everywhere('2.0.0'), identity: 'any' },
  setClipboardData: { since: { ...phones('2.4.16'), ...desktops('3.1.2') }, identity: 'any' },
  scanQRCode: { since: everywhere('1.0.0'), identity: 'any' },
  imagePreview: { since: everywhere('1.0.0'), identity: 'any' },
  previewFile: { since: phones('1.0.0'), identity: 'any' },
  openDefaultBrowser: { since: desktops('2.3.0'), identity: 'any' },
  getNetworkType: { since: phones('1.0.0'), identity: 'any' },
  closeWindow: { since: everywhere('1.0.0'), identity: 'any' },
  hideOptionMenu: { since: everywhere('1.0.0'), identity: 'any' },
  showOptionMenu: { since: everywhere('1.0.0'), identity: 'any' },
  hideMenuItems: { since: everywhere('1.0.0'), identity: 'any' },
  showMenuItems: { since: everywhere('1.0.0'), identity: 'any' },
  hideAllNonBaseMenuItem: { since: everywhere('1.0.0'), identity: 'any' },
  showAllNonBaseMenuItem: { since: everywhere('1.0.0'), identity: 'any' },
}

/** Whether this device's client is new enough, and of the right platform, for the API. */
export function clientHas(device: Device, name: string): boolean {
  const since = BRIDGE_APIS[name]?.since[device.platform]
  return since !== undefined && compareVersions(device.clientVersion, since) >= 0
}

/** @returns below, at or above zero as `left` is older, equal or newer */
export function compareVersions(left: string, right: string): number {
  const [ours, theirs] = [left, right].map(version => version.split('.').map(Number))
  for (let at = 0; at < Math.max(ours?.length ?? 0, theirs?.length ?? 0); at++) {
    const difference = (ours?.[at] ?? 0) - (theirs?.[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
