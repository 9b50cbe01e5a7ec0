import type { Duplex } from 'node:stream'
import type pg from 'pg'

/** As much of a table as may wait here for whoever takes it. */
const WAITING_BYTES = 1024 * 1024

/** The part of `pg`'s connection that COPY needs; its types do not tell of it. */
interface CopyConnection {
  stream: Duplex
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

/** What `pg` calls while a statement of ours has the connection. */
abstract class Copy {
  abstract submit(connection: CopyConnection): void
  abstract handleError(error: Error): void
  abstract handleReadyForQuery(): void
  callback = () => undefined
  handleRowDescription() {}
  handleDataRow() {}
  handlePortalSuspended() {}
  handleEmptyQuery() {}
  handleCommandComplete(_message: { text: string }) {}
  handleCopyInResponse(connection: CopyConnection) {
    connection.sendCopyFail('not expected')
  }
  handleCopyData(_message: { chunk: Buffer }) {}
}

const begin = (client: pg.Client, copy: Copy) => void client.query(copy as unknown as pg.Submittable)

/** `COPY … TO STDOUT`, row by row as the server sends them; a slow taker slows the server down. */
export async function* copyOut(client: pg.Client, text: string): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let isOver = false
  let failure: Error | undefined
  let wake: () => void = () => undefined
  let stream: Duplex | undefined
  begin(
    client,
    new (class extends Copy {
      submit(connection: CopyConnection) {
        stream = connection.stream
        connection.query(text)
      }
      override handleCopyData({ chunk }: { chunk: Buffer }) {
        // The driver writes the next rows over these as soon as it has them.
        waiting.push(Buffer.from(chunk))
        waitingBytes += chunk.length
        if (waitingBytes > WAITING_BYTES) stream?.pause()
        wake()
      }
      handleError(error: Error) {
        failure = error
        isOver = true
        wake()
      }
      handleReadyForQuery() {
        isOver = true
        wake()
      }
    })(),
  )
  for (;;) {
    const rows = waiting.splice(0)
    waitingBytes = 0
    stream?.resume()
    yield* rows
    if (waiting.length > 0) continue
    if (failure) throw failure
    if (isOver) return
    await new Promise<void>(resolve => (wake = resolve))
  }
}

/**
 * `COPY … FROM STDIN` of what `chunks` brings, cut anywhere.
 * @returns the rows the server has taken
 */
export function copyIn(client: pg.Client, text: string, chunks: AsyncIterable<Buffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0
    let failure: Error | undefined
    async function send(connection: CopyConnection): Promise<void> {
      for await (const chunk of chunks) {
        if (failure) return
        connection.sendCopyFromChunk(chunk)
        if (connection.stream.writableNeedDrain) await hasRoom(connection.stream)
      }
      connection.endCopyFrom()
    }
    begin(
      client,
      new (class extends Copy {
        submit(connection: CopyConnection) {
          connection.query(text)
        }
        override handleCopyInResponse(connection: CopyConnection) {
          send(connection).catch((error: unknown) => {
            failure ??= error instanceof Error ? error : new Error(String(error))
            connection.sendCopyFail('the source broke off')
          })
        }
        override handleCommandComplete({ text: said }: { text: string }) {
          rows = Number(said.split(' ')[1])
        }
        handleError(error: Error) {
          // The last we hear: `pg` forgets a statement with its error, and tells it of no end.
          failure ??= error
          reject(failure)
        }
        handleReadyForQuery() {
          resolve(rows)
        }
      })(),
    )
  })
}

/** A stream that was closed has room for everything. */
const hasRoom = (stream: Duplex): Promise<void> =>
  new Promise(resolve => {
    const go = () => {
      stream.off('drain', go).off('close', go)
      resolve()
    }
    stream.on('drain', go).on('close', go)
  })
