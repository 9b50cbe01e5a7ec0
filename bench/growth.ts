import { startBigProduct, type BigProduct, type Viewer } from './bigProduct.ts'
import { median, round, type Row } from './row.ts'

const SMALL = 10_000
const BIG = Number(process.env.BENCH_CUSTOMERS ?? 10_000_000)
const WARM_UP = 20
const SAMPLES = 150

type Known = Viewer['customers'][number]
interface Question {
  what: string
  /** the path, and what has to stand in the answer */
  ask(known: Known): { path: string; holds: string }
}

const questions: Question[] = [
  {
    what: 'card',
    ask: ({ externalUserId }) => ({
      path: `/api/customers/${externalUserId}/card`,
      holds: externalUserId,
    }),
  },
  { what: 'customer list page', ask: () => ({ path: '/api/customers', holds: '"externalUserId"' }) },
  { what: "guide's reminders", ask: () => ({ path: '/api/today', holds: '"reminderId"' }) },
  {
    what: 'search by name',
    ask: ({ name }) => ({ path: `/api/customers?q=${encodeURIComponent(name)}`, holds: name }),
  },
  {
    what: 'search by phone',
    ask: ({ phone, externalUserId }) => ({
      path: `/api/customers?q=${phone?.slice(-4) ?? ''}`,
      holds: externalUserId,
    }),
  },
]

/**
 * S4: the median wait at 10 M customers over the one at 10 k, of guides with equally many customers of their own; two databases and
 * two servers in one interleaved run.
 */
export async function measureGrowth(): Promise<Row[]> {
  const small = await startBigProduct(SMALL)
  try {
    const big = await startBigProduct(BIG)
    try {
      const rows: Row[] = []
      for (const question of questions) rows.push(await compare(question, small, big))
      return rows
    } finally {
      await big.stop()
    }
  } finally {
    await small.stop()
  }
}

async function compare(question: Question, small: BigProduct, big: BigProduct): Promise<Row> {
  const waits = { small: [] as number[], big: [] as number[] }
  for (let nth = 0; nth < WARM_UP + SAMPLES; nth++) {
    // In turn the one and the other first.
    const order = nth % 2 ? (['small', 'big'] as const) : (['big', 'small'] as const)
    for (const which of order) {
      const ms = await answerTime(which === 'small' ? small : big, question, nth)
      if (nth >= WARM_UP) waits[which].push(ms)
    }
  }
  return {
    name: 'S4',
    what: `p50 of ${question.what}, ${BIG.toLocaleString('en')} customers`,
    measured: `${round(median(waits.big))} ms`,
    reference: `${SMALL.toLocaleString('en')} customers ${round(median(waits.small))} ms`,
    ratio: round(median(waits.big) / median(waits.small)),
    good: '≤ 2',
    moonshot: '≤ 1.3',
  }
}

async function answerTime({ serverUrl, viewers }: BigProduct, question: Question, nth: number) {
  const viewer = viewers[nth % viewers.length]
  const withPhone = viewer?.customers.filter(({ phone }) => phone !== null) ?? []
  const known = withPhone[Math.floor(nth / viewers.length) % withPhone.length]
  if (!viewer || !known) throw new Error('nobody is there to be asked for')
  const { path, holds } = question.ask(known)
  const started = performance.now()
  const answer = await fetch(`${serverUrl}${path}`, { headers: { cookie: viewer.cookie } })
  const text = await answer.text()
  const took = performance.now() - started
  if (!answer.ok || !text.includes(holds)) throw new Error(`${path}: ${answer.status}, without ${holds}`)
  return took
}
