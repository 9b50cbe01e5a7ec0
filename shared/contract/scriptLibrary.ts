import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Occasion, PINNED_SLOTS, Script, ScriptPart, ScriptScope } from './scripts.ts'
import { CivilDay, Instant } from './time.ts'

export const MAX_TITLE_LENGTH = 40

/** What a script says and when; kept version by version. */
export const ScriptContent = z.strictObject({
  title: z.string().trim().min(1).max(MAX_TITLE_LENGTH),
  occasion: Occasion,
  parts: z.array(ScriptPart).min(1).max(9),
  effectiveFrom: CivilDay.nullable().default(null),
  effectiveUntil: CivilDay.nullable().default(null).meta({ description: '到这天为止，当天还能用' }),
})
export type ScriptContent = z.infer<typeof ScriptContent>

export const ScriptDraft = ScriptContent.extend({
  scope: ScriptScope,
  storeId: z.number().int().nullable().default(null).meta({ description: 'scope 为 store 时要有' }),
})
export type ScriptDraft = z.infer<typeof ScriptDraft>

/** What is left out stays as it is. */
export const ScriptChange = z
  .strictObject({
    title: ScriptContent.shape.title,
    occasion: Occasion,
    parts: ScriptContent.shape.parts,
    effectiveFrom: CivilDay.nullable(),
    effectiveUntil: CivilDay.nullable(),
  })
  .partial()
export type ScriptChange = z.infer<typeof ScriptChange>

export const ScriptState = z.enum(['inForce', 'notYet', 'over', 'archived'])
export type ScriptState = z.infer<typeof ScriptState>

/** A script as those see it who write scripts. */
export const ManagedScript = Script.extend({
  storeName: z.string().nullable(),
  state: ScriptState,
  mayChange: z.boolean().meta({ description: '店长看得到公司的，但不能改，只能复制到本店' }),
  by: z.string().nullable().meta({ description: '谁最后改的；产品自带的没有' }),
}).meta({ id: 'ManagedScript' })
export type ManagedScript = z.infer<typeof ManagedScript>

export const ManagedScripts = z.object({ scripts: z.array(ManagedScript) })
export type ManagedScripts = z.infer<typeof ManagedScripts>

export const ScriptVersion = z.object({
  version: z.number().int(),
  title: z.string(),
  occasion: Occasion,
  parts: z.array(ScriptPart),
  effectiveFrom: CivilDay.nullable(),
  effectiveUntil: CivilDay.nullable(),
  by: z.string().nullable(),
  at: Instant,
})
export type ScriptVersion = z.infer<typeof ScriptVersion>

const ScriptParams = z.object({ scriptId: z.uuid() })

export const listManagedScripts = endpoint({
  id: 'listManagedScripts',
  method: 'get',
  path: '/scripts/managed',
  summary: '我能改的话术，还没生效、过期和停用的也在；店长还看得到公司在用的',
  answer: ManagedScripts,
  status: 200,
  etag: true,
})

export const addScript = endpoint({
  id: 'addScript',
  method: 'post',
  path: '/scripts',
  summary: '新写一条话术；公司的要管理员，门店的要本店店长，自己的谁都可以',
  body: ScriptDraft,
  answer: ManagedScript,
  status: 201,
  idempotency: 'accepted',
  problems: ['forbidden', 'limit_reached'],
})

export const changeScript = endpoint({
  id: 'changeScript',
  method: 'patch',
  path: '/scripts/{scriptId}',
  summary: '改一条话术；原来的文字留作旧版本',
  params: ScriptParams,
  body: ScriptChange,
  answer: ManagedScript,
  status: 200,
  versioned: true,
  problems: ['forbidden'],
})

export const archiveScript = endpoint({
  id: 'archiveScript',
  method: 'delete',
  path: '/scripts/{scriptId}',
  summary: '停用一条话术',
  params: ScriptParams,
  status: 204,
  problems: ['forbidden'],
})

export const restoreScript = endpoint({
  id: 'restoreScript',
  method: 'post',
  path: '/scripts/{scriptId}/restore',
  summary: '停用的再用起来',
  params: ScriptParams,
  answer: ManagedScript,
  status: 200,
  problems: ['forbidden'],
})

export const copyScript = endpoint({
  id: 'copyScript',
  method: 'post',
  path: '/scripts/{scriptId}/copy',
  summary: '复制一条到我管的门店，图片和文件也带上，改它不影响原来那条',
  params: ScriptParams,
  body: z.strictObject({ storeId: z.number().int().meta({ description: '门店的 departmentId' }) }),
  answer: ManagedScript,
  status: 201,
  idempotency: 'accepted',
  problems: ['forbidden', 'limit_reached'],
})

export const listScriptVersions = endpoint({
  id: 'listScriptVersions',
  method: 'get',
  path: '/scripts/{scriptId}/versions',
  summary: '一条话术的各个版本，新的在前',
  params: ScriptParams,
  answer: z.object({ versions: z.array(ScriptVersion) }),
  status: 200,
  problems: ['forbidden'],
})

export const orderScripts = endpoint({
  id: 'orderScripts',
  method: 'put',
  path: '/scripts/order',
  summary: '排顺序：这几条互换位置，按给的次序排',
  body: z.strictObject({ scriptIds: z.array(z.uuid()).min(2).max(500) }),
  status: 204,
  problems: ['forbidden'],
})

export const markFavourite = endpoint({
  id: 'markFavourite',
  method: 'put',
  path: '/scripts/{scriptId}/favourite',
  summary: '收藏或取消收藏',
  params: ScriptParams,
  body: z.strictObject({ isFavourite: z.boolean() }),
  status: 204,
})

export const pinScripts = endpoint({
  id: 'pinScripts',
  method: 'put',
  path: '/scripts/pinned',
  summary: '我的快捷回复，按位置；空位写 null，后面的可以不写',
  body: z.strictObject({ scriptIds: z.array(z.uuid().nullable()).max(PINNED_SLOTS) }),
  status: 204,
})

/** What a picture, a video and a file may weigh; WeCom takes no larger video or file. */
export const ASSET_MAX_BYTES = {
  image: 2 * 1024 * 1024,
  video: 10 * 1024 * 1024,
  file: 20 * 1024 * 1024,
} as const
export const ASSET_TYPES = [
  'image/jpeg',
  'image/png',
  'video/mp4',
  'application/pdf',
  'application/octet-stream',
] as const

export const ScriptAsset = z
  .object({
    assetId: z.uuid(),
    kind: z.enum(['image', 'video', 'file']),
    name: z.string(),
    bytes: z.number().int(),
  })
  .meta({ id: 'ScriptAsset' })
export type ScriptAsset = z.infer<typeof ScriptAsset>

export const addScriptAsset = endpoint({
  id: 'addScriptAsset',
  method: 'post',
  path: '/script-assets',
  summary: '传一张图片、一段视频或一个文件，放进话术',
  query: z.object({ name: z.string().trim().min(1).max(80).meta({ description: '文件名，客户看得到' }) }),
  upload: { types: ASSET_TYPES, maxBytes: ASSET_MAX_BYTES.file },
  answer: ScriptAsset,
  status: 201,
  idempotency: 'accepted',
  problems: ['limit_reached'],
})

export const getScriptAsset = endpoint({
  id: 'getScriptAsset',
  method: 'get',
  path: '/script-assets/{assetId}',
  summary: '话术里的图片、视频或文件本身',
  params: z.object({ assetId: z.uuid() }),
  download: ASSET_TYPES,
  status: 200,
})
