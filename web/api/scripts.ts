import { listScripts as operation, type ScriptCatalogue } from '../../shared/contract/scripts.ts'
import { loadCatalogue } from './catalogue.ts'

/** The scripts this guide may use. */
export const loadScripts = (show: (catalogue: ScriptCatalogue) => void, shownTag?: string) =>
  loadCatalogue(operation, show, shownTag)
