import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StaffActor } from '../../server/actor.ts'
import { createRandom } from '../../sandbox/world/random.ts'
import { createBalancer, type Balancer } from '../../tests/support/balancer.ts'
import { end, run } from '../../tests/support/processes.ts'
import { wait } from './insist.ts'
import type { Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const GUIDES = 200
/** Whoever opens something every three seconds is very busy. */
const THINKING_MS = 3_000
const PATIENCE_MS = 10_000
/** Noisy turns, each between two quiet ones. Many and short: a machine that others share is twice as slow a minute later. */
const NOISY_TURNS = 12
/** The machine warms up for as long as so many. */
const WARM_TURNS = 3
/** Share of a turn, at its beginning, that is not weighed: then the client spends what it saved elsewhere, which one without pause never has. */
const SETTLING = 0.2
/** Of one session, which may ask ten times a second. */
const NOISE_PER_SECOND = 150
const PROMISED = { customers: 1_000_000, p95: 300, p99: 1_000, errors: 0.001, slower: 1.2 }

interface Guide {
  cookie: string
  customers: string[]
}

interface Read {
  /** since the guides began, in ms */
  at: number
  tookMs: number
  isRight: boolean
}

/**
 * So many customers, each of one of two hundred guides, who all work at the same time; one client asks without pause, in turn somewhere
 * else and here. The limits of paces are the real ones here.
 * @param turnMs how long the client stays at one place
 */
export async function crowd(
  stage: Stage,
  { customers, turnMs }: { customers: number; turnMs: number },
  verdicts: Verdicts,
): Promise<void> {
  const { product } = stage
  // These guides stand in no address book: nobody may look there meanwhile.
  await product.setFaults(
    { api: 'user/*', times: -1, errcode: -1 },
    { api: 'department/*', times: -1, errcode: -1 },
    { api: 'externalcontact/get_follow_user_list', times: -1, errcode: -1 },
  )
  await fill(stage, customers)
  for (const server of product.servers) await server.end()
  await Promise.all(
    product.servers.map(server => server.start({ REQUESTS_PER_SECOND: '10', LOG_LEVEL: 'warn' })),
  )
  const guides = await enterAll(stage)
  // A session of its own: she who works in the rounds between would be told to wait for what the noise has taken.
  const [noisyGuide] = await enterAll(stage, 1)
  await work(product.proxyUrl, guides, WARM_TURNS * turnMs)
  const elsewhere = await openElsewhere()
  // The client and the proxy take as much of this machine either way: what differs is what the product does for it.
  const noise = makeNoise([elsewhere.url, product.proxyUrl], noisyGuide, turnMs)
  const reads = await work(product.proxyUrl, guides, (2 * NOISY_TURNS + 1) * turnMs)
  const refused = await noise.stop()
  await elsewhere.close()
  const less =
    customers < PROMISED.customers
      ? `只有 ${customers} 位客户：承诺的是 ${PROMISED.customers} 位，加 --customers ${PROMISED.customers}`
      : undefined
  const turns = Array.from({ length: 2 * NOISY_TURNS + 1 }, (_, turn) =>
    reads.filter(({ at }) => at >= (turn + SETTLING) * turnMs && at < (turn + 1) * turnMs),
  )
  const quiet = turns.filter((_, turn) => turn % 2 === 0)
  const noisy = turns.filter((_, turn) => turn % 2 === 1)
  const calm = quiet.flat()
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map(share => Math.round(quantile(times(calm), share)))
  const wrong = reads.filter(({ isRight }) => !isRight).length
  verdicts.note(
    'P26',
    (p95 ?? Infinity) <= PROMISED.p95 &&
      (p99 ?? Infinity) <= PROMISED.p99 &&
      wrong / reads.length < PROMISED.errors,
    `${GUIDES} 位导购、${customers} 位客户、${product.servers.length} 台：${calm.length} 次读取，p50 ${p50}、p95 ${p95}、p99 ${p99} 毫秒，出错 ${wrong} 次`,
    less,
  )
  // Each against the turns before and after it: a machine that grows slower or quicker meanwhile is no noise of the client's.
  const ratios = noisy.map(
    (turn, place) => mean(times(turn)) / mean(times(quiet.slice(place, place + 2).flat())),
  )
  const [slower = Number.NaN, low, high] = [0.5, 0.25, 0.75].map(share => quantile(ratios, share))
  verdicts.note(
    'P26',
    slower <= PROMISED.slower && refused > 0,
    `一个会话每秒问 ${NOISE_PER_SECOND} 次（挡回 ${refused} 次）：其他人比它去问别处时慢到 ${slower.toFixed(2)} 倍（${NOISY_TURNS} 轮，半数在 ${low?.toFixed(2)}–${high?.toFixed(2)}；p95 ${Math.round(quantile(times(noisy.flat()), 0.95))} 毫秒）`,
    less,
  )
  await product.setFaults()
}

/**
 * Set-wise: customers with a friend, a date and three lines of timeline each. Every guide has got hers over three years, and their
 * days lie all over the year.
 */
async function fill({ product, corpId }: Stage, count: number): Promise<void> {
  console.log(`  放进 ${count} 位客户……`)
  await product.query(
    `insert into staff (corp_id, user_id, name, role, synced_at)
       select $1, 'drill' || n, '导购' || n, 'guide', now() from generate_series(1, $2::int) n on conflict do nothing`,
    [corpId, GUIDES],
  )
  const piece = 50_000
  for (let from = 1; from <= count; from += piece)
    await product.query(
      `with made as (
           insert into customers (corp_id, external_user_id, name, salutation, synced_at)
           select $1, 'wmDRILL' || lpad(n::text, 12, '0'), '客户' || n, '客户' || n || '姐', now()
           from generate_series($2::int, $3::int) n returning customer_id, name),
         guides as (select array_agg(staff_id order by staff_id) as ids from staff where user_id like 'drill%'),
         followed as (
           insert into follows (corp_id, staff_id, customer_id, added_at, add_way, search_key, sort_key, synced_at)
           select $1, guides.ids[1 + (customer_id % $4::int)::int], customer_id,
             now() - (customer_id / $4::int % 1000) * interval '1 day' - interval '1 hour', 1, name, name, now() from made, guides),
         dated as (
           insert into important_dates (date_id, corp_id, customer_id, kind, calendar, month, day, lead_days, next_on, remind_on, created_at)
           select gen_random_uuid(), $1, customer_id, 'birthday', 'solar', extract(month from day)::int, extract(day from day)::int, 14, day, day - 14, now()
           from made cross join lateral (select current_date + 20 + (customer_id / $4::int % 300)::int as day) d
           where not (extract(month from day) = 2 and extract(day from day) = 29))
         insert into touches (corp_id, customer_id, at, kind, actor, what)
         select $1, customer_id, now() - n * interval '9 days', 'profileChanged', 'system', '称呼'
         from made, generate_series(1, 3) n`,
      [corpId, from, Math.min(count, from + piece - 1), GUIDES],
    )
  // As it would be after the first night; not while the guides are timed.
  await product.query('vacuum analyze')
}

async function enterAll({ product, withMake, corpId }: Stage, count = GUIDES): Promise<Guide[]> {
  const rows = await product.query<{ staffId: number; userId: string; name: string; customers: string[] }>(
    `select s.staff_id as "staffId", s.user_id as "userId", s.name,
       array(select c.external_user_id from follows f join customers c using (customer_id)
             where f.staff_id = s.staff_id order by f.customer_id limit 300) as customers
     from staff s where s.user_id like 'drill%' order by s.staff_id limit $1`,
    [count],
  )
  const now = new Date()
  return withMake(async make => {
    const guides: Guide[] = []
    for (const { customers, ...row } of rows) {
      const actor: StaffActor = {
        kind: 'staff',
        corpId,
        role: 'guide',
        store: null,
        managedStoreIds: [],
        ...row,
      }
      const { token } = await make.session(actor, { createdAt: now })
      guides.push({ cookie: `guidebar=${token}`, customers })
    }
    return guides
  })
}

/** Each opens cards, her list and her day, and thinks in between. */
async function work(url: string, guides: Guide[], lastsMs: number): Promise<Read[]> {
  const reads: Read[] = []
  const start = Date.now()
  const until = start + lastsMs
  await Promise.all(
    guides.map(async ({ cookie, customers }, place) => {
      const random = createRandom(`crowd ${place} ${until}`)
      await wait(random.between(0, THINKING_MS))
      while (Date.now() < until) {
        const customer = `/api/customers/${random.pick(customers)}`
        const path = random.pick([
          ...Array.from({ length: 6 }, () => `${customer}/card`),
          `${customer}/timeline`,
          '/api/customers?limit=30',
          '/api/today',
        ])
        const at = Date.now() - start
        const began = performance.now()
        const isRight = await isAnswered(`${url}${path}`, cookie)
        reads.push({ at, tookMs: performance.now() - began, isRight })
        await wait(random.between(THINKING_MS / 2, THINKING_MS * 1.5))
      }
    }),
  )
  return reads
}

const isAnswered = async (url: string, cookie: string): Promise<boolean> => {
  try {
    const answer = await fetch(url, { headers: { cookie }, signal: AbortSignal.timeout(PATIENCE_MS) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    // Cut off, or too late: it counts as wrong.
    return false
  }
}

/** A server that tells everybody to wait, behind a proxy such as the product's: there the noisy client bothers nobody. */
async function openElsewhere(): Promise<Balancer> {
  const server = createServer((_incoming, outgoing) => outgoing.writeHead(429).end())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const proxy = await createBalancer([`http://127.0.0.1:${(server.address() as AddressInfo).port}`])
  return {
    url: proxy.url,
    async close() {
      await proxy.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/**
 * Asks at the first place, then at the second, and so on in turn, beginning now.
 * @returns from `stop`, how often the product told it to wait
 */
function makeNoise(
  places: [elsewhere: string, product: string],
  guide: Guide | undefined,
  turnMs: number,
): { stop(): Promise<number> } {
  const { child, output } = run('scripts/drill/noise.ts', {
    NOISE_URLS: places.map(url => `${url}/api/customers/${guide?.customers[0]}/card`).join(' '),
    NOISE_COOKIE: guide?.cookie ?? '',
    NOISE_PER_SECOND: String(NOISE_PER_SECOND),
    NOISE_SINCE: String(Date.now()),
    NOISE_TURN_MS: String(turnMs),
  })
  return {
    async stop() {
      await end(child)
      return Number(output())
    },
  }
}

const times = (reads: Read[]) => reads.filter(({ isRight }) => isRight).map(({ tookMs }) => tookMs)
const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length
const quantile = (numbers: number[], share: number) =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length * share)] ?? Number.NaN
