import { api } from '../../../shared/contract/api.ts'
import { mount, mountFile, type Door } from '../../http/mount.ts'
import type { AssetsService } from './assets.service.ts'
import type { LibraryService } from './library.service.ts'
import type { ScriptFilesService } from './scriptFiles.service.ts'
import type { ScriptsService } from './scripts.service.ts'

interface ScriptServices {
  scripts: ScriptsService
  scriptLibrary: LibraryService
  scriptAssets: AssetsService
  scriptFiles: ScriptFilesService
}

export const scriptsRoutes = (
  door: Door,
  { scripts, scriptLibrary: library, scriptAssets: assets, scriptFiles: files }: ScriptServices,
): void => {
  mount(door, api.listScripts, (actor, { query }) => scripts.catalogue(actor, query))
  mount(door, api.markFavourite, (actor, { params, body }) =>
    scripts.markFavourite(actor, params.scriptId, body.isFavourite),
  )
  mount(door, api.pinScripts, (actor, { body }) => scripts.pin(actor, body.scriptIds))

  mount(door, api.listManagedScripts, actor => library.list(actor))
  mount(door, api.addScript, (actor, { body, intent }) => library.add(actor, body, intent))
  mount(door, api.changeScript, (actor, { params, body, version }) =>
    library.change(actor, params.scriptId, body, version),
  )
  mount(door, api.archiveScript, (actor, { params }) => library.archive(actor, params.scriptId))
  mount(door, api.restoreScript, (actor, { params }) => library.restore(actor, params.scriptId))
  mount(door, api.copyScript, (actor, { params, body, intent }) =>
    library.copy(actor, params.scriptId, body.storeId, intent),
  )
  mount(door, api.listScriptVersions, (actor, { params }) => library.listVersions(actor, params.scriptId))
  mount(door, api.orderScripts, (actor, { body }) => library.order(actor, body.scriptIds))

  mount(door, api.addScriptAsset, (actor, { query, file, intent }) =>
    assets.upload(actor, query.name, file, intent),
  )
  mountFile(door, api.getScriptAsset, async (actor, { params }) => {
    const { kind, name, contentType: type, bytes } = await assets.read(actor, params.assetId)
    return { type, bytes, isLasting: true, ...(kind === 'file' ? { name } : {}) }
  })

  mount(door, api.previewScriptImport, (actor, { file }) => files.preview(actor, file))
  mount(door, api.importScripts, (actor, { file, intent }) => files.import(actor, file, intent))
  mountFile(door, api.exportScripts, (actor, { query }) => files.export(actor, query.format))
}
