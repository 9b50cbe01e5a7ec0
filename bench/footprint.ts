import { end } from '../tests/support/processes.ts'
import { asStatement, spawnBare, untilAnswer } from './bareProcess.ts'
import { startBigProduct } from './bigProduct.ts'
import { cardRequest, load, openingsOf, statementOfCard } from './cardLoad.ts'
import { residentMiB } from './memory.ts'
import { median, round, type Row } from './row.ts'

const CUSTOMERS = 10_000
const ROUNDS = 3

/**
 * M1: memory of the server's process with a database elsewhere, before and after the load of S1, against bare Hono with a pool of
 * the same size that runs the card's statement under the same load in turn.
 */
export async function measureFootprint(): Promise<Row[]> {
  const product = await startBigProduct(CUSTOMERS)
  try {
    const first = product.externalUserId
    const statement = await statementOfCard(product, first)
    const bare = await spawnBare({ ...asStatement(statement, first), DATABASE_URL: product.databaseUrl })
    try {
      await untilAnswer(`${bare.url}/card`, first)
      await untilAnswer(`${product.serverUrl}/api/customers/${first}/card`, first, product.cookie)
      const both = () => ({ ours: residentMiB(product.serverPid), bare: residentMiB(bare.child.pid ?? 0) })
      const idle = both()
      const requests = openingsOf(product.viewers).map(cardRequest)
      const after: { ours: number; bare: number }[] = []
      for (let turn = 0; turn < ROUNDS; turn++) {
        await load(product.serverUrl, requests)
        await load(bare.url, [{ method: 'GET', path: '/card' }])
        after.push(both())
      }
      const loaded = { ours: median(after.map(one => one.ours)), bare: median(after.map(one => one.bare)) }
      const rowOf = (what: string, { ours, bare: floor }: typeof idle, readings?: Row['readings']): Row => ({
        name: 'M1',
        what: `memory of the server (RSS), ${what}`,
        measured: `${ours} MiB`,
        reference: `bare Hono with a pool ${floor} MiB`,
        ratio: round(ours / floor),
        good: '≤ 1.8',
        moonshot: '≤ 1.25',
        ...(readings ? { readings } : {}),
      })
      return [
        rowOf('idle after its start', idle),
        rowOf('after the load of S1', loaded, {
          ours: after.map(one => one.ours),
          bare: after.map(one => one.bare),
        }),
      ]
    } finally {
      await end(bare.child)
    }
  } finally {
    await product.stop()
  }
}
