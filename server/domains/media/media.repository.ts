import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

export type MediaKind = 'image' | 'video' | 'file'

export interface MediaContent {
  kind: MediaKind
  name: string
  contentType: string
  bytes: Uint8Array
}

/** Where WeCom keeps a file, as far as it was ever given. */
export interface MediaStanding {
  fileId: string
  mediaId: string | null
  fetchedAt: Date | null
}

const standing = sql`file_id as "fileId", media_id as "mediaId", media_fetched_at as "fetchedAt"`

export const createMediaRepository = (db: Db | Tx) => ({
  async insert(
    corpId: number,
    fileId: string,
    { kind, name, contentType, bytes }: MediaContent,
    use: 'keptReady' | 'disposable' | 'kept',
    now: Date,
  ): Promise<void> {
    const content = Buffer.from(bytes)
    await sql`
      insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable,
                               uploaded_at)
      values (${fileId}, ${corpId}, ${kind}, ${name}, ${contentType}, ${content}, sha256(${content}),
              ${use === 'keptReady'}, ${use === 'disposable'}, ${now})`.execute(db)
  },

  /** Whether a file holds exactly these bytes. */
  async holds(corpId: number, fileId: string, bytes: Uint8Array): Promise<boolean> {
    const found = await sql<{ same: boolean }>`
      select sha256 = sha256(${Buffer.from(bytes)}) as same from media_files
      where file_id = ${fileId} and corp_id = ${corpId}`.execute(db)
    return found.rows[0]?.same ?? false
  },

  async delete(corpId: number, fileIds: readonly string[]): Promise<void> {
    await sql`delete from media_files where corp_id = ${corpId} and file_id = any(${fileIds}::uuid[])`.execute(
      db,
    )
  },

  async find(corpId: number, fileId: string): Promise<MediaContent | undefined> {
    const found = await sql<MediaContent>`
      select kind, name, content_type as "contentType", bytes from media_files
      where file_id = ${fileId} and corp_id = ${corpId}`.execute(db)
    return found.rows[0]
  },

  async listStandings(corpId: number, fileIds: readonly string[]): Promise<MediaStanding[]> {
    const found = await sql<MediaStanding>`
      select ${standing} from media_files
      where corp_id = ${corpId} and file_id = any(${fileIds}::uuid[])`.execute(db)
    return found.rows
  },

  async setKeptReady(corpId: number, fileIds: readonly string[], keptReady: boolean): Promise<void> {
    await sql`
      update media_files set kept_ready = ${keptReady}
      where corp_id = ${corpId} and file_id = any(${fileIds}::uuid[]) and kept_ready <> ${keptReady}`.execute(
      db,
    )
  },

  /**
   * The next file that is to stand ready and does not, or not for much longer: nobody else takes it up before `nextTryAt`.
   * @param staleBefore what WeCom was given before is due
   */
  async takeDue(
    corpId: number,
    { staleBefore, now, nextTryAt }: { staleBefore: Date; now: Date; nextTryAt: Date },
  ): Promise<string | undefined> {
    const found = await sql<{ fileId: string }>`
      update media_files set next_try_at = ${nextTryAt}
      where file_id = (
        select file_id from media_files
        where kept_ready and corp_id = ${corpId} and (media_fetched_at is null or media_fetched_at < ${staleBefore})
          and (next_try_at is null or next_try_at <= ${now})
        order by media_fetched_at nulls first, uploaded_at limit 1 for update skip locked)
      returning file_id as "fileId"`.execute(db)
    return found.rows[0]?.fileId
  },

  async setMedia(corpId: number, fileId: string, mediaId: string, fetchedAt: Date): Promise<void> {
    await sql`
      update media_files set media_id = ${mediaId}, media_fetched_at = ${fetchedAt}, next_try_at = null
      where file_id = ${fileId} and corp_id = ${corpId}`.execute(db)
  },

  async postpone(corpId: number, fileId: string, nextTryAt: Date): Promise<void> {
    await sql`
      update media_files set next_try_at = ${nextTryAt} where file_id = ${fileId} and corp_id = ${corpId}`.execute(
      db,
    )
  },

  /** @returns how many were dropped */
  async deleteDisposableBefore(before: Date, limit: number): Promise<number> {
    const found = await sql<{ count: number }>`
      with old as (
        select file_id from media_files
        where uploaded_at < ${before} and disposable
        order by uploaded_at limit ${limit} for update skip locked),
      dropped as (delete from media_files file using old where file.file_id = old.file_id returning 1)
      select count(*)::int as count from dropped`.execute(db)
    return found.rows[0]?.count ?? 0
  },
})
