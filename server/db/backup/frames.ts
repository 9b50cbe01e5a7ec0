import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'

/**
 * How a backup, and the list of erasures beside it, lies in its file: a line that says what it is, a line of JSON (the header, in the
 * clear), then frames of at most 64 KiB. Each frame is good for one place in one file: its nonce counts, and marks the last; its tag
 * covers the header too. So a file that was altered, shortened, or put together of two is told from a good one before a byte of it
 * is believed.
 */
export const MAGIC = { backup: 'GUIDEBAR-BACKUP\n', erasures: 'GUIDEBAR-ERASURES\n' }
export type Framed = keyof typeof MAGIC
const FRAME_BYTES = 64 * 1024
const TAG_BYTES = 16
const MAX_HEADER_BYTES = 64 * 1024
// 32 MB and some tens of milliseconds a guess: a passphrase is not quickly tried out.
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

export interface BackupHeader {
  format: 1
  /** when the data was as it is here */
  takenAt: string
  program: string
  /** number and name of the newest migration */
  schema: { version: number; name: string }
  isEncrypted: boolean
  /** base64url */
  salt: string
}

/** The file is not what it should be, is not whole, or the key is another one. The text is for the person at the terminal. */
export class BadBackup extends Error {}

interface Seal {
  close(payload: Buffer, count: number, isLast: boolean): Buffer
  open(frame: Buffer, count: number, isLast: boolean): Buffer
}

function createSeal(headerLine: string, { isEncrypted, salt }: BackupHeader, key: string | undefined): Seal {
  const headerHash = createHash('sha256').update(headerLine).digest()
  const nonceOf = (count: number, isLast: boolean) => {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(count, 4)
    nonce[11] = isLast ? 1 : 0
    return nonce
  }
  if (!isEncrypted) {
    const tagOf = (payload: Buffer, nonce: Buffer) =>
      createHash('sha256').update(headerHash).update(nonce).update(payload).digest().subarray(0, TAG_BYTES)
    return {
      close: (payload, count, isLast) => Buffer.concat([tagOf(payload, nonceOf(count, isLast)), payload]),
      open(frame, count, isLast) {
        const payload = frame.subarray(TAG_BYTES)
        if (!tagOf(payload, nonceOf(count, isLast)).equals(frame.subarray(0, TAG_BYTES)))
          throw new BadBackup('备份文件坏了：校验和对不上。')
        return payload
      },
    }
  }
  if (key === undefined) throw new BadBackup('这个文件是加密的：请设置备份时的 BACKUP_KEY。')
  const secret = scryptSync(key, Buffer.from(salt, 'base64url'), 32, SCRYPT)
  return {
    close(payload, count, isLast) {
      const cipher = createCipheriv('aes-256-gcm', secret, nonceOf(count, isLast)).setAAD(headerHash)
      const body = Buffer.concat([cipher.update(payload), cipher.final()])
      return Buffer.concat([cipher.getAuthTag(), body])
    },
    open(frame, count, isLast) {
      const decipher = createDecipheriv('aes-256-gcm', secret, nonceOf(count, isLast), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(headerHash)
        .setAuthTag(frame.subarray(0, TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(frame.subarray(TAG_BYTES)), decipher.final()])
      } catch (cause) {
        throw new BadBackup(
          count === 0 ? 'BACKUP_KEY 不是备份时的那一个，或者文件坏了。' : '备份文件坏了：校验和对不上。',
          { cause },
        )
      }
    },
  }
}

/** @param key undefined = not encrypted, only protected against damage */
export async function* writeFrames(
  about: Omit<BackupHeader, 'format' | 'isEncrypted' | 'salt'>,
  key: string | undefined,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  what: Framed = 'backup',
): AsyncGenerator<Buffer> {
  const header: BackupHeader = {
    format: 1,
    ...about,
    isEncrypted: key !== undefined,
    salt: randomBytes(16).toString('base64url'),
  }
  const line = `${JSON.stringify(header)}\n`
  yield Buffer.from(MAGIC[what] + line)
  const seal = createSeal(line, header, key)
  let count = 0
  const frame = (payload: Buffer, isLast: boolean) => {
    const closed = seal.close(payload, count++, isLast)
    const head = Buffer.alloc(5)
    head.writeUInt32BE(closed.length)
    head[4] = isLast ? 1 : 0
    return Buffer.concat([head, closed])
  }
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length > FRAME_BYTES) {
      yield frame(rest.subarray(0, FRAME_BYTES), false)
      rest = rest.subarray(FRAME_BYTES)
    }
  }
  yield frame(rest, true)
}

/**
 * What `writeFrames` has written: the header, which is only believed once a frame fits it, and what was in the frames.
 * @throws BadBackup as soon as something is not as it was written, at the latest at its end
 */
export async function readFrames(
  file: AsyncIterable<Buffer>,
  key: string | undefined,
  what: Framed = 'backup',
): Promise<{ header: BackupHeader; chunks: AsyncGenerator<Buffer> }> {
  const bytes = createTaker(file)
  const magic = MAGIC[what]
  if ((await bytes.take(magic.length)).toString() !== magic) throw new BadBackup('这不是备份文件。')
  const line = await bytes.takeLine(MAX_HEADER_BYTES)
  const header = readHeader(line)
  const seal = createSeal(line, header, key)
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let count = 0; ; count++) {
      const head = await bytes.take(5)
      const length = head.readUInt32BE()
      if (length < TAG_BYTES || length > FRAME_BYTES + TAG_BYTES) throw new BadBackup('备份文件坏了。')
      const isLast = head[4] === 1
      yield seal.open(await bytes.take(length), count, isLast)
      if (isLast) break
    }
    if (!(await bytes.isAtEnd())) throw new BadBackup('备份文件坏了：后面多出了东西。')
  }
  return { header, chunks: chunks() }
}

function readHeader(line: string): BackupHeader {
  try {
    const header = JSON.parse(line) as BackupHeader
    if (header.format === 1 && typeof header.salt === 'string' && Number.isInteger(header.schema.version))
      return header
  } catch {
    // Said below, as for any other that cannot be understood.
  }
  throw new BadBackup('备份文件的格式不认识：它可能来自更新的程序。')
}

/** Takes exactly so many bytes at a time from chunks that are cut anywhere. */
export function createTaker(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]()
  let parts: Buffer[] = []
  let size = 0
  async function more(): Promise<boolean> {
    const { value, done } = await chunks.next()
    if (done) return false
    parts.push(value)
    size += value.length
    return true
  }
  const whole = (): Buffer => {
    if (parts.length !== 1) parts = [Buffer.concat(parts)]
    return parts[0] ?? Buffer.alloc(0)
  }
  const cut = (length: number): Buffer => {
    const bytes = whole()
    size -= length
    parts = [bytes.subarray(length)]
    return bytes.subarray(0, length)
  }
  return {
    async take(length: number): Promise<Buffer> {
      while (size < length) if (!(await more())) throw new BadBackup('备份文件不完整：它在中间断了。')
      return cut(length)
    },
    async takeLine(most: number): Promise<string> {
      for (;;) {
        const end = whole().indexOf(0x0a)
        if (end >= 0) return cut(end + 1).toString()
        if (size > most || !(await more())) throw new BadBackup('这不是备份文件。')
      }
    },
    isAtEnd: async () => size === 0 && !(await more()),
  }
}
