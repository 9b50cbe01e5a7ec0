import { describe, expect, it } from 'vitest'
import { inBatches } from '../../../../server/domains/sync/batches.ts'

/** Batches that end only when told to. */
function manualBatches({ parallel = 1, most = 100 }: { parallel?: number; most?: number } = {}) {
  const underWay: { items: string[]; end: (error?: Error) => void }[] = []
  const take = inBatches<string>({
    most,
    parallel,
    isOfOne: error => (error as Error).message === 'bad item',
    work: items =>
      new Promise((done, failed) =>
        underWay.push({ items, end: error => (error === undefined ? done() : failed(error)) }),
      ),
  })
  /** lets everything that is ready go on */
  const settle = () => new Promise(resolve => setImmediate(resolve))
  const outcomeOf = (taken: Promise<void>) =>
    taken.then(
      () => 'done',
      (error: Error) => error.message,
    )
  return { take: (item: string) => outcomeOf(take(item)), underWay, settle }
}

describe('work in batches', () => {
  it('begins at once, and what comes meanwhile is the next batch', async () => {
    const { take, underWay, settle } = manualBatches()
    const taken = ['a', 'b', 'c'].map(take)
    expect(underWay.map(({ items }) => items)).toEqual([['a']])
    underWay[0]?.end()
    await settle()
    expect(underWay.map(({ items }) => items)).toEqual([['a'], ['b', 'c']])
    underWay[1]?.end()
    expect(await Promise.all(taken)).toEqual(['done', 'done', 'done'])
  })

  it('takes no more at once than allowed, and leaves nobody behind', async () => {
    const { take, underWay, settle } = manualBatches({ parallel: 2, most: 2 })
    const taken = ['a', 'b', 'c', 'd', 'e'].map(take)
    expect(underWay.map(({ items }) => items)).toEqual([['a'], ['b']])
    for (let ended = 0; ended < underWay.length; ended++) {
      underWay[ended]?.end()
      await settle()
    }
    expect(underWay.map(({ items }) => items)).toEqual([['a'], ['b'], ['c', 'd'], ['e']])
    expect(await Promise.all(taken)).toEqual(['done', 'done', 'done', 'done', 'done'])
  })

  it('what is wrong with one of them keeps nobody else from being served', async () => {
    const { take, underWay, settle } = manualBatches()
    const taken = ['a', 'b', 'bad', 'c'].map(take)
    for (let ended = 0; ended < underWay.length; ended++) {
      const { items, end } = underWay[ended] ?? { items: [], end: () => undefined }
      end(items.includes('bad') ? new Error('bad item') : undefined)
      await settle()
    }
    expect(await Promise.all(taken)).toEqual(['done', 'done', 'bad item', 'done'])
  })

  it('what is wrong with the database is told to all at once, and the next are tried again', async () => {
    const { take, underWay, settle } = manualBatches()
    const taken = ['a', 'b', 'c'].map(take)
    underWay[0]?.end()
    await settle()
    underWay[1]?.end(new Error('gone'))
    expect(await Promise.all(taken)).toEqual(['done', 'gone', 'gone'])
    const later = take('d')
    underWay[2]?.end()
    expect(await later).toBe('done')
  })
})
