import { createHash, randomBytes, randomUUID } from 'node:crypto'
import autocannon from 'autocannon'
import pg from 'pg'
import { sealEvent } from '../sandbox/callbacks/envelope.ts'
import { writeEventXml } from '../sandbox/callbacks/eventXml.ts'
import { startBenchProduct, type BenchProduct } from './product.ts'
import { median, round, type Row } from './row.ts'

const EVENTS = Number(process.env.BENCH_EVENTS ?? 2_000)
const CONNECTIONS = 16
const ROUNDS = 3
const CORP_ID = 'ww5a9db0xguidebar01'
const AGENT_ID = 1000002
const KEYS = { token: 'benchOnlyToken', aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' }
/** The length of a sealed event. */
const BODY_BYTES = 400

/**
 * S6: callbacks a second: verified, opened, told from repeats, stored and queued in one transaction, answered; each about another
 * customer, the work that follows going on meanwhile. Against a plain append of such rows, one transaction each, into a table with
 * the same indexes, in turn.
 */
export async function measureCallbacks(): Promise<Row[]> {
  const product = await startBenchProduct({
    env: { WECOM_CALLBACK_TOKEN: KEYS.token, WECOM_CALLBACK_AES_KEY: KEYS.aesKey },
  })
  const pool = new pg.Pool({ connectionString: product.databaseUrl, max: CONNECTIONS })
  pool.on('error', () => undefined)
  try {
    await pool.query('create table bench_appended (like callback_events including all)')
    const ours: number[] = []
    const appended: number[] = []
    for (let turn = 0; turn <= ROUNDS; turn++) {
      const ingested = await ingest(product)
      const bare = await append(pool)
      // The first round warms the machine.
      if (turn === 0) continue
      ours.push(ingested)
      appended.push(bare)
    }
    return [
      {
        name: 'S6',
        what: `callbacks/s, ${EVENTS.toLocaleString('en')} different ones on ${CONNECTIONS} connections, a repeat adds none`,
        measured: `${Math.round(median(ours))}/s`,
        reference: `plain append by the bare driver ${Math.round(median(appended))}/s`,
        ratio: round(median(ours.map((rate, turn) => rate / (appended[turn] ?? Number.NaN)))),
        good: '≥ 0.4',
        moonshot: '≥ 0.8',
        readings: { ours: ours.map(Math.round), appended: appended.map(Math.round) },
      },
    ]
  } finally {
    await pool.end()
    await product.stop()
  }
}

/** @returns events a second. @throws Error unless each is there once, and a repeat adds nothing */
async function ingest(product: BenchProduct): Promise<number> {
  const stored = async () =>
    (await product.query<{ count: number }>('select count(*)::int as count from callback_events'))[0]
      ?.count ?? 0
  const before = await stored()
  const requests = Array.from({ length: EVENTS }, newRequest)
  const share = Math.ceil(EVENTS / CONNECTIONS)
  let lane = 0
  let lastAnswerAt = 0
  const started = performance.now()
  const result = await autocannon({
    url: product.serverUrl,
    connections: CONNECTIONS,
    amount: share * CONNECTIONS,
    setupClient: client => {
      client.setRequests(requests.slice(lane * share, (lane + 1) * share))
      lane++
      // It tells whole seconds only.
      client.on('response', () => (lastAnswerAt = performance.now()))
    },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} callbacks were not taken, ${result.errors} errors`)
  const [first] = requests
  const again = await fetch(`${product.serverUrl}${first?.path ?? ''}`, {
    method: 'POST',
    body: String(first?.body ?? ''),
  })
  const added = (await stored()) - before
  if (again.status !== 200 || added !== EVENTS)
    throw new Error(`${EVENTS} events and a repeat (${again.status}): ${added} are there`)
  return EVENTS / ((lastAnswerAt - started) / 1000)
}

/** A sealed event about a customer nobody has heard of. */
function newRequest(): autocannon.Request & { body: string } {
  const timestamp = Math.floor(Date.now() / 1000)
  const xml = writeEventXml(
    {
      event: 'change_external_contact',
      changeType: 'edit_external_contact',
      userId: 'chenlu',
      externalUserId: `wm${randomBytes(15).toString('hex')}`,
    },
    CORP_ID,
    timestamp,
  )
  const nonce = randomBytes(5).toString('hex')
  const { body, query } = sealEvent(xml, AGENT_ID, { ...KEYS, corpId: CORP_ID, timestamp, nonce })
  return { method: 'POST', path: `/wecom/callback?${new URLSearchParams(query).toString()}`, body }
}

async function append(pool: pg.Pool): Promise<number> {
  const body = randomBytes(BODY_BYTES)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, lane) => {
      for (let event = lane; event < EVENTS; event += CONNECTIONS) {
        const hash = createHash('sha256').update(randomUUID()).digest()
        await pool.query({
          name: 'append',
          text: `insert into bench_appended (corp_id, content_hash, event, change_type, subject, body_sealed, happened_at, received_at)
                 values (1, $1, 'change_external_contact', 'edit_external_contact', $2, $3, now(), now())`,
          values: [hash, `customer:wm${hash.toString('hex', 0, 15)}`, body],
        })
      }
    }),
  )
  const rate = EVENTS / ((performance.now() - started) / 1000)
  await pool.query('truncate bench_appended')
  return rate
}
