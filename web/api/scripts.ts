import { listScripts as operation } from '../../shared/contract/scripts.ts'
import { call } from './client.ts'

/** The scripts this guide may use; the browser's cache answers when nothing changed (ETag). */
export const listScripts = () => call(operation, {})
