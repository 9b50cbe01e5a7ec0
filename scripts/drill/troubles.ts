import { randomBytes } from 'node:crypto'
import { sealEvent } from '../../sandbox/callbacks/envelope.ts'
import { writeEventXml } from '../../sandbox/callbacks/eventXml.ts'
import { createActors } from '../../tests/support/randomActions.ts'
import { until } from '../../tests/support/processes.ts'
import { seededRandom } from '../../tests/support/seededRandom.ts'
import type { ServerProcess } from '../../tests/support/twoServers.ts'
import { ANSWER_WITHIN_MS, insist, tryOnce, wait } from './insist.ts'
import type { Load } from './load.ts'
import type { Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const READY_WITHIN_MS = 15_000
const RECOVERED_WITHIN_MS = 10_000
const LOCAL_WITHIN_MS = 1_000
const ACTS = 80
const FORGERIES = 200

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return Math.round(performance.now() - began)
}
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} 秒`

export interface Trouble {
  stage: Stage
  load: Load
  verdicts: Verdicts
}

/** kill -9, and up again; then every server after the other as in an upgrade. */
export async function killAndRoll({ stage: { product }, load, verdicts }: Trouble): Promise<void> {
  const [victim] = product.servers
  await load.during('kill -9', async () => {
    await victim.kill()
    await wait(1_000)
    const took = await timed(() => victim.start())
    verdicts.note('P25', took <= READY_WITHIN_MS, `kill -9 之后 ${seconds(took)} 又能接请求`)
  })
  for (const [place, server] of product.servers.entries())
    await load.during('rolling restart', () => restart(server, place, verdicts))
}

async function restart(server: ServerProcess, place: number, verdicts: Verdicts): Promise<void> {
  const ended = await timed(() => server.end())
  const took = await timed(() => server.start())
  verdicts.note(
    'P25',
    ended <= READY_WITHIN_MS && took <= READY_WITHIN_MS,
    `第 ${place + 1} 台 SIGTERM 后 ${seconds(ended)} 停好，${seconds(took)} 起好`,
  )
}

/** The database is killed under everybody's hands. */
export async function crashDatabase({ stage, load, verdicts }: Trouble): Promise<void> {
  const { product, guides } = stage
  const [guide] = guides
  const pids = product.servers.map(server => server.pid())
  const silences = load.silences()
  await load.during('database', async () => {
    stage.crashDatabase()
    const back = await timed(() => until(() => product.query('select 1'), 'the database to be back', 60_000))
    const again = await timed(() =>
      until(
        async () => {
          if (!guide) return true
          const answers = await Promise.all(product.servers.map(() => tryOnce(guide, 'GET', '/api/today')))
          return answers.every(answer => typeof answer === 'object' && answer.status === 200)
        },
        'all servers to answer again',
        60_000,
      ),
    )
    verdicts.note(
      'P22',
      again <= RECOVERED_WITHIN_MS,
      `数据库 ${seconds(back)} 后回来，再过 ${seconds(again)} 每台都正常`,
    )
  })
  verdicts.note('P22', load.silences() === silences, `数据库不在时没有请求等过 ${ANSWER_WITHIN_MS / 1000} 秒`)
  verdicts.note(
    'P22',
    product.servers.every((server, place) => server.isAlive() && server.pid() === pids[place]),
    '没有一台因为数据库重启而退出',
  )
}

/** WeCom answers 500, then says that it was asked too often; and its tokens run out. Guides must not notice. */
export async function wecomOutage({ stage, load, verdicts }: Trouble, lastsMs: number): Promise<void> {
  const { product, guides } = stage
  const [guide] = guides
  const [own] = await product.query<{ id: string }>(
    `select c.external_user_id as id from customers c join follows f using (customer_id) join staff s using (staff_id)
     where s.user_id = $1 and f.status = 'active' order by c.customer_id desc limit 1`,
    [guide?.userId ?? ''],
  )
  const remark = `/api/customers/${own?.id}/remark`
  load.takeReads()
  await product.setFaults({ api: '*', times: -1, break: 'http500' })
  if (guide) {
    const answer = await insist(
      guide,
      'PATCH',
      remark,
      { remark: '外面断了' },
      randomBytes(12).toString('hex'),
    )
    const says = JSON.stringify(answer.body)
    verdicts.note(
      'P18',
      answer.status === 200 && !says.includes('"done"'),
      '企业微信全是 500 时：写下了，没有说已同步',
    )
  }
  await wait(lastsMs / 2)
  await product.setFaults({ api: 'externalcontact/remark', times: 3, errcode: 45009 })
  await wait(lastsMs / 2)
  await product.setFaults()
  const reads = load.takeReads().sort((one, other) => one - other)
  const p95 = Math.round(reads[Math.floor(reads.length * 0.95)] ?? Number.NaN)
  verdicts.note('P18', p95 < LOCAL_WITHIN_MS, `其间 ${reads.length} 次读取，p95 ${p95} 毫秒`)

  const before = await product.countCalls('gettoken')
  await product.control('POST', '/tokens/expire', { what: 'tokens' })
  await wait(Math.max(3_000, lastsMs / 4))
  await until(
    async () => {
      await product.letWaitsPass()
      return (await product.query(`select from outbox where state in ('waiting', 'sending')`)).length < 40
    },
    'the outbox to empty',
    60_000,
  ).catch(() => undefined)
  const fetched = (await product.countCalls('gettoken')) - before
  verdicts.note(
    'P19',
    fetched >= 1 && fetched <= 2,
    `令牌过期后，${product.servers.length} 台一共只取了 ${fetched} 次`,
  )
}

/** People act in WeCom, which tells twice and out of order, while somebody forges. */
export async function callbackFlood(
  { stage, verdicts }: Trouble,
  isQuietWith: ReadonlySet<string>,
): Promise<void> {
  const { product } = stage
  await product.control('DELETE', '/callbacks')
  const actors = await createActors(product, seededRandom('drill callbacks'), { isQuietWith })
  await product.control('PATCH', '/callbacks/switches', {
    duplicates: 2,
    holdCount: 8,
    holdOrder: 'shuffled',
    parallel: 4,
  })
  const events = async () =>
    (await product.query<{ n: number }>('select count(*)::int as n from callback_events'))[0]?.n ?? 0
  const before = await events()
  const [forged] = await Promise.all([forge(stage), actors.doSome(ACTS)])
  await product.control('PATCH', '/callbacks/switches', { holdCount: 0, duplicates: 0 })
  await product.control('GET', '/callbacks/idle')
  verdicts.note(
    'P15',
    forged.ways.length === 1 && forged.taken === 0,
    `${FORGERIES} 份伪造的回调一份没收，回答都一样（${forged.ways.join(' / ')}）`,
  )
  const lines = await product.callbackLines()
  const genuine = new Set(lines.map(({ xml }) => xml)).size
  const stored = (await events()) - before
  const taken = lines.filter(({ outcome }) => outcome === 200)
  verdicts.note('P17', taken.length > 0, `${lines.length} 次回调，${taken.length} 次回答 200`)
  verdicts.note('P16 P17', stored === genuine, `${genuine} 件不同的事，每件至少告诉三遍：存下 ${stored} 件`)
}

interface Forged {
  ways: string[]
  /** answered as if it had been taken in */
  taken: number
}

async function forge({ product }: Stage): Promise<Forged> {
  const {
    WECOM_CALLBACK_TOKEN: token = '',
    WECOM_CALLBACK_AES_KEY: aesKey = '',
    WECOM_CORP_ID: corpId = '',
  } = product.env
  const sealed = (change: Partial<{ token: string; corpId: string }>) => {
    const timestamp = Math.floor(Date.now() / 1000)
    const event = {
      event: 'change_external_contact',
      changeType: 'del_follow_user',
      userId: 'chenlu',
      externalUserId: `wm${randomBytes(15).toString('hex')}`,
    } as const
    const nonce = randomBytes(5).toString('hex')
    return sealEvent(writeEventXml(event, change.corpId ?? corpId, timestamp), 1000002, {
      token,
      aesKey,
      corpId,
      timestamp,
      nonce,
      ...change,
    })
  }
  const kinds = [
    () => sealed({ token: 'AnotherToken' }),
    () => sealed({ corpId: 'wwanothercorp' }),
    () => ({ ...sealed({}), body: `<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;&a;</Encrypt></xml>` }),
    () => {
      const genuine = sealed({})
      return { ...genuine, body: genuine.body.replace(/.{4}(?=]]><\/Encrypt>)/, 'AAAA') }
    },
    () => ({ ...sealed({}), body: '<xml><Encrypt>' }),
  ]
  const ways = new Map<string, number>()
  let taken = 0
  for (let turn = 0; turn < FORGERIES; turn += kinds.length) {
    const answers = await Promise.all(
      kinds.map(async kind => {
        const { body, query } = kind()
        const path = `/wecom/callback?${new URLSearchParams(query).toString()}`
        const answer = await fetch(`${product.proxyUrl}${path}`, { method: 'POST', body })
        // A request's own number is the one thing that differs.
        const text = (await answer.text()).replace(/[0-9a-f-]{36}/g, '')
        if (answer.status === 200) taken++
        return `${answer.status} ${text.length} 字节`
      }),
    )
    for (const way of answers) ways.set(way, (ways.get(way) ?? 0) + 1)
  }
  return { ways: [...ways.keys()], taken }
}
