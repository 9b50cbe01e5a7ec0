import { findPromiseTests, PROMISES } from '../promiseTests.ts'

/** What the drill has seen of one promise. */
interface Seen {
  promise: string
  isKept: boolean
  words: string
  less: string | undefined
}

export interface Verdicts {
  /**
   * What was looked at, and whether it was as promised.
   * @param promises their numbers; any other word is a thing of its own, with a line of its own
   * @param less how it was looked at with less than is promised: then it is not called kept, only not broken
   */
  note(promises: string, isKept: boolean, words: string, less?: string): void
  /** Runs a part; one that breaks off breaks its promises. */
  part(title: string, promises: string, work: () => Promise<void>): Promise<void>
  /** A line for each promise and whatever else was looked at, each of those that are broken with everything that was wrong. */
  print(): void
  areKept(): boolean
}

/** It names promises as its data. */
const OF_THE_LIST = 'tests/promises.test.ts'

const promisesIn = (text: string) => text.split(/[\s,]+/).filter(Boolean)

export function createVerdicts(say: (line: string) => void = console.log): Verdicts {
  const seen: Seen[] = []
  const began = Date.now()
  const note: Verdicts['note'] = (promises, isKept, words, less) => {
    for (const promise of promisesIn(promises)) seen.push({ promise, isKept, words, less })
    say(`  ${isKept ? '✓' : '✗'} ${promisesIn(promises).join(' ')} ${words}`)
  }
  return {
    note,
    async part(title, promises, work) {
      say(`\n${title}（第 ${Math.round((Date.now() - began) / 1000)} 秒）`)
      try {
        await work()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        note(promises, false, `${title}：没有做完：${reason}`)
      }
    },
    print() {
      const tests = findPromiseTests()
      say('\n承诺\n')
      const others = seen.map(({ promise }) => promise).filter(name => !(name in PROMISES))
      const all = { ...PROMISES, ...Object.fromEntries(others.map(name => [name, ''])) }
      for (const [promise, words] of Object.entries(all)) {
        const own = seen.filter(each => each.promise === promise)
        const wrong = own.filter(({ isKept }) => !isKept)
        const less = [...new Set(own.flatMap(each => each.less ?? []))]
        const head = `${promise.padEnd(4)}${words}`
        if (wrong.length > 0) say(`✗ 违背  ${head}${wrong.map(each => `\n          ${each.words}`).join('')}`)
        else if (less.length > 0)
          say(`· 没有违背  ${head}（演练里看了 ${own.length} 处，但${less.join('，')}）`)
        else if (own.length > 0) say(`✓ 守住  ${head}（演练里看了 ${own.length} 处）`)
        else {
          const kept = tests
            .filter(test => test.file !== OF_THE_LIST && test.promises.includes(promise))
            .map(({ file }) => file)
          say(`· 不在演练里  ${head}：由测试守着 ${[...new Set(kept)].slice(0, 3).join('、')}`)
        }
      }
    },
    areKept: () => seen.every(({ isKept }) => isKept),
  }
}
