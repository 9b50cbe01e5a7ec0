import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  budgetText,
  CONTACT_LEVEL_WORDS,
  contactBudget,
  type ContactAttempt,
  type ContactFacts,
  type CountedRule,
  type ReasonClass,
} from '../../../shared/rules/contactBudget.ts'

const at = (text: string) => Date.parse(`${text}+08:00`)
const now = at('2026-11-21T10:00')
const served: ReasonClass[] = ['orderReady', 'afterSales', 'answer']
const row = (given: Partial<CountedRule> = {}): CountedRule => ({
  scope: 'customer',
  channel: 'private',
  periodDays: 30,
  maxCount: 2,
  hardness: 'soft',
  bypass: served,
  used: 0,
  freeOn: null,
  ...given,
})
const weekly = (given: Partial<CountedRule> = {}) =>
  row({ periodDays: 7, maxCount: 1, used: 1, freeOn: '2026-11-25', ...given })
const hours = { from: '21:00', until: '09:00', hardness: 'soft', bypass: ['answer'] } as const
const none = (reason: string | null = null, until = '2026-12-01') =>
  ({ level: 'none', until, reason }) as const
const less = (reason: string | null = null, until = '2027-02-01') =>
  ({ level: 'less', until, reason }) as const

type Case = [string, Partial<ContactFacts>, string, string?, ContactAttempt?]

const judge = (facts: Partial<ContactFacts>, attempt?: ContactAttempt) =>
  contactBudget({ isMe: false, rules: [row()], now, ...facts }, attempt)

function read(facts: Partial<ContactFacts>, end?: string, attempt?: ContactAttempt): string {
  const budget = judge(facts, attempt)
  expect(budget.word).toBe(CONTACT_LEVEL_WORDS[budget.level])
  expect(budget.endsOn).toBe(end)
  return `${budget.word}：${budget.reason}`
}
const table = (cases: Case[]) =>
  it.each(cases)('%s', (_case, facts, expected, end, attempt) => {
    expect(read(facts, end, attempt)).toBe(expected)
  })

describe('nothing stands against it', () => {
  table([
    ['never written', {}, '可以写：还没给她写过'],
    ['no rows at all', { rules: [] }, '可以写：还没给她写过'],
    [
      "a colleague's message long ago",
      { lastContactAt: at('2026-11-06T12:00'), lastContactBy: '周敏', lastContactWhat: '保养提醒' },
      '可以写：上次联系 11月6日 · 周敏发的保养提醒',
    ],
    [
      'my own',
      {
        lastContactAt: at('2026-11-06T12:00'),
        lastContactBy: '陈露',
        lastContactWhat: '生日祝福',
        isMe: true,
      },
      '可以写：上次联系 11月6日 · 生日祝福',
    ],
    [
      'without a noun',
      { lastContactAt: at('2026-11-19T23:59'), lastContactBy: '周敏' },
      '可以写：上次联系 11月19日 · 周敏写的',
    ],
    ['without a name', { lastContactAt: at('2026-11-19T00:00') }, '可以写：上次联系 11月19日 · 同事写的'],
    [
      'my own of yesterday, about somebody’s day',
      { lastContactAt: at('2026-11-20T12:00'), lastContactWhat: '长辈生日', isMe: true },
      '可以写：上次联系 昨天 · 长辈生日',
    ],
    [
      'in another year',
      { lastContactAt: at('2025-12-24T12:00'), lastContactBy: '周敏' },
      '可以写：上次联系 2025年12月24日 · 周敏写的',
    ],
    ['quiet time over today', { quiet: none(null, '2026-11-21') }, '可以写：还没给她写过'],
    ['rules about other things', { rules: [weekly({ channel: 'mass' })] }, '可以写：还没给她写过'],
    ['in the day', { quietHours: hours }, '可以写：还没给她写过'],
  ])
})

