import { connect, type Socket } from 'node:net'

const MOST_CONNECTIONS = 512

export interface RawHttp {
  /** Resolves when the answer is complete. @throws Error unless it is a 200 with a length */
  get(path: string, cookie?: string): Promise<void>
  close(): void
}

/**
 * As little of a client as an open loop needs: kept connections, a further one whenever all are busy, no waiting for a turn below
 * 512 of them.
 */
export function openRawHttp(url: string): RawHttp {
  const { hostname, port, host } = new URL(url)
  const all = new Set<Socket>()
  const idle: Connection[] = []
  const waiting: (() => void)[] = []

  function open(): Connection {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    all.add(socket)
    const connection = createConnection(socket)
    // A server ends what has been idle for some seconds.
    socket.on('close', () => {
      all.delete(socket)
      const place = idle.indexOf(connection)
      if (place >= 0) idle.splice(place, 1)
    })
    return connection
  }
  function next(): Connection | undefined {
    return idle.pop() ?? (all.size < MOST_CONNECTIONS ? open() : undefined)
  }
  return {
    async get(path, cookie) {
      let connection = next()
      while (!connection) {
        await new Promise<void>(free => waiting.push(free))
        connection = next()
      }
      const session = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
      const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${session}\r\n`
      const status = await connection.send(request).catch((error: unknown) => {
        // The server ended an idle one at the moment it was taken: as every client does, once more on another.
        if (!connection?.isUsed) throw error
        connection = open()
        return connection.send(request)
      })
      idle.push(connection)
      waiting.shift()?.()
      if (status !== 200) throw new Error(`${path} answers ${status}`)
    },
    close() {
      for (const socket of all) socket.destroy()
    },
  }
}

interface Connection {
  /** an answer has come on it before */
  readonly isUsed: boolean
  /** @returns the status */
  send(request: string): Promise<number>
}

const END_OF_HEAD = '\r\n\r\n'

function createConnection(socket: Socket): Connection {
  let current: { done: (status: number) => void; failed: (error: Error) => void } | undefined
  let head = ''
  let status = 0
  let missing = -1
  let isUsed = false
  const fail = (error: Error) => {
    current?.failed(error)
    current = undefined
  }
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  socket.on('data', chunk => {
    if (missing < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf(END_OF_HEAD)
      if (end < 0) return
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
      if (length === undefined) return fail(new Error('an answer without a length'))
      status = Number(head.slice(9, 12))
      missing = Number(length) - (head.length - end - END_OF_HEAD.length)
    } else missing -= chunk.length
    if (missing > 0) return
    const answered = current
    current = undefined
    head = ''
    missing = -1
    isUsed = true
    answered?.done(status)
  })
  return {
    get isUsed() {
      return isUsed
    },
    send: request =>
      new Promise((done, failed) => {
        current = { done, failed }
        socket.write(request)
      }),
  }
}
