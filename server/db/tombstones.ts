import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Tx } from './db.ts'
import { ERASE_LOCK } from './locks.ts'

/**
 * Who has been erased (P29). WeCom goes on showing her as long as a member has her as a friend: whatever comes from there is asked
 * here before it is written. Only a friendship she has entered *after* she asked to be erased begins a profile anew — that is her
 * own act, and nothing old comes with it. That a colleague was given her is nobody's act of hers, new as the friendship may look.
 */
export type Erased = ReadonlyMap<string, ErasedPerson>

export interface ErasedPerson {
  /** the last time */
  askedAt: Date
  /** whether a profile has begun anew since */
  isBack: boolean
}

/** `add_way` 201 and 202: shared by a colleague or an admin, given by one; remark and phones of the former one come along. */
const GIVEN_WAYS: readonly number[] = [201, 202]

const tombstone = (key: Buffer, corpId: number, externalUserId: string): Buffer =>
  createHmac('sha256', key).update(`${corpId}:${externalUserId}`).digest()

export const createTombstones = (db: Db | Tx, corpId: number) => {
  async function listKeys(): Promise<Buffer[]> {
    const found = await sql<{ key: Buffer }>`
      select key from erasure_keys where corp_id = ${corpId} order by created_at desc, key_id`.execute(db)
    return found.rows.map(row => row.key)
  }

  return {
    /** Until the transaction ends nobody is erased: what was found here stays true as long as it writes. */
    async holdOffErasing(): Promise<void> {
      await sql`select pg_advisory_xact_lock_shared(${ERASE_LOCK}::int, ${corpId}::int)`.execute(db)
    },

    /** Nobody writes what WeCom tells until the transaction ends. */
    async holdAlone(): Promise<void> {
      await sql`select pg_advisory_xact_lock(${ERASE_LOCK}::int, ${corpId}::int)`.execute(db)
    },

    /** Of these the ones who have been erased, with the last time they asked for it. */
    async find(externalUserIds: readonly string[]): Promise<Erased> {
      if (externalUserIds.length === 0) return new Map()
      const keys = await listKeys()
      if (keys.length === 0) return new Map()
      const marked = keys.flatMap(key =>
        externalUserIds.map(id => ({ id, hash: tombstone(key, corpId, id).toString('hex') })),
      )
      const found = await sql<{ id: string; askedAt: Date; isBack: boolean }>`
        select given.id, max(e.asked_at) as "askedAt",
          coalesce((
            select c.known_since > max(e.written_at) from customers c
            where c.corp_id = ${corpId} and c.external_user_id = given.id), false) as "isBack"
        from unnest(${marked.map(({ id }) => id)}::text[], ${marked.map(({ hash }) => hash)}::text[]) as given (id, hash)
        join erasures e on e.corp_id = ${corpId} and e.tombstone = decode(given.hash, 'hex')
        group by given.id`.execute(db)
      return new Map(found.rows.map(({ id, ...person }) => [id, person]))
    },

    /** Every mark she may be known by. */
    async marksOf(externalUserIds: readonly string[]): Promise<Buffer[][]> {
      const keys = await listKeys()
      return externalUserIds.map(id => keys.map(key => tombstone(key, corpId, id)))
    },

    /** The mark she will be known by, under the key in use; the first erasure makes it. */
    async mark(externalUserId: string): Promise<Buffer> {
      const [key] = await listKeys()
      if (key) return tombstone(key, corpId, externalUserId)
      const made = randomBytes(32)
      await sql`
        insert into erasure_keys (key_id, corp_id, key, created_at)
        values (${randomUUID()}, ${corpId}, ${made}, clock_timestamp())`.execute(db)
      // A second server may have made one at the same moment; both are asked for ever.
      return tombstone(made, corpId, externalUserId)
    },
  }
}

/**
 * Whether a friendship begun at that time is of a person before she was erased. WeCom always says when; if not, it is old.
 * @param addWay of a friendship WeCom shows; one that was given to a member counts where she has come back by herself
 */
export const isErasedFriend = (
  erased: Erased,
  externalUserId: string,
  { addedAt, addWay }: { addedAt: Date | null; addWay?: number },
): boolean => {
  const person = erased.get(externalUserId)
  if (person === undefined) return false
  if (addedAt === null || addedAt <= person.askedAt) return true
  return !person.isBack && addWay !== undefined && GIVEN_WAYS.includes(addWay)
}
