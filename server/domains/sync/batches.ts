export interface Batches<Item> {
  /** the most that is done at once */
  most: number
  /** how many batches may be under way */
  parallel: number
  /** Whether something may be the fault of one item among many: each is then tried alone. */
  isOfOne: (error: unknown) => boolean
  work: (items: Item[]) => Promise<void>
}

/**
 * For work that costs hardly more for many than for one: what comes while a batch is under way is the next batch. Nobody waits
 * for company.
 * @returns does one item; throws what its batch has thrown
 */
export function inBatches<Item>({ most, parallel, isOfOne, work }: Batches<Item>) {
  const waiting: { item: Item; done: () => void; failed: (error: unknown) => void }[] = []
  let underWay = 0

  async function workBatch(batch: typeof waiting): Promise<void> {
    try {
      await work(batch.map(({ item }) => item))
      for (const { done } of batch) done()
    } catch (error) {
      if (batch.length > 1 && isOfOne(error)) await Promise.all(batch.map(one => workBatch([one])))
      else for (const { failed } of batch) failed(error)
    }
  }
  async function workAll(): Promise<void> {
    underWay++
    while (waiting.length > 0) await workBatch(waiting.splice(0, most))
    underWay--
  }
  return (item: Item): Promise<void> =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (underWay < parallel) void workAll()
    })
}
