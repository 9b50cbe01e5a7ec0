import { bringIn } from './carriedOver.ts'
import { withClient } from './connect.ts'

/**
 * A table of one row, there from the beginning of a restore until everything is done that must be done to old data. While it
 * says `loading` nobody may touch the database but another restore; while it says `loaded` the next start finishes the rest.
 */
const FINISH_LOCK = '7164258103462960'

type Asked = { query: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> }

export async function createMark(
  client: Asked,
  { takenAt, now }: { takenAt: string; now: Date },
): Promise<void> {
  await client.query(
    `create table restore_mark (state text not null, taken_at timestamptz not null, begun_at timestamptz not null)`,
  )
  await client.query(`insert into restore_mark values ('loading', $1, $2)`, [takenAt, now])
}

export const setMark = async (client: Asked, state: 'loaded'): Promise<void> =>
  void (await client.query('update restore_mark set state = $1', [state]))

async function findMark(client: Asked): Promise<{ state: string; takenAt: Date } | undefined> {
  const { rows: there } = await client.query(`select to_regclass('restore_mark') as mark`)
  if ((there[0] as { mark: string | null }).mark === null) return undefined
  const { rows } = await client.query(`select state, taken_at as "takenAt" from restore_mark`)
  return rows[0] as { state: string; takenAt: Date } | undefined
}

/** @throws Error when a restore was broken off: there is no data one could work with */
export async function refuseHalfRestored(client: Asked): Promise<void> {
  if ((await findMark(client))?.state === 'loading')
    throw new Error('上一次恢复没有做完，数据库还不能用：请再运行一次 npm run restore。')
}

/**
 * Where the data comes from a backup and nobody has finished that yet: does `work`, once for all servers that start together,
 * and forgets that there was a restore. If it fails, the next start does it again.
 * @param work what must be done to old data before anybody sees it; told when the backup was taken
 */
export async function finishRestore(
  url: string,
  work: (restored: { takenAt: Date }) => Promise<void>,
): Promise<boolean> {
  return withClient(url, '-c TimeZone=UTC', async client => {
    if ((await findMark(client)) === undefined) return false
    await client.query('select pg_advisory_lock($1)', [FINISH_LOCK])
    const mark = await findMark(client)
    if (mark === undefined) return false
    await bringIn(client)
    await work({ takenAt: mark.takenAt })
    await client.query('drop table restore_mark')
    return true
  })
}
