import { createRandom, type Random } from '../../sandbox/world/random.ts'

/** Another sequence at every run; `FAULT_SEED`, printed with each, repeats one. */
export function seededRandom(what: string): Random {
  const seed = process.env.FAULT_SEED ?? String(Date.now() % 1_000_000)
  console.info(`${what}: FAULT_SEED=${seed}`)
  return createRandom(`${what} ${seed}`)
}
