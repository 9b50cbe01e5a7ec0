import { Card } from '../shared/contract/customers.ts'
import { startBenchProduct } from './product.ts'
import { round, type Row } from './row.ts'
import { countStatements, type StatementCounter } from './statementCounter.ts'

const CARDS = 1_000

interface Call {
  api: string
  count: number
}

/**
 * S3: what one card costs behind the server, counted on the wire to the database and in WeCom's book of calls. What the jobs do
 * meanwhile is told apart by its text: it does not run once for every card.
 */
export async function measureCardCalls(): Promise<Row[]> {
  let counter: StatementCounter | undefined
  const product = await startBenchProduct({
    async databaseThrough(url) {
      counter = await countStatements(url)
      return counter.url
    },
  })
  try {
    const open = async () => {
      const answer = await fetch(`${product.serverUrl}/api/customers/${product.externalUserId}/card`, {
        headers: { cookie: product.cookie },
      })
      const { customer } = Card.parse(await answer.json())
      if (customer.externalUserId !== product.externalUserId) throw new Error('the card of somebody else')
    }
    const callsOf = async () =>
      (await product.control<Call[]>('GET', '/calls/totals')).reduce((sum, { count }) => sum + count, 0)
    await open()
    const callsBefore = await callsOf()
    counter?.take()
    for (let card = 0; card < CARDS; card++) await open()
    const executed = [...(counter?.take() ?? [])]
    const calls = (await callsOf()) - callsBefore
    const ofCard = executed.filter(([, count]) => count >= CARDS / 2)
    const ofJobs = executed.filter(([, count]) => count < CARDS / 2)
    const sum = (counted: [string, number][]) => counted.reduce((total, [, count]) => total + count, 0)
    return [
      {
        name: 'S3',
        what: `statements / WeCom calls per card, ${CARDS.toLocaleString('en')} cards opened`,
        measured: `${round(sum(ofCard) / CARDS)} / ${round(calls / CARDS)}`,
        reference: `by jobs in the same time ${sum(ofJobs)} statements`,
        good: '1 / 0',
        moonshot: '1 / 0',
      },
    ]
  } finally {
    await product.stop()
    counter?.close()
  }
}
