import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { isDatabaseUnavailable } from '../../../server/db/failures.ts'
import { waitForDatabase } from '../../../server/db/waitForDatabase.ts'
import { freePort } from '../../support/processes.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let test: TestDb
const servers: Server[] = []
beforeAll(async () => {
  test = await createTestDb()
})
afterEach(() => servers.splice(0).forEach(server => server.close()))
afterAll(() => test.drop())

/** The test's database under another port. */
function behind(port: number): string {
  const url = new URL(test.url)
  url.port = String(port)
  return url.href
}
async function listen(port: number, onConnection: Parameters<typeof createServer>[1]): Promise<void> {
  const server = createServer(onConnection).listen(port, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
}

it('P22 P25 a start says at once that there is no database yet, and goes on when it comes', async () => {
  const port = await freePort()
  const told: string[] = []
  let came: Promise<void> | undefined
  await waitForDatabase(behind(port), {
    tell(words) {
      told.push(words)
      came = listen(port, socket => {
        const through = connect(Number(new URL(test.url).port), '127.0.0.1')
        socket.pipe(through).pipe(socket)
        socket.on('error', () => through.destroy())
        through.on('error', () => socket.destroy())
      })
    },
  })
  await came
  expect(told).toEqual(['数据库还连不上，再等 12 秒：没有人在那个端口上'])
})

it('P22 P25 one that takes the connection and says nothing is not waited for without end', async () => {
  const port = await freePort()
  await listen(port, socket => socket.on('error', () => undefined))
  const told: string[] = []
  const failure: unknown = await waitForDatabase(behind(port), {
    tell: words => void told.push(words),
    patienceMs: 3_000,
  }).catch((error: unknown) => error)
  expect(isDatabaseUnavailable(failure)).toBe(true)
  expect(told).toEqual(['数据库还连不上，再等 3 秒：没有回应'])
})

it('what waiting does not mend is said at once', async () => {
  const told: string[] = []
  const elsewhere = new URL(test.url)
  elsewhere.pathname = '/no_such_database'
  await expect(
    waitForDatabase(elsewhere.href, { tell: words => void told.push(words) }),
  ).rejects.toMatchObject({ code: '3D000' })
  expect(told).toEqual([])
})
