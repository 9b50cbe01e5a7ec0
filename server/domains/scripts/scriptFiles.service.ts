import { randomUUID } from 'node:crypto'
import { XLSX_TYPE } from '../../../shared/contract/purchases.ts'
import {
  MAX_IMPORTED_SCRIPTS,
  type ScriptFileError,
  type ScriptFileLine,
  type ScriptImport,
  type ScriptImportPreview,
} from '../../../shared/contract/scriptFiles.ts'
import { occasionNames } from '../../../shared/rules/occasionNames.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Forbidden, Invalid } from '../../errors.ts'
import { readFileTable, type FileTable } from '../../files/fileTable.ts'
import { writeCsv, writeWorkbook } from '../../files/writeTable.ts'
import { nameSound } from '../customers/customers.service.ts'
import type { AssetsService } from './assets.service.ts'
import {
  assetIdsOf,
  createLibraryRepository,
  type PresentScript,
  type ScriptOwner,
} from './library.repository.ts'
import { checked, isSameContent, MAX_SCRIPTS } from './library.service.ts'
import { readScripts, SCRIPT_HEADER, scriptRow, type ReadScript } from './scriptRows.ts'

const SHOWN_ERRORS = 100
const SHOWN_LINES = 50

const COMPANY = '公司'
const PERSONAL = '我的'
const STORE = '门店：'

interface Deps {
  db: Db
  clock: Clock
  assets: Pick<AssetsService, 'usableKinds' | 'settle'>
}

interface ScriptFile {
  type: string
  bytes: Uint8Array
}

interface MatchedScript extends ReadScript {
  owner: ScriptOwner
  scopeName: string
  change: ScriptFileLine['change']
  /** the present one, when there is one of that title */
  scriptId: string | undefined
}

interface Understood {
  ignored: string[]
  missing: string[]
  scripts: MatchedScript[]
  errors: ScriptFileError[]
}

interface OwnerNames {
  /** undefined for a name that is nobody's here */
  ownerOf: (name: string) => ScriptOwner | { trouble: string }
  nameOf: (owner: ScriptOwner) => string
}

export type ScriptFilesService = ReturnType<typeof createScriptFilesService>