describe('rows', () => {
  const yesterday = { lastContactAt: at('2026-11-20T23:59'), lastContactBy: '周敏' }
  table([
    [
      'a colleague yesterday',
      { ...yesterday, rules: [weekly({ freeOn: '2026-11-27' })] },
      '缓一缓：周敏昨天刚写过，有要紧事再写',
      '2026-11-27',
    ],
    [
      'I myself today',
      { lastContactAt: at('2026-11-21T09:00'), isMe: true, rules: [weekly({ freeOn: '2026-11-28' })] },
      '缓一缓：你今天刚写过，有要紧事再写',
      '2026-11-28',
    ],
    [
      'used up by one message',
      { lastContactAt: at('2026-11-18T09:00'), lastContactBy: '周敏', rules: [weekly()] },
      '缓一缓：周敏 3 天前写过，有要紧事再写',
      '2026-11-25',
    ],
    [
      'used up by several',
      { lastContactAt: at('2026-11-18T09:00'), rules: [row({ used: 2, freeOn: '2026-12-10' })] },
      '缓一缓：30 天里已主动写过 2 次，有要紧事再写',
      '2026-12-10',
    ],
    [
      'hard',
      { ...yesterday, rules: [row({ used: 2, hardness: 'hard', freeOn: '2026-12-10' })] },
      '先别写：30 天里已主动写过 2 次，到上限了',
      '2026-12-10',
    ],
    [
      'nothing of our own accord, which no day ends',
      { rules: [row({ maxCount: 0, hardness: 'hard', freeOn: '2026-12-10' })] },
      '先别写：约好不主动打扰，等她先开口',
    ],
    [
      'hard beats soft, however long the soft one holds',
      {
        rules: [
          row({ used: 2, freeOn: '2026-12-20' }),
          weekly({ used: 3, hardness: 'hard', freeOn: '2026-11-22' }),
        ],
      },
      '先别写：7 天里已主动写过 3 次，到上限了',
      '2026-11-22',
    ],
    [
      'of equals the one that holds longest speaks',
      { rules: [weekly({ used: 2 }), row({ used: 3, freeOn: '2026-12-20' })] },
      '缓一缓：30 天里已主动写过 3 次，有要紧事再写',
      '2026-12-20',
    ],
    [
      "the store's",
      { rules: [weekly({ scope: 'store', used: 200, maxCount: 200, periodDays: 1, hardness: 'hard' })] },
      '先别写：本店今天已主动写过 200 次，到上限了',
      '2026-11-25',
    ],
    [
      'a coupon, by its own row',
      { rules: [row({ channel: 'coupon', used: 2, freeOn: '2026-12-10' })] },
      '缓一缓：30 天里已送过券 2 次，有要紧事再写',
      '2026-12-10',
      { channel: 'coupon' },
    ],
    [
      'a coupon, by the row of the chat it arrives in',
      { rules: [weekly({ used: 2 })] },
      '缓一缓：7 天里已主动写过 2 次，有要紧事再写',
      '2026-11-25',
      { channel: 'coupon' },
    ],
    [
      'words, by no row of coupons',
      { rules: [weekly({ channel: 'coupon' })] },
      '可以写：还没给她写过',
      undefined,
      { channel: 'private' },
    ],
    [
      'a group',
      { rules: [weekly({ scope: 'group', channel: 'group', periodDays: 1, maxCount: 3, used: 3 })] },
      '缓一缓：群里今天已发过 3 次，有要紧事再发',
      '2026-11-25',
      { channel: 'group' },
    ],
    [
      'a mass message',
      { rules: [row({ channel: 'mass', used: 30, maxCount: 30, hardness: 'hard', bypass: [] })] },
      '先别写：30 天里已群发过 30 次，到上限了',
      undefined,
      { channel: 'mass' },
    ],
  ])

  it("counts days in the corp's zone", () => {
    const facts = {
      lastContactAt: at('2026-11-20T00:30'),
      lastContactBy: '周敏',
      now: at('2026-11-21T23:30'),
      rules: [weekly()],
    }
    expect(judge(facts).reason).toBe('周敏昨天刚写过，有要紧事再写')
    expect(judge({ ...facts, timeZone: 'UTC' }).reason).toBe('周敏 2 天前写过，有要紧事再写')
  })
})

