import { readFile, writeFile } from 'node:fs/promises'
import type pg from 'pg'
import { z } from 'zod'
import { version } from '../../version.ts'
import { withClient } from './connect.ts'
import { BadBackup, MAGIC, readFrames, writeFrames } from './frames.ts'
import { PLAIN_TEXT_OPTIONS } from './takeBackup.ts'

/**
 * Who has been erased, beside a backup and apart from it (P29): whoever restores an older backup into an empty database gives the
 * newest list along. It holds keyed hashes and their key: nobody is found by it whose id is not known already, but of an id that is
 * known it tells whether she has been erased. So it is encrypted as the backup is; a plain one is written beside a plain backup only.
 */
const List = z.object({
  keys: z.array(
    z.object({ keyId: z.uuid(), corpId: z.number().int(), key: z.string(), createdAt: z.string() }),
  ),
  erasures: z.array(
    z.object({
      erasureId: z.uuid(),
      corpId: z.number().int(),
      tombstone: z.string(),
      cause: z.string(),
      askedBy: z.number().int().nullable(),
      askedAt: z.string(),
      writtenAt: z.string(),
    }),
  ),
})

export type ErasureList = z.infer<typeof List>

type Asked = { query: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> }

const on = <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  withClient(url, PLAIN_TEXT_OPTIONS, work)

/**
 * A database of an older program has no such tables, and the list is empty.
 * @param key undefined = not encrypted
 * @returns how many are on it
 */
export const writeErasureList = (
  url: string,
  file: string,
  { key, now }: { key: string | undefined; now: Date },
): Promise<number> =>
  on(url, async client => {
    const { rows } = await client.query<{ isThere: boolean }>(
      `select to_regclass('erasures') is not null as "isThere"`,
    )
    const list = rows[0]?.isThere ? await readTables(client) : { keys: [], erasures: [] }
    const text = JSON.stringify(list)
    const about = { takenAt: now.toISOString(), program: version, schema: { version: 0, name: '' } }
    const content = key === undefined ? text : writeFrames(about, key, [Buffer.from(text)], 'erasures')
    await writeFile(file, content, { mode: 0o600 })
    return list.erasures.length
  })

async function readTables(client: pg.Client): Promise<ErasureList> {
  const keys = await client.query(`
      select key_id as "keyId", corp_id as "corpId", encode(key, 'hex') as key, created_at::text as "createdAt" from erasure_keys
      order by created_at, key_id`)
  const erasures = await client.query(`
      select erasure_id as "erasureId", corp_id as "corpId", encode(tombstone, 'hex') as tombstone, cause, asked_by as "askedBy",
             asked_at::text as "askedAt", written_at::text as "writtenAt"
      from erasures order by written_at, erasure_id`)
  return List.parse({ keys: keys.rows, erasures: erasures.rows })
}

/**
 * Puts the list beside what a restore has loaded, in its transaction (`carriedOver`): whatever comes between it and the replay, the
 * list is not lost. What the old database knew of it may lie there already.
 */
export async function putBy(client: Asked, { keys, erasures }: ErasureList): Promise<void> {
  await client.query(
    `create table if not exists restore_erasure_keys (key_id uuid, corp_id integer, key bytea, created_at timestamptz)`,
  )
  await client.query(
    `insert into restore_erasure_keys (key_id, corp_id, key, created_at)
     select "keyId", "corpId", decode(key, 'hex'), "createdAt"
     from jsonb_to_recordset($1::jsonb) as k ("keyId" uuid, "corpId" integer, key text, "createdAt" timestamptz)`,
    [JSON.stringify(keys)],
  )
  await client.query(
    `create table if not exists restore_erasures (erasure_id uuid, corp_id integer, tombstone bytea, cause text, state text,
       asked_by integer, asked_at timestamptz, written_at timestamptz, counts jsonb)`,
  )
  await client.query(
    `insert into restore_erasures (erasure_id, corp_id, tombstone, cause, state, asked_by, asked_at, written_at, counts)
     select "erasureId", "corpId", decode(tombstone, 'hex'), cause, 'waiting', "askedBy", "askedAt", "writtenAt", '{}'
     from jsonb_to_recordset($1::jsonb) as e ("erasureId" uuid, "corpId" integer, tombstone text, cause text, "askedBy" integer,
       "askedAt" timestamptz, "writtenAt" timestamptz)`,
    [JSON.stringify(erasures)],
  )
}

/**
 * An encrypted list or a plain one.
 * @throws BadBackup when it is encrypted with another key; Error when the file cannot be read or is no such list
 */
export async function readErasureList(file: string, key: string | undefined): Promise<ErasureList> {
  try {
    return List.parse(JSON.parse(await readText(await readFile(file), key)))
  } catch (cause) {
    if (cause instanceof BadBackup) throw new BadBackup(`删除名单 ${file}：${cause.message}`, { cause })
    throw new Error(`读不懂删除名单：${file}`, { cause })
  }
}

async function readText(bytes: Buffer, key: string | undefined): Promise<string> {
  if (!bytes.subarray(0, MAGIC.erasures.length).equals(Buffer.from(MAGIC.erasures))) return bytes.toString()
  const whole = async function* () {
    yield bytes
  }
  const { chunks } = await readFrames(whole(), key, 'erasures')
  const parts: Buffer[] = []
  for await (const part of chunks) parts.push(part)
  return Buffer.concat(parts).toString()
}
