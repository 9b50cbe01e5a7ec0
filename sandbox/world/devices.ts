import { WorldRefusal } from './refusal.ts'
import type { BridgeSwitches, Device, Entry } from './types.ts'

export const defaultSwitches: BridgeSwitches = {
  send: 'ok',
  latencyMs: 0,
  agentConfig: 'verify',
  contact: 'ok',
  bridge: 'present',
  errorStyle: 'err_msg',
}

interface Surroundings {
  /** ids of the conversations a member can open, the newest first */
  conversationsOf(userId: string): string[]
  hasMember(userId: string): boolean
  changed(device: Device): void
}

export type DeviceChange = Partial<Omit<Device, 'switches'>> & { switches?: Partial<BridgeSwitches> }

/** The WeCom clients that opened the window. A device is made on first sight, with the first guide's first chat open. */
export function createDevices(firstUserId: string, around: Surroundings) {
  const devices = new Map<string, Device>()

  const firstChatOf = (userId: string) => around.conversationsOf(userId)[0] ?? ''
  const entryFor = (conversationId: string): Entry =>
    conversationId === ''
      ? 'normal'
      : conversationId.startsWith('group:')
        ? 'group_chat_tools'
        : 'single_chat_tools'

  function get(id: string): Device {
    const known = devices.get(id)
    if (known) return known
    const conversationId = firstChatOf(firstUserId)
    const device: Device = {
      id,
      userId: firstUserId,
      conversationId,
      entry: entryFor(conversationId),
      platform: 'windows',
      clientVersion: '5.0.11',
      theme: 'light',
      frame: 'sidebar',
      onChatSwitch: 'reload',
      switches: { ...defaultSwitches },
    }
    devices.set(id, device)
    return device
  }

  return {
    get,
    /**
     * Another member brings his first chat along, another chat its usual entry, unless the change says otherwise.
     * @throws WorldRefusal for an unknown member or a chat this member cannot open
     */
    update(id: string, change: DeviceChange): Device {
      const device = get(id)
      const userId = change.userId ?? device.userId
      if (!around.hasMember(userId)) throw new WorldRefusal(`no member ${userId}`)
      const stays = userId === device.userId
      const conversationId = change.conversationId ?? (stays ? device.conversationId : firstChatOf(userId))
      const isOpened = conversationId !== device.conversationId
      if (isOpened && conversationId !== '' && !around.conversationsOf(userId).includes(conversationId)) {
        throw new WorldRefusal(`${userId} has no conversation ${conversationId}`)
      }
      const next: Device = {
        ...device,
        ...change,
        id,
        userId,
        conversationId,
        entry: change.entry ?? (isOpened ? entryFor(conversationId) : device.entry),
        switches: { ...device.switches, ...change.switches },
      }
      devices.set(id, next)
      around.changed(next)
      return next
    },
    /** Every device back to its member's first chat; what else was switched on it stays. */
    returnToFirstChat() {
      for (const device of devices.values()) {
        const userId = around.hasMember(device.userId) ? device.userId : firstUserId
        const conversationId = firstChatOf(userId)
        devices.set(device.id, { ...device, userId, conversationId, entry: entryFor(conversationId) })
      }
    },
  }
}
