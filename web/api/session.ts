import * as operations from '../../shared/contract/session.ts'
import { openVault } from '../device/vault.ts'
import { call } from './client.ts'

export const getSession = () => call(operations.getSession, {})

/** Signs out; nothing of it stays on the device. */
export async function endSession(): Promise<void> {
  try {
    await call(operations.endSession, {})
  } finally {
    await (await openVault())?.wipe()
  }
}
