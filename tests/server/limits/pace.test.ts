import { describe, expect, it } from 'vitest'
import { createPace } from '../../../server/limits/pace.ts'

/** A pace whose clock the test moves. */
function paced(rule = { perSecond: 10, burst: 30 }, most?: number) {
  let now = 0
  const pace = createPace(rule, { now: () => now, most })
  const takeMany = (key: string, count: number) => Array.from({ length: count }, () => pace.take(key))
  return { pace, takeMany, later: (milliseconds: number) => (now += milliseconds) }
}

describe('a pace', () => {
  it('tells of those who took most when invented keys come by the thousand', () => {
    const { pace, takeMany } = paced()
    takeMany('noisy', 5)
    for (let key = 0; key < 5_000; key++) pace.take(`invented ${key}`)
    const told = pace.untold()
    expect(told.size).toBe(2_000)
    expect(told.get('noisy')).toBe(500)
    expect(pace.untold().size).toBe(0)
  })

  it('a flood of keys pushes out itself before anybody who goes on asking', () => {
    const { pace, takeMany } = paced({ perSecond: 10, burst: 3 }, 10)
    takeMany('guide', 2)
    for (let key = 0; key < 9; key++) pace.take(`invented ${key}`)
    expect(pace.take('guide')).toBe(0)
    for (let key = 0; key < 9; key++) pace.take(`more ${key}`)
    expect(pace.take('guide')).toBeGreaterThan(0)
  })

  it('lets thirty through on end, and then ten a second', () => {
    const { takeMany, later } = paced()
    expect(takeMany('a', 31)).toEqual([...Array<number>(30).fill(0), 1])
    later(1_000)
    expect(takeMany('a', 11)).toEqual([...Array<number>(10).fill(0), 1])
    later(3_000)
    expect(takeMany('a', 31)).toEqual([...Array<number>(30).fill(0), 1])
  })

  it('never runs dry for whoever keeps to it', () => {
    const { pace, later } = paced()
    for (let request = 0; request < 1_000; request++) {
      expect(pace.take('a')).toBe(0)
      later(100)
    }
  })

  it('asks whoever does not to wait as long as it takes, and no longer for asking', () => {
    const { pace, takeMany } = paced({ perSecond: 1 / 60, burst: 2 })
    expect(takeMany('a', 5)).toEqual([0, 0, 60, 60, 60])
    expect(pace.take('b')).toBe(0)
  })

  it('counts what was taken elsewhere from the moment it hears of it', () => {
    const [here, there] = [paced(), paced()]
    here.takeMany('a', 20)
    there.takeMany('a', 20)
    const total = [...here.pace.untold().values(), ...there.pace.untold().values()].reduce((a, b) => a + b, 0)
    expect(total).toBe(4_000)
    // Taken while the others were told: it stands beside what they answer.
    expect(here.pace.take('a')).toBe(0)
    here.pace.learn('a', total)
    there.pace.learn('a', total)
    expect([here.pace.take('a'), there.pace.take('a')]).toEqual([2, 2])
    expect([...here.pace.untold()]).toEqual([['a', 100]])
  })

  it('tells once, and again what could not be told', () => {
    const { pace, takeMany } = paced()
    takeMany('a', 3)
    const told = pace.untold()
    expect(pace.untold().size).toBe(0)
    pace.take('a')
    pace.keep(told)
    expect([...pace.untold()]).toEqual([['a', 400]])
  })

  it('forgets who owes nothing, and holds no more keys than it may', () => {
    const { pace, takeMany, later } = paced({ perSecond: 10, burst: 1 }, 3)
    for (const key of ['a', 'b', 'c', 'd']) takeMany(key, 2)
    // The oldest had to go for the newest, and begins anew.
    expect([pace.take('a'), pace.take('d')]).toEqual([0, 1])
    pace.untold()
    later(1_000)
    pace.untold()
    expect(takeMany('d', 2)).toEqual([0, 1])
  })
})
