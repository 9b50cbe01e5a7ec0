import { describe, expect, it } from 'vitest'
import type { CallbackLine } from '../../sandbox/callbacks/callbacks.ts'
import { faultSentence } from '../../sandbox/window/console/consoleWords.ts'
import { deliveryWords } from '../../sandbox/window/console/useActions.ts'

describe('the words', () => {
  const line = (given: Partial<CallbackLine>): CallbackLine => ({
    id: 'c1',
    event: 'change_external_contact',
    changeType: 'edit_external_contact',
    xml: '',
    attempt: 1,
    copy: 1,
    at: 0,
    outcome: 200,
    ms: 12,
    ...given,
  })

  it.each([
    ['nothing went out yet', [], 2, '2 条回调在等着发'],
    ['it arrived', [line({})], 0, '回调「修改客户」已送到，12 毫秒'],
    [
      'it arrived at the second try',
      [line({ outcome: 'timeout' }), line({ attempt: 2 })],
      0,
      '回调「修改客户」第 2 次已送到，12 毫秒',
    ],
    ['it was lost', [line({ attempt: 0, copy: 0, outcome: 'lost' })], 0, '回调「修改客户」丢了，没有发'],
    [
      'one of two arrived',
      [line({}), line({ id: 'c2', outcome: 500 })],
      0,
      '2 条回调（修改客户），送到 1 条，没送到 1 条',
    ],
  ])('of a delivery when %s', (_what, lines, waiting, words) => {
    expect(deliveryWords(lines, 2, waiting)).toBe(words)
  })

  it.each([
    [{ api: '*', times: -1, errcode: 45009 }, '所有接口：45009 调用太频繁，一直'],
    [
      { api: 'externalcontact/get', times: 3, rate: 0.5, break: 'drop' as const, afterEffect: true },
      '读客户：断线，还有 3 次，每次 50% 会这样，其实已经做成',
    ],
    [{ api: 'message/send', times: 1, delayMs: 5000 }, '发应用消息：慢 5 秒，还有 1 次'],
  ])('of a fault: %j', (fault, words) => {
    expect(faultSentence(fault)).toBe(words)
  })
})
