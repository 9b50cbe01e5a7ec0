const SHORTEST_KEY = 24

/**
 * `BACKUP_KEY`, what backups are encrypted with; undefined when it is not set.
 * @throws Error when it is too short to protect anything
 */
export function readBackupKey({ BACKUP_KEY }: Record<string, string | undefined>): string | undefined {
  if (!BACKUP_KEY) return undefined
  if (BACKUP_KEY.length < SHORTEST_KEY || /^(.)\1+$|sample|example|changeme/i.test(BACKUP_KEY))
    throw new Error(`BACKUP_KEY：至少 ${SHORTEST_KEY} 个字符，请用随机串（openssl rand -base64 32）。`)
  return BACKUP_KEY
}
