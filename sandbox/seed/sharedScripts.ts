import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import type { StaffActor } from '../../server/actor.ts'
import type { Db } from '../../server/db/db.ts'
import type { ScriptDraft } from '../../shared/contract/scriptLibrary.ts'
import type { ScriptPart } from '../../shared/contract/scripts.ts'
import type { Rooms, Served } from './rooms.ts'

/** A part as it is written here: a picture by its file. */
type Written = Exclude<ScriptPart, { kind: 'image' }> | { kind: 'image'; file: string; name: string }

interface Words extends Pick<ScriptDraft, 'title' | 'occasion' | 'scope'> {
  parts: readonly Written[]
}

/** Whom the README and the trial begin with. */
export const FIRST_GUIDE = 'chenlu'
export const COMPANY_TITLE = '刻字 · 先看样子再定'
export const STORE_TITLE = '到店 · 清洗一刻钟'

/** What an admin and a manager have written beside what the product brings along: more than words, in order. */
const sharedWords: readonly Words[] = [
  {
    title: COMPANY_TITLE,
    occasion: 'engraving',
    scope: 'company',
    parts: [
      { kind: 'text', text: '{称呼|您好}，刻字的样子我先发一张给您看看，图案和字都能换。' },
      { kind: 'image', file: 'engravedPendant.png', name: '刻字圆牌.png' },
      {
        kind: 'news',
        title: '刻字怎么做：从选字到取货',
        description: '字体、位置、工期，一页看完',
        link: 'https://shop.guidebar.example/engraving',
        imageUrl: null,
      },
      { kind: 'text', text: '想刻给谁、刻什么，您跟我说一声，我出一张效果图，您看好了再定。' },
    ],
  },
  {
    title: STORE_TITLE,
    occasion: 'visit',
    scope: 'store',
    parts: [
      {
        kind: 'text',
        text: '{称呼|您好}，{门店|店里}清洗、检查一件大概一刻钟，不收费。您来之前跟我说一声，我给您留位子。',
      },
      { kind: 'image', file: 'cleaningBench.png', name: '清洗台.png' },
    ],
  },
]

const bytesOf = (file: string) => readFile(new URL(`pictures/${file}`, import.meta.url))

async function drafted(
  { assets }: Pick<Rooms, 'assets'>,
  admin: StaffActor,
  parts: readonly Written[],
): Promise<ScriptPart[]> {
  const made: ScriptPart[] = []
  for (const part of parts) {
    if (part.kind !== 'image') made.push(part)
    else {
      const file = { type: 'image/png', bytes: await bytesOf(part.file) }
      const { assetId } = await assets.upload(admin, part.name, file, undefined)
      made.push({ kind: 'image', assetId })
    }
  }
  return made
}

/** The store of the guide one looks at the demo with first, as WeCom calls it. */
async function findDepartment(db: Db, served: readonly Served[]): Promise<number | undefined> {
  const guide = served.find(each => each.guide.userId === FIRST_GUIDE)?.guide
  const found = await sql<{ departmentId: number }>`
    select department_id as "departmentId" from stores where store_id = ${guide?.store?.storeId ?? null}`.execute(
    db,
  )
  return found.rows[0]?.departmentId
}

/** A script of the company and one of a store, both with a picture; done once. */
export async function seedSharedScripts(
  db: Db,
  rooms: Pick<Rooms, 'library' | 'assets'>,
  served: readonly Served[],
): Promise<void> {
  const manager = served.find(({ guide }) => guide.role !== 'guide')?.guide
  const departmentId = await findDepartment(db, served)
  if (!manager || departmentId === undefined) return
  const admin = { ...manager, role: 'admin' } as const
  const known = new Set((await rooms.library.list(admin)).scripts.map(({ title }) => title))
  for (const { parts, scope, ...words } of sharedWords) {
    if (known.has(words.title)) continue
    const draft: ScriptDraft = {
      ...words,
      scope,
      storeId: scope === 'store' ? departmentId : null,
      effectiveFrom: null,
      effectiveUntil: null,
      parts: await drafted(rooms, admin, parts),
    }
    await rooms.library.add(admin, draft, undefined)
  }
}
