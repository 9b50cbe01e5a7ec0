import { ASSET_MAX_BYTES, type ScriptAsset } from '../../../shared/contract/scriptLibrary.ts'
import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { once, type Intent } from '../../db/once.ts'
import { Invalid, NotFound, Refusal } from '../../errors.ts'
import { contentTypeOf } from '../media/contentType.ts'
import type { MediaContent, MediaService } from '../media/media.service.ts'
import { createAssetsRepository, type AssetLimits, type AssetUsage } from './assets.repository.ts'
import { assetIdsOf } from './library.repository.ts'

/** Uploads one member may have. */
const MAX_ASSETS = { guide: 100, manager: 2000, admin: 2000 } as const
/** What a corp begins with; its own numbers stand in `script_asset_limits`. */
const DEFAULT_LIMITS: AssetLimits = { guideMib: 100, managerMib: 1_000, corpMib: 5_000 }
const MIB_BYTES = 1024 * 1024
/** WeCom takes nothing smaller. */
const MIN_BYTES = 6
/** An upload that never came into a script, or that none holds any more and nobody was sent. */
const FORGOTTEN_DAYS = 7
const DROP_BATCH = 100
const DAY_MS = 86_400_000

interface Deps {
  db: Db
  clock: Clock
  media: Pick<MediaService, 'put' | 'find' | 'remove' | 'keepReady' | 'mediaIdsOf'>
}

export type AssetsService = ReturnType<typeof createAssetsService>

/** Pictures, videos and files of the library. */
export const createAssetsService = ({ db, clock, media }: Deps) => ({
  /** @throws Invalid for what is too large or too small; Refusal('limit_reached') */
  async upload(
    actor: StaffActor,
    name: string,
    { type, bytes }: { type: string; bytes: Uint8Array },
    intent: Intent | undefined,
  ): Promise<ScriptAsset> {
    const content = contentOf(name, type, bytes)
    const { assetId } = await once(db, actor, intent, clock.now(), async tx => {
      const repository = createAssetsRepository(tx)
      await repository.lock(actor.corpId)
      const limits = (await repository.findLimits(actor.corpId)) ?? DEFAULT_LIMITS
      assertRoom(actor, await repository.readUsage(actor), limits, bytes.length)
      const added = await media.put(tx, actor.corpId, content, 'keptReady')
      const asset = { assetId: added, kind: content.kind, name: content.name, bytes: bytes.length }
      await repository.insert(actor, asset, clock.now())
      return { assetId: added }
    })
    const asset = await createAssetsRepository(db).find(actor, assetId)
    if (!asset) throw new NotFound()
    return asset
  },

  /** The bytes, for who may see it. @throws NotFound */
  async read(actor: StaffActor, assetId: string): Promise<MediaContent> {
    const [visible] = await createAssetsRepository(db).listVisible(actor, [assetId])
    const content = visible && (await media.find(actor.corpId, assetId))
    if (!content) throw new NotFound()
    return content
  },

  /**
   * WeCom's ids of assets the member may send, by asset: null for one that WeCom does not have (yet, or for long enough any more).
   * What is not in the answer is not hers to send. Asks WeCom nothing.
   */
  async mediaIdOf(
    tx: Db | Tx,
    actor: StaffActor,
    assetIds: readonly string[],
  ): Promise<Map<string, string | null>> {
    if (assetIds.length === 0) return new Map()
    const visible = await createAssetsRepository(tx).listVisible(actor, assetIds)
    const mediaIds = await media.mediaIdsOf(tx, actor.corpId, assetIds)
    return new Map(visible.map(({ assetId }) => [assetId, mediaIds.get(assetId) ?? null]))
  },

  /** The kinds of those of these assets that the member may put into a script, by asset. */
  async usableKinds(
    tx: Db | Tx,
    actor: StaffActor,
    assetIds: readonly string[],
  ): Promise<Map<string, ScriptAsset['kind']>> {
    if (assetIds.length === 0) return new Map()
    const visible = await createAssetsRepository(tx).listVisible(actor, assetIds)
    return new Map(visible.map(({ assetId, kind }) => [assetId, kind]))
  },

  /** @throws Invalid naming the part whose asset is not there for her, or is of another kind */
  async assertUsable(tx: Db | Tx, actor: StaffActor, parts: readonly ScriptPart[]): Promise<void> {
    const kinds = await this.usableKinds(tx, actor, assetIdsOf(parts))
    const wrong = parts.flatMap((part, index) =>
      'assetId' in part && kinds.get(part.assetId) !== part.kind
        ? [{ path: `parts.${index}.assetId`, message: '没有这个素材' }]
        : [],
    )
    if (wrong.length > 0) throw new Invalid(wrong)
  },

  /** After scripts have changed: what can be sent stands ready, the rest does not trouble WeCom any more. */
  async settle(tx: Tx, actor: StaffActor, assetIds: readonly string[]): Promise<void> {
    if (assetIds.length === 0) return
    const inUse = new Set(await createAssetsRepository(tx).listInUse(actor.corpId, assetIds))
    await media.keepReady(tx, actor.corpId, [...inUse], true)
    await media.keepReady(
      tx,
      actor.corpId,
      assetIds.filter(assetId => !inUse.has(assetId)),
      false,
    )
  },

  /** Drops uploads of every corp that no script needs any more. @returns how many */
  async dropForgotten(signal?: AbortSignal): Promise<number> {
    const before = new Date(clock.now().getTime() - FORGOTTEN_DAYS * DAY_MS)
    let total = 0
    for (;;) {
      const count = await db.transaction(async tx => {
        const forgotten = await createAssetsRepository(tx).listForgotten(before, DROP_BATCH)
        for (const { assetId, corpId } of forgotten) await media.remove(tx, corpId, [assetId])
        return forgotten.length
      })
      total += count
      if (count < DROP_BATCH || signal?.aborted) return total
    }
  },
})

