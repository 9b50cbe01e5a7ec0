import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONTACT_LEVEL_WORDS, contactBudget } from '../../../shared/rules/contactBudget.ts'
import type { ContactFacts } from '../../../shared/rules/contactBudget.ts'

const at = (text: string) => Date.parse(`${text}+08:00`)
const now = at('2026-11-21T10:00')
const rule = { maxCount: 2, periodDays: 30, hardness: 'soft' } as const

function read(facts: Partial<ContactFacts>): string {
  const { level, word, reason } = contactBudget({
    isMe: false,
    proactiveCountInWindow: 0,
    rule,
    now,
    ...facts,
  })
  expect(word).toBe(CONTACT_LEVEL_WORDS[level])
  return `${word}：${reason}`
}

describe('nothing stands against it', () => {
  it.each<[string, Partial<ContactFacts>, string]>([
    ['never written', {}, '可以写：还没给她写过'],
    [
      "a colleague's message long ago",
      { lastContactAt: at('2026-11-06T12:00'), lastContactBy: '周敏', lastContactWhat: '保养提醒' },
      '可以写：上次联系 15 天前，周敏的保养提醒',
    ],
    [
      'my own',
      {
        lastContactAt: at('2026-11-06T12:00'),
        lastContactBy: '陈露',
        lastContactWhat: '生日祝福',
        isMe: true,
      },
      '可以写：上次联系 15 天前，你的生日祝福',
    ],
    [
      'without a noun',
      { lastContactAt: at('2026-11-19T23:59'), lastContactBy: '周敏' },
      '可以写：上次联系 2 天前，周敏写的',
    ],
    ['without a name', { lastContactAt: at('2026-11-19T00:00') }, '可以写：上次联系 2 天前，同事写的'],
    ['quiet time over today', { quietUntil: '2026-11-21' }, '可以写：还没给她写过'],
  ])('%s', (_case, facts, expected) => {
    expect(read(facts)).toBe(expected)
  })
})

describe('leave in peace', () => {
  it.each<[string, Partial<ContactFacts>, string]>([
    [
      'a colleague yesterday',
      { lastContactAt: at('2026-11-20T23:59'), lastContactBy: '周敏' },
      '缓一缓：周敏昨天刚写过，有要紧事再写',
    ],
    [
      'a colleague today',
      { lastContactAt: at('2026-11-21T00:00'), lastContactBy: '周敏' },
      '缓一缓：周敏今天刚写过，有要紧事再写',
    ],
    [
      'I myself yesterday',
      { lastContactAt: at('2026-11-20T09:00'), isMe: true },
      '缓一缓：你昨天刚写过，有要紧事再写',
    ],
    [
      'soft rule used up by one message',
      {
        lastContactAt: at('2026-11-18T09:00'),
        lastContactBy: '周敏',
        proactiveCountInWindow: 1,
        rule: { maxCount: 1, periodDays: 7, hardness: 'soft' },
      },
      '缓一缓：周敏 3 天前写过，有要紧事再写',
    ],
    [
      'soft rule used up by several',
      { lastContactAt: at('2026-11-18T09:00'), proactiveCountInWindow: 2 },
      '缓一缓：30 天里已主动写过 2 次，有要紧事再写',
    ],
    [
      'soft rule used up just yesterday',
      { lastContactAt: at('2026-11-20T09:00'), lastContactBy: '周敏', proactiveCountInWindow: 2 },
      '缓一缓：周敏昨天刚写过，有要紧事再写',
    ],
    [
      'hard rule used up',
      { proactiveCountInWindow: 2, rule: { ...rule, hardness: 'hard' } },
      '先别写：30 天里已主动写过 2 次，到上限了',
    ],
    [
      'a rule of nothing',
      { rule: { maxCount: 0, periodDays: 30, hardness: 'hard' } },
      '先别写：约好不主动打扰，等她先开口',
    ],
    ['asked for peace', { quietUntil: '2026-12-01', quietReason: '忙' }, '先别写：她说忙，12月1日前不打扰'],
    [
      'asked for peace into next year',
      { quietUntil: '2027-01-05', pronoun: '他' },
      '先别写：他想清静，2027年1月5日前不打扰',
    ],
  ])('%s', (_case, facts, expected) => {
    expect(read(facts)).toBe(expected)
  })
})

