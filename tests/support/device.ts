import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { vi } from 'vitest'
import { holdDeviceKey } from '../../web/device/deviceKey.ts'
import { closeVault, openVault, type Area } from '../../web/device/vault.ts'

/** A device with empty storage in the hands of one signed-in member. */
export function freshDevice(): void {
  vi.stubGlobal('indexedDB', new IDBFactory())
  nextPage()
}

/** Another page on the same device, of member 1 unless said otherwise; what the page before had in memory is gone with it. */
export function nextPage(member = 1): void {
  closeVault()
  holdDeviceKey(Buffer.alloc(32, member).toString('base64url'))
}

/** What lies on the device, opened. */
export const onDevice = async (area: Area): Promise<unknown[]> =>
  (await (await openVault())?.list(area)) ?? []