describe("the customer's wish", () => {
  table([
    ['勿扰', { quiet: none('忙') }, '先别写：她说忙，12月1日前不打扰', '2026-12-01'],
    [
      '勿扰 into next year, without a word of his',
      { quiet: none(null, '2027-01-05'), pronoun: '他' },
      '先别写：他想清静，2027年1月5日前不打扰',
      '2027-01-05',
    ],
    [
      '勿扰 speaks before a hard row',
      { quiet: none(), rules: [row({ maxCount: 0, hardness: 'hard' })] },
      '先别写：她想清静，12月1日前不打扰',
      '2026-12-01',
    ],
    [
      '勿扰 is hers, not her group’s',
      { quiet: none() },
      '可以写：群里还没发过',
      undefined,
      { channel: 'group' },
    ],
    ['少打扰 not used up', { quiet: less(), less: { used: 0, freeOn: null } }, '可以写：还没给她写过'],
    [
      '少打扰 used up',
      {
        quiet: less('忙'),
        less: { used: 1, freeOn: '2026-12-10' },
        lastContactAt: at('2026-11-10T10:00'),
        lastContactBy: '周敏',
      },
      '缓一缓：她说忙，周敏 11 天前写过',
      '2026-12-10',
    ],
    [
      '少打扰 ends with the wish',
      { quiet: less(null, '2026-11-30'), less: { used: 1, freeOn: '2026-12-10' } },
      '缓一缓：她想少些打扰，这个月写过了',
      '2026-11-30',
    ],
    [
      '少打扰 past its end',
      { quiet: less(null, '2026-11-20'), less: { used: 1, freeOn: '2026-12-10' } },
      '可以写：还没给她写过',
    ],
  ])
})

describe('quiet hours', () => {
  const night = at('2026-11-21T22:30')
  const morning = at('2026-11-21T08:59')
  table([
    [
      'in the evening',
      { quietHours: hours, now: night },
      '缓一缓：安静时段不打扰，明天 09:00 起可以再写',
      '2026-11-22',
    ],
    [
      'before opening',
      { quietHours: hours, now: morning },
      '缓一缓：安静时段不打扰，今天 09:00 起可以再写',
      '2026-11-21',
    ],
    [
      'hard, if the corp says so',
      { quietHours: { ...hours, hardness: 'hard' }, now: night },
      '先别写：安静时段不打扰，明天 09:00 起可以再写',
      '2026-11-22',
    ],
    ['on the hour they end', { quietHours: hours, now: at('2026-11-21T09:00') }, '可以写：还没给她写过'],
    [
      'an answer is no disturbance',
      { quietHours: hours, now: night, customerWroteAt: night - 60_000 },
      '可以写：她刚发来消息',
    ],
    [
      'in a group too',
      { quietHours: hours, now: night, rules: [] },
      '缓一缓：安静时段不打扰，明天 09:00 起可以再发',
      '2026-11-22',
      { channel: 'group' },
    ],
  ])

  it.each([
    [{ quietHours: hours, now: night }, '安静时段不打扰，明天 09:00 起可以再写'],
    [{ quietHours: hours, now: morning }, '安静时段不打扰，今天 09:00 起可以再写'],
    [{ quiet: none('忙') }, '她说忙，12月1日前不打扰'],
    [{ rules: [weekly({ used: 2 })] }, '7 天里已主动写过 2 次，有要紧事再写，11月25日起可以再写'],
    [
      { rules: [weekly({ used: 2, freeOn: '2026-11-22' })] },
      '7 天里已主动写过 2 次，有要紧事再写，明天起可以再写',
    ],
    [{}, '还没给她写过'],
  ])('%j: the whole sentence names the end once', (facts, sentence) => {
    expect(budgetText(judge(facts), '2026-11-21')).toBe(sentence)
  })
})

describe('a group', () => {
  const inGroup = { channel: 'group' } as const
  const post = row({ scope: 'group', channel: 'group', periodDays: 1, maxCount: 1, freeOn: '2026-11-22' })
  table([
    ['never posted into', { rules: [post] }, '可以写：群里还没发过', undefined, inGroup],
    [
      'by a colleague',
      {
        rules: [],
        lastContactAt: at('2026-11-18T12:00'),
        lastContactBy: '周敏',
        lastContactWhat: '新品到店',
      },
      '可以写：群里上次发 11月18日 · 周敏发的新品到店',
      undefined,
      inGroup,
    ],
    [
      'by me, without a noun',
      { rules: [], lastContactAt: at('2026-11-20T12:00'), isMe: true },
      '可以写：群里上次发 昨天 · 你发的',
      undefined,
      inGroup,
    ],
    [
      'hard',
      { rules: [{ ...post, used: 1, hardness: 'hard' }] },
      '先别写：群里今天已发过 1 次，到上限了',
      '2026-11-22',
      inGroup,
    ],
  ])

  it('speaks of no person, whoever wrote to whom', () => {
    const facts = { rules: [{ ...post, used: 1 }], quiet: none('忙'), less: { used: 3, freeOn: null } }
    expect(budgetText(judge({ ...facts, pronoun: '他' }, inGroup), '2026-11-21')).toBe(
      '群里今天已发过 1 次，有要紧事再发，明天起可以再发',
    )
  })
})

