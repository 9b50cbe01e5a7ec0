import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbedded } from '../../server/db/embedded.ts'
import { freePort, run, SERVER, until } from '../../tests/support/processes.ts'
import { newFolder, quietLog, type Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const READY_WITHIN_MS = 15_000

/** A server with the database it brings along: killed, then killed together with its database. */
export async function killWithOwnDatabase({ product }: Stage, verdicts: Verdicts): Promise<void> {
  const dataDir = await newFolder()
  const port = await freePort()
  const { DATABASE_URL: _elsewhere, ...env } = product.env
  const start = async () => {
    const began = performance.now()
    const server = run(SERVER, { ...env, PORT: String(port), DATA_DIR: dataDir })
    await until(
      async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
      'the server to be ready',
      60_000,
    ).catch(cause => {
      throw new Error(`it did not start: ${server.output().trim().split('\n').at(-1)}`, { cause })
    })
    return { ...server, tookMs: performance.now() - began }
  }
  const kill = async (server: Awaited<ReturnType<typeof start>>) => {
    const died = once(server.child, 'exit')
    server.child.kill('SIGKILL')
    await died
  }
  let last: Awaited<ReturnType<typeof start>> | undefined
  try {
    const first = (last = await start())
    const postmaster = () =>
      Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
    const before = postmaster()
    await kill(first)
    const second = (last = await start())
    verdicts.note(
      'P23 P25',
      postmaster() === before && second.tookMs <= READY_WITHIN_MS,
      `自带数据库：服务器被 kill -9，${(second.tookMs / 1000).toFixed(1)} 秒后接着用还活着的那个库`,
    )
    await kill(second)
    process.kill(postmaster(), 'SIGQUIT')
    const third = (last = await start())
    verdicts.note(
      'P23 P25',
      third.tookMs <= READY_WITHIN_MS,
      `连数据库一起被杀，${(third.tookMs / 1000).toFixed(1)} 秒后恢复`,
    )
  } finally {
    if (last) {
      const ended = once(last.child, 'exit')
      if (last.child.exitCode === null && last.child.signalCode === null) {
        last.child.kill('SIGTERM')
        await ended
      }
    }
    // Whatever became of the servers, their database ends here.
    await openEmbedded({ dataDir, log: quietLog }).then(
      left => left.close(),
      () => undefined,
    )
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Samples of documentation and empty values do not start a production process. */
export async function startWithSamples({ product }: Stage, verdicts: Verdicts): Promise<void> {
  const samples = ['SESSION_SECRET', 'WECOM_APP_SECRET']
  const production = { ...product.env, NODE_ENV: 'production', PUBLIC_URL: 'https://guidebar.example.com' }
  const told = []
  for (const name of samples) {
    const server = run(SERVER, {
      ...production,
      [name]: name === 'SESSION_SECRET' ? '' : 'sandbox-secret-not-a-real-one',
      PORT: String(await freePort()),
    })
    const [code] = (await once(server.child, 'exit')) as [number | null]
    told.push(code !== 0 && server.output().includes(name))
  }
  verdicts.note('P8', told.every(Boolean), `空的或示例的 ${samples.join('、')}：不启动，并说出是哪一个`)
}
