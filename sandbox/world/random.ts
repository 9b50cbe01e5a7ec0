/** A small seeded generator (sfc32), so that the make-believe corp is the same on every machine and every run. */
export interface Random {
  /** in [0, 1) */
  next(): number
  /** integer in [low, high], both included */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** `count` different items (fewer when there are not so many), in random order */
  sample<Item>(items: readonly Item[], count: number): Item[]
}

/** Four 32-bit words out of a text (cyrb128). */
function hashWords(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = b ^ Math.imul(a ^ unit, 597399067)
    b = c ^ Math.imul(b ^ unit, 2869860233)
    c = d ^ Math.imul(c ^ unit, 951274213)
    d = a ^ Math.imul(d ^ unit, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  return [(a ^ b ^ c ^ d) >>> 0, b >>> 0, c >>> 0, d >>> 0]
}

/** The same `seed` gives the same sequence; unlike seeds give unrelated ones. */
export function createRandom(seed: string): Random {
  let [a, b, c, d] = hashWords(seed)
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4294967296
  }
  for (let round = 0; round < 12; round++) next()
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    chance: probability => next() < probability,
    pick(items) {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    sample(items, count) {
      const rest = [...items]
      const taken = []
      while (taken.length < count && rest.length > 0)
        taken.push(...rest.splice(between(0, rest.length - 1), 1))
      return taken
    },
  }
}

const idLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * An id that looks like WeCom's: two letters of kind (`wm`, `wo`, `wr`, `et`), a part common to the corp, then noise; 32 characters.
 * The same `key` gives the same id always, whatever else the generator makes.
 */
export function stableId(kind: 'wm' | 'wo' | 'wr' | 'et', key: string): string {
  const random = createRandom(`${kind}:${key}`)
  let noise = ''
  while (noise.length < 22) noise += idLetters[random.between(0, idLetters.length - 1)]
  return `${kind}Jh7GbDAA${noise}`
}
