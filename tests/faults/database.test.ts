import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openEmbedded, type Embedded } from '../../server/db/embedded.ts'
import { createDelayProxy, type DelayProxy } from '../support/delayProxy.ts'
import { readIntentions, unfulfilled, type Intention } from '../support/customerChanges.ts'
import { until } from '../support/processes.ts'
import { lostBefore, sameOnBothSides, unheardOf } from '../support/sameOnBothSides.ts'
import type { Answer, SignedIn } from '../support/signIn.ts'
import { startTwoServers, type TwoServers } from '../support/twoServers.ts'

const ANSWER_WITHIN_MS = 5_000
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

let dataDir: string
let cluster: Embedded
let proxy: DelayProxy
let product: TwoServers
let guides: SignedIn[]
let unheard: Set<string>
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'guidebar-fault-database-'))
  await chmod(dataDir, 0o755)
  // A cluster of its own, to be crashed; unlike that of the other tests it keeps what it has acknowledged.
  cluster = await openEmbedded({ dataDir, log: quiet, settings: { max_connections: '100' } })
  proxy = await createDelayProxy(cluster.url)
  product = await startTwoServers({
    database: { url: proxy.url, lookUrl: cluster.url },
    // WeCom's own pause between tries is longer than a restart of the database.
    sandbox: { SANDBOX_CALLBACK_RETRY_MS: '4000' },
  })
  unheard = await lostBefore(product)
  guides = []
  for (const userId of ['chenlu', 'zhoumin', 'linxiaoyu', 'guoqian'])
    guides.push(await product.signIn(userId))
})
afterAll(async () => {
  await product?.stop()
  await proxy?.close()
  await cluster?.close()
  await rm(dataDir, { recursive: true, force: true })
})
beforeEach(() => product.control('DELETE', '/callbacks'))

const isRefusedForNow = ({ status, headers }: Answer) => status === 503 && headers.has('Retry-After')

/**
 * Guides change remarks without a pause, while people act in WeCom, until `meanwhile` is over.
 * @returns how each request ended
 */
async function changeDuring(
  intentions: Intention[],
  meanwhile: (answers: Answer[]) => Promise<void>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  let isOver = false
  const busy = Promise.all(
    guides.map(async guide => {
      const own = intentions.filter(intention => intention.guide === guide)
      for (let turn = 0; !isOver; turn++) {
        const intention = own[turn % own.length]
        if (!intention) return
        const remark = `第${answers.length}次`
        const path = `/api/customers/${intention.externalUserId}/remark`
        const answer = await guide.ask('PATCH', path, { remark }, { deadlineMs: ANSWER_WITHIN_MS })
        answers.push(answer)
        if (answer.status === 200) intention.remark = remark
        // Unlike a refusal of the request itself, it may have come after the change was written.
        else await makeSure(intention, path)
        await guide
          .ask('GET', '/api/today', undefined, { deadlineMs: ANSWER_WITHIN_MS })
          .then(read => answers.push(read))
      }
    }),
  )
  try {
    await meanwhile(answers)
  } finally {
    isOver = true
  }
  await busy
  return answers
}

/** The guide tries again until she has her answer. */
async function makeSure(intention: Intention, path: string): Promise<void> {
  await intention.guide.change('PATCH', path, { remark: intention.remark }, crypto.randomUUID())
}

/** Some customers nobody of ours is busy with. */
const othersThan = (intentions: Intention[]) =>
  product.query<{ userId: string; externalUserId: string }>(
    `select s.user_id as "userId", c.external_user_id as "externalUserId"
     from follows f join staff s on s.staff_id = f.staff_id join customers c on c.customer_id = f.customer_id
     where f.status = 'active' and f.half_added_at is null and not c.external_user_id = any($1)
     order by f.follow_id limit 5`,
    [intentions.map(({ externalUserId }) => externalUserId)],
  )

const lived = () => product.servers.every(server => server.isAlive())

async function allIsThere(intentions: Intention[]): Promise<void> {
  await until(
    async () => {
      await product.letWaitsPass()
      await product.quiet(3_000)
      return true
    },
    'everything to arrive',
    60_000,
  )
  for (const pair of unheardOf(await product.callbackLines())) unheard.add(pair)
  expect(await unfulfilled(product, intentions)).toEqual([])
  await sameOnBothSides(product, unheard)
}

describe('P22 the database', () => {
  it.each([
    [
      'crashes and comes back',
      async () => {
        const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
        process.kill(pid, 'SIGQUIT')
      },
      async () => undefined,
      // PostgreSQL has to be started and to recover first.
      20_000,
    ],
    ['is cut off and reachable again', async () => proxy.cut(), async () => proxy.mend(), 10_000],
  ])(
    '%s: requests are refused for a moment, nothing acknowledged is lost, WeCom tells again',
    async (name, breakIt, mendIt, backWithinMs) => {
      const { intentions } = await readIntentions(product, guides, 3)
      const pids = product.servers.map(server => server.pid())
      const others = await othersThan(intentions)
      const answers = await changeDuring(intentions, async so => {
        await until(async () => so.length >= 10, 'requests to be on their way')
        await breakIt()
        for (const pair of others) await product.act('guide-edits', { ...pair, remark: name.slice(0, 8) })
        await until(async () => so.some(isRefusedForNow), 'somebody to be refused')
        await mendIt()
        const refused = so.length
        await until(
          async () => so.slice(refused).filter(({ status }) => status === 200).length >= 10,
          'requests to succeed again',
          backWithinMs,
        )
      })
      expect(new Set(answers.filter(answer => !isRefusedForNow(answer)).map(({ status }) => status))).toEqual(
        new Set([200]),
      )
      expect(lived() && product.servers.map(server => server.pid())).toEqual(pids)
      await allIsThere(intentions)
      const lines = await product.callbackLines()
      expect(others).toHaveLength(5)
      expect(lines.filter(({ outcome }) => outcome !== 200).map(({ outcome }) => outcome)).toSatisfy(
        (outcomes: unknown[]) => outcomes.every(outcome => typeof outcome === 'number' && outcome >= 500),
      )
    },
  )
})
