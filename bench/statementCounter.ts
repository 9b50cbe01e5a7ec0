import { createServer, connect } from 'node:net'

export interface StatementCounter {
  /** the same database by way of this counter */
  url: string
  /** how often each text was executed since the last look */
  take(): Map<string, number>
  close(): void
}

/** Stands between a process and its database and counts what is executed, by the messages of PostgreSQL's own protocol. */
export async function countStatements(databaseUrl: string): Promise<StatementCounter> {
  const target = new URL(databaseUrl)
  let counts = new Map<string, number>()
  const count = (text: string) => counts.set(text, (counts.get(text) ?? 0) + 1)
  const server = createServer(client => {
    const database = connect(Number(target.port), target.hostname)
    const read = readMessages(count)
    client.on('data', chunk => read(chunk))
    client.pipe(database).pipe(client)
    client.on('error', () => database.destroy())
    database.on('error', () => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.port = String(typeof address === 'object' && address ? address.port : 0)
  return {
    url: url.href,
    take() {
      const taken = counts
      counts = new Map()
      return taken
    },
    close: () => void server.close(),
  }
}

const END_OF_TEXT = '\0'

/** One connection's side towards the database: prepared texts are known by name, portals by the statement they were bound to. */
function readMessages(count: (text: string) => void): (chunk: Buffer) => void {
  const textOf = new Map<string, string>()
  let bound = ''
  let rest: Buffer = Buffer.alloc(0)
  let isStarted = false
  return chunk => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      // The first message of a connection has no kind before its length.
      const head = isStarted ? 1 : 0
      if (rest.length < head + 4) return
      const end = head + rest.readInt32BE(head)
      if (rest.length < end) return
      const kind = isStarted ? String.fromCharCode(rest[0] ?? 0) : ''
      const fields = () => rest.toString('utf8', head + 4, end).split(END_OF_TEXT)
      if (kind === 'Q') count(fields()[0] ?? '')
      if (kind === 'P') textOf.set(fields()[0] ?? '', fields()[1] ?? '')
      if (kind === 'B') bound = fields()[1] ?? ''
      if (kind === 'E') count(textOf.get(bound) ?? '?')
      isStarted = true
      rest = rest.subarray(end)
    }
  }
}
