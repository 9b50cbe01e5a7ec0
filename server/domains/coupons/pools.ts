/** One pool of a template: so many pieces, so many of them out. */
export interface Pool {
  pool: number
  stock: number
  live: number
}

const MOST_POOLS = 32
/** Below this one pool does: whoever takes at once waits for one another no longer than a few takers. */
const LEAST_TO_SPREAD = 20
const LEAST_PER_POOL = 10

/** Into how many pools a stock is divided. */
export const poolCount = (stock: number): number =>
  stock < LEAST_TO_SPREAD ? 1 : Math.min(MOST_POOLS, Math.floor(stock / LEAST_PER_POOL))

export const totalOf = (pools: readonly Pool[], of: 'stock' | 'live'): number =>
  pools.reduce((sum, pool) => sum + pool[of], 0)

/**
 * The pools with another stock in all: what comes is put where least is free, in new pools too; what goes is taken from where
 * most is free. Pieces that are out stay where they are.
 * @throws RangeError when the stock would be below what is out
 */
export function restock(pools: readonly Pool[], stock: number): Pool[] {
  if (stock < totalOf(pools, 'live')) throw new RangeError('more pieces are out than the stock would be')
  const count = Math.max(pools.length, poolCount(stock))
  const next = Array.from(
    { length: count },
    (_, pool) => pools.find(known => known.pool === pool) ?? { pool, stock: 0, live: 0 },
  ).map(pool => ({ ...pool }))
  const free = stock - totalOf(next, 'live')
  // As even as the pieces that are out allow, which are free in no pool: all free ones are dealt anew.
  const share = Math.floor(free / count)
  const extra = free % count
  return next.map((pool, place) => ({ ...pool, stock: pool.live + share + (place < extra ? 1 : 0) }))
}