describe('a customer who wrote', () => {
  it.each<[string, Partial<ContactFacts>, string]>([
    ['just now', { customerWroteAt: at('2026-11-21T09:50') }, '可以写：她刚发来消息'],
    [
      'this morning',
      { customerWroteAt: at('2026-11-21T08:00'), pronoun: '他' },
      '可以写：他今天发来消息，等你回',
    ],
    ['two days ago', { customerWroteAt: at('2026-11-19T11:00') }, '可以写：她 2 天前发来消息，等你回'],
    [
      'waits for an answer even with the rule used up',
      {
        customerWroteAt: at('2026-11-20T11:00'),
        lastContactAt: at('2026-11-20T10:00'),
        proactiveCountInWindow: 9,
        rule: { ...rule, hardness: 'hard' },
      },
      '可以写：她昨天发来消息，等你回',
    ],
    [
      'has been answered: still a conversation',
      { customerWroteAt: at('2026-11-20T11:00'), lastContactAt: at('2026-11-20T11:05'), isMe: true },
      '可以写：正聊着，她昨天来过消息',
    ],
    [
      'has been answered: approaching on top of it needs the rule',
      {
        customerWroteAt: at('2026-11-20T11:00'),
        lastContactAt: at('2026-11-20T11:05'),
        isMe: true,
        proactiveCountInWindow: 2,
      },
      '缓一缓：你昨天刚写过，有要紧事再写',
    ],
    [
      'and had asked for peace',
      { customerWroteAt: now, quietUntil: '2026-12-01' },
      '先别写：她想清静，12月1日前不打扰',
    ],
    [
      'long ago: no conversation any more',
      { customerWroteAt: at('2026-11-19T09:00') },
      '可以写：还没给她写过',
    ],
  ])('%s', (_case, facts, expected) => {
    expect(read(facts)).toBe(expected)
  })
})

it("counts days in the corp's zone", () => {
  const facts = { lastContactAt: at('2026-11-20T00:30'), lastContactBy: '周敏', now: at('2026-11-21T23:30') }
  expect(read(facts)).toBe('缓一缓：周敏昨天刚写过，有要紧事再写')
  expect(read({ ...facts, timeZone: 'UTC' })).toBe('可以写：上次联系 2 天前，周敏写的')
})

describe('laws', () => {
  const anyFacts: fc.Arbitrary<ContactFacts> = fc.record(
    {
      isMe: fc.boolean(),
      proactiveCountInWindow: fc.nat(5),
      rule: fc.record({
        maxCount: fc.nat(4),
        periodDays: fc.integer({ min: 1, max: 60 }),
        hardness: fc.constantFrom('soft' as const, 'hard' as const),
      }),
      now: fc.constant(now),
      lastContactAt: fc.integer({ min: now - 9e9, max: now }),
      customerWroteAt: fc.integer({ min: now - 4e8, max: now }),
      quietUntil: fc.constantFrom('2026-11-20', '2026-12-01'),
    },
    { requiredKeys: ['isMe', 'proactiveCountInWindow', 'rule', 'now'] },
  )

  it('always has one line of why, short enough for the budget line', () => {
    fc.assert(
      fc.property(anyFacts, facts => {
        const { reason } = contactBudget(facts)
        expect(reason.length).toBeGreaterThan(5)
        expect(reason.length).toBeLessThanOrEqual(28)
      }),
    )
  })

  it('locks only for a wish for peace or a hard rule', () => {
    fc.assert(
      fc.property(anyFacts, facts => {
        const mayLock = facts.quietUntil === '2026-12-01' || facts.rule.hardness === 'hard'
        expect(mayLock || contactBudget(facts).level !== 'stop').toBe(true)
      }),
    )
  })

  it('never gets freer by one more message of ours', () => {
    const freedom = { open: 2, slow: 1, stop: 0 }
    fc.assert(
      fc.property(anyFacts, facts => {
        const more = { ...facts, proactiveCountInWindow: facts.proactiveCountInWindow + 1 }
        expect(freedom[contactBudget(more).level]).toBeLessThanOrEqual(freedom[contactBudget(facts).level])
      }),
    )
  })
})