/** Scripts from files and into files, for managers and admins; a file changes only what its bringer may change. */
export function createScriptFilesService({ db, clock, assets }: Deps) {
  const assertMay = (actor: StaffActor) => {
    if (actor.role === 'guide') throw new Forbidden()
  }

  async function namesOf(tx: Db | Tx, actor: StaffActor): Promise<OwnerNames> {
    const stores = await createLibraryRepository(tx).listStores(actor)
    const company: ScriptOwner = { scope: 'company', storeId: null, staffId: null }
    const personal: ScriptOwner = { scope: 'personal', storeId: null, staffId: actor.staffId }
    const ofStore = (storeId: number): ScriptOwner => ({ scope: 'store', storeId, staffId: null })
    const [only] = stores.length === 1 ? stores : []
    const usual = actor.role === 'admin' ? company : only ? ofStore(only.storeId) : undefined
    return {
      ownerOf(name) {
        if (name === '') return usual ?? { trouble: '写上是哪家门店的，或写「我的」' }
        if (name === PERSONAL) return personal
        if (name === COMPANY) return actor.role === 'admin' ? company : { trouble: '公司的话术要管理员来导' }
        const storeName = name.replace(/^门店[:：]\s*/, '')
        const named = stores.filter(store => store.name === storeName)
        if (named.length > 1) return { trouble: `有几家门店都叫「${storeName}」` }
        return named[0] ? ofStore(named[0].storeId) : { trouble: `没有「${storeName}」这家门店，或不归你管` }
      },
      nameOf({ scope, storeId }) {
        if (scope === 'company') return COMPANY
        if (scope === 'personal') return PERSONAL
        return `${STORE}${stores.find(store => store.storeId === storeId)?.name ?? ''}`
      },
    }
  }

  async function understand(tx: Db | Tx, actor: StaffActor, table: FileTable): Promise<Understood> {
    const read = readScripts(table.header, table.rows)
    const errors = [...read.errors]
    if (read.scripts.length > MAX_IMPORTED_SCRIPTS)
      throw new Invalid([{ path: 'file', message: `一次最多 ${MAX_IMPORTED_SCRIPTS} 条，请分成几个再导` }])
    const names = await namesOf(tx, actor)
    const present = await createLibraryRepository(tx).listAll(actor)
    const kinds = await assets.usableKinds(
      tx,
      actor,
      read.scripts.flatMap(({ content }) => assetIdsOf(content.parts)),
    )
    const byKey = new Map<string, PresentScript[]>()
    for (const script of present) {
      const key = keyOf(script, script.title)
      byKey.set(key, [...(byKey.get(key) ?? []), script])
    }
    const counts = new Map<string, number>()
    for (const script of present) counts.set(ownerKey(script), (counts.get(ownerKey(script)) ?? 0) + 1)
    const seen = new Set<string>()
    const scripts: MatchedScript[] = []
    for (const given of read.scripts) {
      const wrong = (column: string, message: string) => errors.push({ line: given.line, column, message })
      const owner = names.ownerOf(given.scope)
      if ('trouble' in owner) {
        wrong('范围', owner.trouble)
        continue
      }
      const foreign = given.content.parts.findIndex(
        part => 'assetId' in part && kinds.get(part.assetId) !== part.kind,
      )
      if (foreign >= 0) {
        wrong(`第${foreign + 1}条`, '没有这张图、视频或文件，先在话术里传上')
        continue
      }
      const key = keyOf(owner, given.content.title)
      const same = byKey.get(key) ?? []
      if (seen.has(key)) wrong('标题', '文件里前面已经有一条同样的标题')
      else if (same.length > 1) wrong('标题', '库里有两条同名的，先改其中一条的标题')
      else {
        const [known] = same
        const content = checked(given.content)
        const change = !known ? 'new' : isSameContent(known, content) ? 'same' : 'changed'
        const count = (counts.get(ownerKey(owner)) ?? 0) + (change === 'new' ? 1 : 0)
        counts.set(ownerKey(owner), count)
        if (count > MAX_SCRIPTS[owner.scope])
          wrong('范围', `最多 ${MAX_SCRIPTS[owner.scope]} 条，先停用不用的`)
        else {
          const scopeName = names.nameOf(owner)
          scripts.push({ ...given, content, owner, scopeName, change, scriptId: known?.scriptId })
        }
      }
      seen.add(key)
    }
    errors.sort((a, b) => a.line - b.line)
    return { ignored: read.ignored, missing: read.missing, scripts, errors }
  }

  return {
    /** What a file is understood as. Writes nothing. @throws Forbidden for guides; Invalid for a file that cannot be read */
    async preview(actor: StaffActor, file: ScriptFile): Promise<ScriptImportPreview> {
      assertMay(actor)
      const { scripts, errors, ...about } = await understand(db, actor, await readFileTable(file))
      const count = (change: ScriptFileLine['change']) =>
        scripts.filter(each => each.change === change).length
      return {
        ...about,
        fresh: count('new'),
        changed: count('changed'),
        same: count('same'),
        wrong: new Set(errors.map(({ line }) => line)).size,
        errors: errors.slice(0, SHOWN_ERRORS),
        lines: scripts.slice(0, SHOWN_LINES).map(({ line, content, scopeName, change }) => ({
          line,
          title: content.title,
          occasion: occasionNames[content.occasion],
          scope: scopeName,
          parts: content.parts.length,
          change,
        })),
      }
    },

    /**
     * Brings a file in, whole or not at all: new titles are added, known ones get a new version, the same stay untouched.
     * @throws Forbidden for guides; Invalid when a line or a column is wrong
     */
    async import(actor: StaffActor, file: ScriptFile, intent: Intent | undefined): Promise<ScriptImport> {
      assertMay(actor)
      const table = await readFileTable(file)
      return once(db, actor, intent, clock.now(), async tx => {
        const repository = createLibraryRepository(tx)
        await repository.lockLibrary(actor)
        const { scripts, errors, missing } = await understand(tx, actor, table)
        if (missing.length > 0)
          throw new Invalid([{ path: 'file', message: `缺少${missing.join('、')}这一列` }])
        if (errors.length > 0) throw new Invalid(errors.slice(0, SHOWN_ERRORS).map(toField))
        const now = clock.now()
        const named = ({ content, owner, scriptId }: MatchedScript) => ({
          scriptId: scriptId ?? randomUUID(),
          ...owner,
          ...content,
          ...nameSound(content.title),
        })
        const fresh = scripts.filter(({ change }) => change === 'new').map(named)
        const changed = scripts.filter(({ change }) => change === 'changed').map(named)
        if (fresh.length > 0) await repository.insert(actor, fresh, now)
        if (changed.length > 0) await repository.change(actor, changed, now)
        await assets.settle(tx, actor, [
          ...new Set([...fresh, ...changed].flatMap(({ parts }) => assetIdsOf(parts))),
        ])
        return {
          added: fresh.length,
          changed: changed.length,
          same: scripts.length - fresh.length - changed.length,
        }
      })
    },

    /** Everything the actor may change, as a file that `import` reads back to the same. @throws Forbidden for guides */
    async export(
      actor: StaffActor,
      format: 'csv' | 'xlsx',
    ): Promise<{ type: string; bytes: Uint8Array; name: string }> {
      assertMay(actor)
      const names = await namesOf(db, actor)
      const present = await createLibraryRepository(db).listAll(actor)
      const rows = [SCRIPT_HEADER, ...present.map(script => scriptRow(script, names.nameOf(script)))]
      return format === 'csv'
        ? { type: 'text/csv; charset=utf-8', bytes: writeCsv(rows), name: '话术.csv' }
        : { type: XLSX_TYPE, bytes: writeWorkbook('话术', rows), name: '话术.xlsx' }
    },
  }
}

const ownerKey = ({ scope, storeId }: ScriptOwner) => `${scope} ${storeId ?? ''}`
const keyOf = (owner: ScriptOwner, title: string) => `${ownerKey(owner)} ${title}`

const toField = ({ line, column, message }: ScriptFileError) => ({
  path: `lines.${line}`,
  message: `第 ${line} 行${column === null ? '' : `「${column}」`}：${message}`,
})
