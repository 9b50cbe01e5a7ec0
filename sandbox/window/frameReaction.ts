import type { Device } from '../world/types.ts'

/** What a real client's webview would do when its device changed so. */
export type FrameReaction = 'stay' | 'open' | 'wake'

/** Where the app starts: the page WeCom opens from the workbench, or from a chat. */
export function startPage(device: Device): string {
  return device.entry === 'normal' ? '/today' : '/sidebar/'
}

/**
 * `open`: the webview is destroyed and made anew. `wake`: the same page is shown again with another chat behind it.
 * Account, client, look and bridge cannot change under a living page; the workbench and a chat are two webviews.
 */
export function frameReaction(before: Device, after: Device): FrameReaction {
  const client = (device: Device) => [
    device.userId,
    device.platform,
    device.clientVersion,
    device.theme,
    device.switches.bridge,
    device.entry === 'normal',
  ]
  if (client(before).join() !== client(after).join()) return 'open'
  if (before.conversationId === after.conversationId && before.entry === after.entry) return 'stay'
  return after.onChatSwitch === 'reload' ? 'open' : 'wake'
}
