import { sql } from 'kysely'
import type { ScriptAsset } from '../../../shared/contract/scriptLibrary.ts'
import type { StaffActor } from '../../actor.ts'
import type { Db, Tx } from '../../db/db.ts'
import { scriptInScope, scriptToManage } from '../../db/scope.ts'

/** Assets the actor may see: her own uploads, and whatever stands in any version of a script she may use or change. */
const assetInScope = (actor: StaffActor) => sql<boolean>`(
  asset.corp_id = ${actor.corpId} and (asset.staff_id = ${actor.staffId} or exists (
    select from script_versions v
    join scripts s on s.script_id = v.script_id
    where v.parts @> jsonb_build_array(jsonb_build_object('assetId', asset.asset_id))
      and (${scriptInScope(actor)} or ${scriptToManage(actor)}))))`

/** What lies in the database, wherever it stands. */
export interface AssetUsage {
  ownCount: number
  ownBytes: number
  corpBytes: number
}

/** In MiB: what one member may have, admins as managers, and all of them together. */
export interface AssetLimits {
  guideMib: number
  managerMib: number
  corpMib: number
}

export const createAssetsRepository = (db: Db | Tx) => ({
  async insert(actor: StaffActor, asset: ScriptAsset, now: Date): Promise<void> {
    await sql`
      insert into script_assets (asset_id, corp_id, staff_id, kind, name, byte_count, created_at)
      values (${asset.assetId}, ${actor.corpId}, ${actor.staffId}, ${asset.kind}, ${asset.name}, ${asset.bytes}, ${now})`.execute(
      db,
    )
  },

  /** Who uploads for one corp at the same time waits for the other, so that no limit is passed by two at once. */
  async lock(corpId: number): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`script assets ${corpId}`}, 1))`.execute(db)
  },

  async readUsage(actor: StaffActor): Promise<AssetUsage> {
    const found = await sql<AssetUsage>`
      select count(*) filter (where staff_id = ${actor.staffId})::int as "ownCount",
             coalesce(sum(byte_count) filter (where staff_id = ${actor.staffId}), 0)::bigint as "ownBytes",
             coalesce(sum(byte_count), 0)::bigint as "corpBytes"
      from script_assets where corp_id = ${actor.corpId}`.execute(db)
    return found.rows[0] ?? { ownCount: 0, ownBytes: 0, corpBytes: 0 }
  },

  /** undefined for a corp that has changed nothing about it */
  async findLimits(corpId: number): Promise<AssetLimits | undefined> {
    const found = await sql<AssetLimits>`
      select guide_mib as "guideMib", manager_mib as "managerMib", corp_mib as "corpMib"
      from script_asset_limits where corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  async find(actor: StaffActor, assetId: string): Promise<ScriptAsset | undefined> {
    const found = await sql<ScriptAsset>`
      select asset_id as "assetId", kind, name, byte_count as bytes from script_assets where asset_id = ${assetId} and corp_id = ${actor.corpId}`.execute(
      db,
    )
    return found.rows[0]
  },

  /** Of these, the ones the actor may see. */
  async listVisible(
    actor: StaffActor,
    assetIds: readonly string[],
  ): Promise<Pick<ScriptAsset, 'assetId' | 'kind'>[]> {
    const found = await sql<Pick<ScriptAsset, 'assetId' | 'kind'>>`
      select asset.asset_id as "assetId", asset.kind from script_assets asset
      where asset.asset_id = any(${assetIds}::uuid[]) and ${assetInScope(actor)}`.execute(db)
    return found.rows
  },

  /** Of these, the ones that stand in a script that can be sent. */
  async listInUse(corpId: number, assetIds: readonly string[]): Promise<string[]> {
    const found = await sql<{ assetId: string }>`
      select asset.asset_id as "assetId" from script_assets asset
      where asset.asset_id = any(${assetIds}::uuid[]) and asset.corp_id = ${corpId} and exists (
        select from script_versions v
        join scripts s on s.script_id = v.script_id and s.version = v.version
        where v.parts @> jsonb_build_array(jsonb_build_object('assetId', asset.asset_id)) and s.archived_at is null)`.execute(
      db,
    )
    return found.rows.map(row => row.assetId)
  },

  /**
   * Uploads of before that nobody needs any more, with their corps: they stand in no script as it is now, in none that was sent, and
   * in none that was rewritten since.
   */
  async listForgotten(before: Date, limit: number): Promise<{ assetId: string; corpId: number }[]> {
    const found = await sql<{ assetId: string; corpId: number }>`
      select asset.asset_id as "assetId", asset.corp_id as "corpId" from script_assets asset
      where asset.created_at < ${before} and not exists (
        select from script_versions v
        join scripts s on s.script_id = v.script_id
        left join script_versions next on next.script_id = v.script_id and next.version = v.version + 1
        where v.parts @> jsonb_build_array(jsonb_build_object('assetId', asset.asset_id))
          and (v.version = s.version or next.created_at >= ${before}
            or exists (select from sends where sends.script_id = v.script_id and sends.script_version = v.version)))
      order by asset.created_at limit ${limit}`.execute(db)
    return found.rows
  },
})
