import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface DelayProxy {
  /** the target's url with the proxy's address in it */
  url: string
  /** Milliseconds each packet waits in either direction, from now on. */
  delay(milliseconds: number): void
  /** Cuts all connections; new ones are refused until `mend`. */
  cut(): void
  /** Keeps connections open and swallows what they carry, as a dropped network does, until `mend`. */
  silence(): void
  mend(): void
  close(): Promise<void>
}

/** A TCP proxy before the database (or any other server) whose network can be made slow, silent or dead. */
export async function createDelayProxy(target: string): Promise<DelayProxy> {
  const { hostname, port } = new URL(target)
  let delayMs = 0
  let mode: 'open' | 'cut' | 'silent' = 'open'
  const sockets = new Set<Socket>()

  const pass = (from: Socket, to: Socket) => {
    // A timer per packet would let a shorter delay overtake a longer one.
    let last = Promise.resolve()
    from.on('data', chunk => {
      if (mode === 'silent') return
      const due = Date.now() + delayMs
      last = last.then(async () => {
        const wait = due - Date.now()
        if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
        if (to.writable) to.write(chunk)
      })
    })
    from.on('close', () => to.destroy())
    // Whoever sits at the other end sees the connection close; that is the proxy's whole answer.
    from.on('error', () => to.destroy())
  }

  const server = createServer(inner => {
    if (mode === 'cut') return inner.destroy()
    const outer = connect(Number(port), hostname)
    for (const socket of [inner, outer]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    pass(inner, outer)
    pass(outer, inner)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const cutAll = () => sockets.forEach(socket => socket.destroy())
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    delay: milliseconds => (delayMs = milliseconds),
    cut() {
      mode = 'cut'
      cutAll()
    },
    silence: () => (mode = 'silent'),
    mend: () => (mode = 'open'),
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      cutAll()
      await closed
    },
  }
}