describe('a customer who wrote', () => {
  const usedUp = { rules: [row({ used: 9, hardness: 'hard', freeOn: '2026-12-10' })] }
  table([
    ['just now', { customerWroteAt: at('2026-11-21T09:50') }, '可以写：她刚发来消息'],
    [
      'this morning',
      { customerWroteAt: at('2026-11-21T08:00'), pronoun: '他' },
      '可以写：他今天发来消息，等你回',
    ],
    ['two days ago', { customerWroteAt: at('2026-11-19T11:00') }, '可以写：她 2 天前发来消息，等你回'],
    [
      'waits for an answer even with the rule used up',
      { ...usedUp, customerWroteAt: at('2026-11-20T11:00'), lastContactAt: at('2026-11-20T10:00') },
      '可以写：她昨天发来消息，等你回',
    ],
    [
      'has been answered: a running conversation is no approach',
      { ...usedUp, customerWroteAt: at('2026-11-20T11:00'), lastContactAt: at('2026-11-20T11:05') },
      '可以写：正聊着，她昨天来过消息',
    ],
    [
      'and had asked for peace',
      { customerWroteAt: now, quiet: none() },
      '先别写：她想清静，12月1日前不打扰',
      '2026-12-01',
    ],
    [
      'long ago: no conversation any more',
      { ...usedUp, customerWroteAt: at('2026-11-19T09:00') },
      '先别写：30 天里已主动写过 9 次，到上限了',
      '2026-12-10',
    ],
    [
      'where the rule holds for answers too',
      { rules: [weekly({ bypass: ['orderReady'] })], customerWroteAt: now },
      '缓一缓：7 天里已主动写过 1 次，有要紧事再写',
      '2026-11-25',
    ],
  ])
})

describe('reasons', () => {
  it.each(served)('%s passes rows that know it, and 勿扰', reasonClass => {
    expect(judge({ rules: [weekly({ hardness: 'hard' })] }, { reasonClass }).level).toBe('open')
    expect(judge({ quiet: none() }, { reasonClass }).level).toBe('open')
  })

  it('pass no row that does not know them', () => {
    const rules = [weekly({ hardness: 'hard', bypass: ['afterSales'] })]
    expect(judge({ rules }).bypass).toEqual(['afterSales'])
    expect(judge({ rules }, { reasonClass: 'orderReady' }).level).toBe('stop')
    expect(judge({ rules }, { reasonClass: 'afterSales' }).level).toBe('open')
  })

  it('are offered only where they pass everything as hard', () => {
    const rules = [
      weekly({ hardness: 'hard', bypass: ['afterSales', 'answer'] }),
      row({ used: 2, hardness: 'hard', bypass: ['answer', 'orderReady'] }),
      row({ used: 2, bypass: [] }),
    ]
    expect(judge({ rules }).bypass).toEqual(['answer'])
    expect(judge({ rules }, { reasonClass: 'answer' }).level).toBe('slow')
  })
})

