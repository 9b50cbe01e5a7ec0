import * as operations from '../../shared/contract/session.ts'
import { openVault } from '../device/vault.ts'
import { call } from './client.ts'

export const getSession = () => call(operations.getSession, {})

export const listDevices = () => call(operations.listDevices, {})

export const endDevice = (sessionId: string) => call(operations.endDevice, { params: { sessionId } })

export const endOtherDevices = () => call(operations.endOtherDevices, {})

/** Where a member is signed in; for admins. */
export const listDevicesOf = (userId: string) => call(operations.listDevicesOf, { params: { userId } })

/** Signs a member out everywhere; for admins. */
export const endSessionsOf = (userId: string) => call(operations.endSessionsOf, { params: { userId } })

/** Signs out; nothing of it stays on the device. */
export async function endSession(): Promise<void> {
  try {
    await call(operations.endSession, {})
  } finally {
    await (await openVault())?.wipe()
  }
}
