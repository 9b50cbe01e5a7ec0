import { describe, expect, it } from 'vitest'
import { createVerdicts } from '../scripts/drill/verdicts.ts'

/** What is printed of each promise after these notes. */
function printed(notes: (verdicts: ReturnType<typeof createVerdicts>) => void) {
  const lines: string[] = []
  const verdicts = createVerdicts(line => lines.push(line))
  notes(verdicts)
  lines.length = 0
  verdicts.print()
  const of = (name: string) => lines.find(line => line.includes(` ${name} `)) ?? ''
  return { of, areKept: verdicts.areKept() }
}

describe('the verdict on a promise', () => {
  it('is not that it is kept when less was tried than is promised, and says what was', () => {
    const { of, areKept } = printed(({ note }) => {
      note('P26', true, 'fast', '只有 500 位客户')
      note('P26', true, 'not slowed down', '只有 500 位客户')
    })
    expect(of('P26')).toMatch(/^· 没有违背 .*看了 2 处，但只有 500 位客户）$/)
    expect(areKept).toBe(true)
    const whole = printed(({ note }) => note('P26', true, 'fast'))
    expect(whole.of('P26')).toMatch(/^✓ 守住 /)
    const broken = printed(({ note }) => note('P26', false, 'slow', '只有 500 位客户'))
    expect(broken.of('P26')).toMatch(/^✗ 违背 [^]*slow$/)
    expect(broken.areKept).toBe(false)
  })

  it('comes from what was looked at for it: memory has a line of its own, and breaks the drill all the same', () => {
    const flat = printed(({ note }) => note('内存', true, 'flat'))
    expect(flat.of('P26')).toMatch(/^· 不在演练里 /)
    expect(flat.of('内存')).toMatch(/^✓ 守住 /)
    const growing = printed(({ note }) => note('内存', false, 'grows'))
    expect(growing.of('内存')).toMatch(/^✗ 违背 [^]*grows$/)
    expect(growing.areKept).toBe(false)
  })
})
