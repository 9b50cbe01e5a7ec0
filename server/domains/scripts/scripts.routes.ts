import { api } from '../../../shared/contract/api.ts'
import { mount, type Door } from '../../http/mount.ts'
import type { ScriptsService } from './scripts.service.ts'

export const scriptsRoutes = (door: Door, scripts: ScriptsService): void => {
  mount(door, api.listScripts, actor => scripts.list(actor))
}
