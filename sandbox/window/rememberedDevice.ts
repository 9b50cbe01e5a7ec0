import type { Device } from '../world/types.ts'
import type { DeviceChange } from './sandboxApi.ts'
import type { WindowView } from './view.ts'

const KEY = 'sandbox-device'

interface Remembered {
  sandboxId: string
  device: Device
}

/** The sandbox holds devices in memory only: this tab keeps its own, for the time after a restart. */
export function rememberDevice({ sandboxId, device }: WindowView): void {
  const remembered: Remembered = { sandboxId, device }
  sessionStorage.setItem(KEY, JSON.stringify(remembered))
}

/** How the device was under a sandbox that is gone; undefined when this is still the same one. */
export function deviceBeforeRestart({ sandboxId }: WindowView): DeviceChange | undefined {
  const text = sessionStorage.getItem(KEY)
  if (!text) return undefined
  const remembered = JSON.parse(text) as Remembered
  if (remembered.sandboxId === sandboxId) return undefined
  const { id: _id, ...device } = remembered.device
  return device
}
