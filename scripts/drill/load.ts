import { randomUUID } from 'node:crypto'
import { createRandom } from '../../sandbox/world/random.ts'
import type { Answer, SignedIn } from '../../tests/support/signIn.ts'
import type { Intention } from '../../tests/support/customerChanges.ts'
import { codeOf, insist, inWords, isForNow, isInFlight, tryOnce, wait, type Ending } from './insist.ts'

/** A write somebody has said yes to. */
export interface Written {
  what: 'date' | 'send' | 'coupon'
  /** stands in the row, and in no other */
  mark: string
  id: string
}

export interface Load {
  /** While something is broken on purpose, clients may be told to come again. */
  during<T>(trouble: string, work: () => Promise<T>): Promise<T>
  counts(): { asked: number; forNow: number; replayed: number; written: number }
  /** endings nobody may meet, and no more than a few of each kind */
  wrong(): string[]
  silences(): number
  /** answers of reads since the last time, in milliseconds */
  takeReads(): number[]
  written: Written[]
  /** Ends when every intention under way has its answer. */
  stop(): Promise<void>
}

const ABREAST = 2
const PAUSE_MS = 25
const REPEATED = 0.1
/** A yes, or a no of the business. */
const ORDINARY = new Set([200, 201, 204])
const REFUSALS = new Set(['coupon_already_granted', 'coupon_sold_out', 'limit_reached', 'state_conflict'])

/** Guides at work: cards, lists, reminders, dates, messages and coupons, each write an intention of its own, until `stop`. */
export function startLoad(guides: SignedIn[], intentions: Intention[], templateId: string): Load {
  let isOver = false
  let trouble: string | undefined
  let silent = 0
  const reads: number[] = []
  const counts = { asked: 0, forNow: 0, replayed: 0, written: 0 }
  const wrong = new Map<string, number>()
  const written: Written[] = []
  let marks = 0
  const blame = (words: string) => void wrong.set(words, (wrong.get(words) ?? 0) + 1)

  function heard(what: string, ending: Ending): void {
    counts.asked++
    if (ending === 'silence') silent++
    else if (isForNow(ending)) {
      counts.forNow++
      if (trouble === undefined) blame(`${what}: ${inWords(ending)} while nothing was broken`)
    } else if (typeof ending === 'object' && !isInFlight(ending) && !isOrdinary(ending))
      blame(`${what}: ${inWords(ending)}`)
  }
  const isOrdinary = (answer: Answer) => ORDINARY.has(answer.status) || REFUSALS.has(codeOf(answer))

  async function read(who: SignedIn, what: string, path: string): Promise<void> {
    const began = performance.now()
    const ending = await tryOnce(who, 'GET', path)
    heard(what, ending)
    if (typeof ending === 'object' && ending.status === 200) reads.push(performance.now() - began)
  }

  /** @returns the body of a yes */
  async function write<T>(
    who: SignedIn,
    what: string,
    [method, path, body]: [string, string, object],
    repeats: boolean,
  ): Promise<T | undefined> {
    const key = randomUUID()
    const ask = () => insist(who, method, path, body, key, ending => heard(what, ending))
    const answer = await ask()
    if (repeats) {
      const again = await ask()
      counts.replayed++
      if (again.status !== answer.status || idIn(again) !== idIn(answer))
        blame(`${what}: ${inWords(answer)}, and with the same key ${inWords(again)}`)
      if (answer.status < 300 && again.headers.get('Idempotency-Replayed') !== 'true')
        blame(`${what}: done again with the same key`)
    }
    if (answer.status >= 300) return undefined
    counts.written++
    return answer.body as T
  }

  async function work(who: SignedIn, lane: number): Promise<void> {
    const random = createRandom(`load ${who.userId} ${lane} ${Date.now()}`)
    const own = intentions.filter(({ guide }, place) => guide === who && place % ABREAST === lane)
    while (!isOver) {
      const intention = random.pick(own)
      const customer = `/api/customers/${intention.externalUserId}`
      const mark = `练${who.userId}${lane}-${++marks}`
      const repeats = random.chance(REPEATED)
      const act = random.pick([
        ...Array.from({ length: 5 }, () => () => read(who, 'card', `${customer}/card`)),
        () => read(who, 'list', '/api/customers?limit=30'),
        () => read(who, 'today', '/api/today'),
        () => read(who, 'timeline', `${customer}/timeline`),
        () => read(who, 'scripts', '/api/scripts'),
        async () => {
          const answer = await write<object>(
            who,
            'remark',
            ['PATCH', `${customer}/remark`, { remark: mark }],
            repeats,
          )
          if (answer) intention.remark = mark
        },
        async () => {
          const [month, day] = [random.between(1, 12), random.between(1, 28)]
          const date = { person: null, kind: 'other', label: mark, date: { calendar: 'solar', month, day } }
          const made = await write<{ dateId: string }>(
            who,
            'date',
            ['POST', `${customer}/dates`, date],
            repeats,
          )
          if (made) written.push({ what: 'date', mark, id: made.dateId })
        },
        async () => {
          const draft = { title: mark, confirmed: true, parts: [{ kind: 'text', text: '您好' }] }
          const sent = await write<{ sendId: string }>(
            who,
            'send',
            ['POST', `${customer}/sends`, draft],
            repeats,
          )
          if (!sent) return
          written.push({ what: 'send', mark, id: sent.sendId })
          const results = { results: [{ index: 0, outcome: 'ok' }] }
          await write(who, 'sent', ['PATCH', `${customer}/sends/${sent.sendId}`, results], repeats)
        },
        async () => {
          const wish = { templateId, externalUserId: intention.externalUserId, reminderId: null }
          const held = await write<{ couponId: string }>(
            who,
            'reserve',
            ['POST', '/api/coupons', wish],
            repeats,
          )
          if (!held) return
          written.push({ what: 'coupon', mark, id: held.couponId })
          const end = random.pick(['confirm', 'release'])
          const told = end === 'release' ? { outcome: 'cancelled' } : {}
          await write(who, end, ['POST', `/api/coupons/${held.couponId}/${end}`, told], repeats)
        },
      ])
      await act()
      await wait(PAUSE_MS)
    }
  }

  const lanes = guides.flatMap(who =>
    Array.from({ length: ABREAST }, (_, lane) =>
      work(who, lane).catch((error: unknown) =>
        blame(error instanceof Error ? error.message : String(error)),
      ),
    ),
  )
  return {
    async during(name, during) {
      trouble = name
      try {
        return await during()
      } finally {
        // Requests that began meanwhile may still meet it.
        await wait(ANSWERS_OF_THEN_MS)
        trouble = undefined
      }
    },
    counts: () => ({ ...counts }),
    wrong: () => [...wrong].map(([words, times]) => (times > 1 ? `${words} ×${times}` : words)),
    silences: () => silent,
    takeReads: () => reads.splice(0),
    written,
    async stop() {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

const ANSWERS_OF_THEN_MS = 2_000

const idIn = ({ body }: Answer): string => {
  const of = (body ?? {}) as Record<string, unknown>
  return String(of.couponId ?? of.sendId ?? of.dateId ?? '')
}
