import { sql } from 'kysely'
import type { Db } from '../db/db.ts'
import { isLockTimeout } from '../db/failures.ts'
import { CREDENTIALS_LOCK } from '../db/locks.ts'

export type CredentialKind = 'access_token' | 'corp_ticket' | 'agent_ticket'

/** A token or ticket as it lies in the database; only a higher generation replaces it. */
export interface StoredCredential {
  sealed: Buffer
  generation: number
  fetchedAt: Date
  expiresAt: Date
}

const LOCK_TRIES = 4

export const createCredentialsRepository = (db: Db, corpId: number) => ({
  async find(kind: CredentialKind): Promise<StoredCredential | undefined> {
    const found = await sql<StoredCredential>`
      select sealed, generation, fetched_at as "fetchedAt", expires_at as "expiresAt"
      from wecom_credentials where corp_id = ${corpId} and kind = ${kind}`.execute(db)
    return found.rows[0]
  },

  /** @returns what stands afterwards: this one, or a newer one another process has written meanwhile */
  async replace(kind: CredentialKind, next: StoredCredential): Promise<StoredCredential> {
    const written = await sql<StoredCredential>`
      with tried as (
        insert into wecom_credentials as w (corp_id, kind, sealed, generation, fetched_at, expires_at)
        values (${corpId}, ${kind}, ${next.sealed}, ${next.generation}, ${next.fetchedAt}, ${next.expiresAt})
        on conflict (corp_id, kind) do update
          set sealed = excluded.sealed, generation = excluded.generation,
              fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
          where w.generation < excluded.generation
        returning sealed, generation, fetched_at as "fetchedAt", expires_at as "expiresAt")
      select * from tried
      union all
      select sealed, generation, fetched_at, expires_at from wecom_credentials
      where corp_id = ${corpId} and kind = ${kind} and not exists (select from tried)`.execute(db)
    const [standing] = written.rows
    if (!standing) throw new Error(`the credential ${kind} was not written`)
    return standing
  },

  /** WeCom no longer takes this generation; a newer one stays untouched. */
  async expire(kind: CredentialKind, generation: number, now: Date): Promise<void> {
    await sql`
      update wecom_credentials set expires_at = ${now}
      where corp_id = ${corpId} and kind = ${kind} and generation = ${generation} and expires_at > ${now}`.execute(
      db,
    )
  },

  /**
   * Runs `work` in one process at a time, on a connection kept for the lock alone: no transaction is open meanwhile, and a
   * process that dies lets go with its connection.
   */
  async alone<T>(kind: CredentialKind, work: () => Promise<T>): Promise<T> {
    const key = `${corpId}:${kind}`
    return db.kysely.connection().execute(async connection => {
      for (let attempt = 1; ; attempt++) {
        try {
          await sql`select pg_advisory_lock(${CREDENTIALS_LOCK}, hashtext(${key}))`.execute(connection)
          break
        } catch (error) {
          if (!isLockTimeout(error) || attempt >= LOCK_TRIES) throw error
        }
      }
      try {
        return await work()
      } finally {
        await sql`select pg_advisory_unlock(${CREDENTIALS_LOCK}, hashtext(${key}))`.execute(connection)
      }
    })
  },
})
export type CredentialsRepository = ReturnType<typeof createCredentialsRepository>
