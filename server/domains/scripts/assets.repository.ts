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

export const createAssetsRepository = (db: Db | Tx) => ({
  async insert(actor: StaffActor, asset: ScriptAsset, now: Date): Promise<void> {
    await sql`
      insert into script_assets (asset_id, corp_id, staff_id, kind, name, byte_count, created_at)
      values (${asset.assetId}, ${actor.corpId}, ${actor.staffId}, ${asset.kind}, ${asset.name}, ${asset.bytes}, ${now})`.execute(
      db,
    )
  },

  async countOf(actor: StaffActor): Promise<number> {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from script_assets where staff_id = ${actor.staffId}`.execute(db)
    return found.rows[0]?.count ?? 0
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

  /** Uploads of before that no version of any script holds, with their corps. */
  async listForgotten(before: Date, limit: number): Promise<{ assetId: string; corpId: number }[]> {
    const found = await sql<{ assetId: string; corpId: number }>`
      select asset.asset_id as "assetId", asset.corp_id as "corpId" from script_assets asset
      where asset.created_at < ${before} and not exists (
        select from script_versions v
        where v.parts @> jsonb_build_array(jsonb_build_object('assetId', asset.asset_id)))
      order by asset.created_at limit ${limit}`.execute(db)
    return found.rows
  },
})