/** @throws Refusal('limit_reached') saying which limit, and what to do */
function assertRoom(
  actor: StaffActor,
  { ownCount, ownBytes, corpBytes }: AssetUsage,
  { guideMib, managerMib, corpMib }: AssetLimits,
  added: number,
): void {
  const ownMib = actor.role === 'guide' ? guideMib : managerMib
  const refused = (detail: string) => new Refusal('limit_reached', { detail })
  const hint = `没用进话术的、换下来没发过的，${FORGOTTEN_DAYS} 天后自动清掉`
  if (ownCount >= MAX_ASSETS[actor.role])
    throw refused(`你传的图片、视频和文件已有 ${ownCount} 个，到上限了。${hint}`)
  if (ownBytes + added > ownMib * MIB_BYTES)
    throw refused(`你传的一共最多 ${ownMib} MB，${roomText(ownMib * MIB_BYTES - ownBytes)}。${hint}`)
  if (corpBytes + added > corpMib * MIB_BYTES)
    throw refused(`全公司的素材一共最多 ${corpMib} MB，${roomText(corpMib * MIB_BYTES - corpBytes)}。${hint}`)
}

const roomText = (bytes: number): string =>
  bytes < MIB_BYTES / 10 ? '已经满了' : `还能传 ${(Math.floor((bytes / MIB_BYTES) * 10) / 10).toFixed(1)} MB`

const kindWords = { image: '图片最大 2 MB', video: '视频最大 10 MB', file: '文件最大 20 MB' } as const

/** A picture and a video are what their bytes say, everything else is a file. @throws Invalid */
function contentOf(name: string, type: string, bytes: Uint8Array): MediaContent {
  const seen = contentTypeOf(bytes)
  const kind = seen === undefined ? 'file' : seen === 'video/mp4' ? 'video' : 'image'
  if (bytes.length < MIN_BYTES) throw new Invalid([{ path: 'file', message: '这个文件是空的' }])
  if (bytes.length > ASSET_MAX_BYTES[kind]) throw new Invalid([{ path: 'file', message: kindWords[kind] }])
  if (seen === undefined && /^(?:image|video)\//.test(type))
    throw new Invalid([{ path: 'file', message: '图片要 JPG 或 PNG，视频要 MP4' }])
  return {
    kind,
    name,
    contentType: seen ?? (type === 'application/pdf' ? type : 'application/octet-stream'),
    bytes,
  }
}