describe('laws', () => {
  const day = fc.constantFrom('2026-11-22', '2026-11-28', '2026-12-20')
  const anyRule: fc.Arbitrary<CountedRule> = fc.record({
    scope: fc.constantFrom('corp', 'store', 'customer'),
    channel: fc.constantFrom('private', 'coupon', 'mass'),
    periodDays: fc.integer({ min: 1, max: 60 }),
    maxCount: fc.nat(3),
    hardness: fc.constantFrom('soft', 'hard'),
    bypass: fc.subarray(served),
    used: fc.nat(5),
    freeOn: fc.option(day),
  })
  const anyFacts: fc.Arbitrary<ContactFacts> = fc.record(
    {
      isMe: fc.boolean(),
      rules: fc.array(anyRule, { maxLength: 5 }),
      now: fc.constantFrom(now, at('2026-11-21T23:00')),
      lastContactAt: fc.integer({ min: now - 9e9, max: now }),
      lastContactBy: fc.constantFrom('周敏', '欧阳娜娜'),
      customerWroteAt: fc.integer({ min: now - 4e8, max: now }),
      quiet: fc.record({
        level: fc.constantFrom('less', 'none'),
        until: fc.constantFrom('2026-11-20', '2026-12-01'),
        reason: fc.constantFrom(null, '忙'),
      }),
      less: fc.record({ used: fc.nat(3), freeOn: fc.option(day) }),
      quietHours: fc.record({
        from: fc.constantFrom('21:00', '08:00'),
        until: fc.constantFrom('09:00', '20:00'),
        hardness: fc.constantFrom('soft', 'hard'),
        bypass: fc.subarray(served),
      }),
    },
    { requiredKeys: ['isMe', 'rules', 'now'] },
  )
  const anyAttempt: fc.Arbitrary<ContactAttempt> = fc.record(
    {
      channel: fc.constantFrom('private', 'coupon', 'group', 'mass'),
      reasonClass: fc.constantFrom(...served),
    },
    { requiredKeys: [] },
  )
  const freedom = { open: 2, slow: 1, stop: 0 }
  const free = (facts: ContactFacts, attempt?: ContactAttempt) => freedom[contactBudget(facts, attempt).level]

  it('always has one line of why, short enough for the budget line', () => {
    fc.assert(
      fc.property(anyFacts, anyAttempt, (facts, attempt) => {
        const { reason } = contactBudget(facts, attempt)
        expect(reason.length).toBeGreaterThan(5)
        expect(reason.length).toBeLessThanOrEqual(28)
      }),
    )
  })

  it('never gets freer by one more message of ours', () => {
    fc.assert(
      fc.property(anyFacts, anyAttempt, fc.nat(4), (facts, attempt, place) => {
        const more = {
          ...facts,
          rules: facts.rules.map((rule, index) =>
            index === place ? { ...rule, used: rule.used + 1 } : rule,
          ),
          ...(facts.less ? { less: { ...facts.less, used: facts.less.used + 1 } } : {}),
        }
        expect(free(more, attempt)).toBeLessThanOrEqual(free(facts, attempt))
      }),
    )
  })

  it('never gets freer by one more row, nor by a row made hard', () => {
    fc.assert(
      fc.property(anyFacts, anyAttempt, anyRule, (facts, attempt, rule) => {
        const more = { ...facts, rules: [...facts.rules, rule] }
        expect(free(more, attempt)).toBeLessThanOrEqual(free(facts, attempt))
        const harder = { ...facts, rules: [...facts.rules, { ...rule, hardness: 'hard' as const }] }
        expect(free(harder, attempt)).toBeLessThanOrEqual(free(more, attempt))
      }),
    )
  })

  it('never gets less free by a reason, and every reason it offers helps', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('private', 'coupon', 'group', 'mass'), (facts, channel) => {
        const plain = contactBudget(facts, { channel })
        for (const reasonClass of served)
          expect(free(facts, { channel, reasonClass })).toBeGreaterThanOrEqual(freedom[plain.level])
        for (const reasonClass of plain.bypass)
          expect(free(facts, { channel, reasonClass })).toBeGreaterThan(freedom[plain.level])
      }),
    )
  })

  it('locks only for 勿扰, a hard row or hard hours, and ends in the future', () => {
    fc.assert(
      fc.property(anyFacts, anyAttempt, (facts, attempt) => {
        const budget = contactBudget(facts, attempt)
        const mayLock =
          facts.quiet?.level === 'none' ||
          facts.quietHours?.hardness === 'hard' ||
          facts.rules.some(({ hardness }) => hardness === 'hard')
        expect(mayLock || budget.level !== 'stop').toBe(true)
        if (budget.level === 'open') expect(budget.limit).toBeUndefined()
        if (budget.endsOn !== undefined) expect(budget.endsOn >= '2026-11-21').toBe(true)
      }),
    )
  })

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(anyFacts, anyAttempt, (facts, attempt) => {
        const turned = { ...facts, rules: [...facts.rules].reverse() }
        expect(free(turned, attempt)).toBe(free(facts, attempt))
      }),
    )
  })
})
