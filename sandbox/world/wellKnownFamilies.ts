import { civilDay } from './calendar.ts'
import { dayBefore, lunarDateIn, solarDateIn } from './familyKnowledge.ts'
import type { CustomerKnowledge } from './familyKnowledge.ts'
import { wellKnown } from './wellKnown.ts'

/** The people of the design pages: 婉清姐's mother has her lunar birthday in exactly twelve days. */
export function wellKnownFamilies(now: number): CustomerKnowledge[] {
  const blank = { dates: [], people: [], sizes: {}, wishes: [], notes: [], purchases: [] }
  const birthday = (daysAhead: number) => ({ kind: 'birthday' as const, ...solarDateIn(now, daysAhead) })
  const lunarBirthday = (daysAhead: number) => ({ kind: 'birthday' as const, ...lunarDateIn(now, daysAhead) })
  const thisYear = civilDay(now).year
  return [
    {
      externalUserId: wellKnown.liWanqing,
      address: '婉清姐',
      tier: '金卡',
      dates: [birthday(107), { kind: 'wedding', ...solarDateIn(now, 182), year: thisYear - 8 }],
      people: [
        { relation: '妈妈', dates: [lunarBirthday(12)], sizes: {} },
        { relation: '爱人', dates: [birthday(231)], sizes: { ring: '19' } },
      ],
      sizes: { ring: '13', wristCm: 16 },
      wishes: ['给妈妈的刻字吊坠', '古法金手镯'],
      notes: ['妈妈喜欢圆牌，不要太重', '周末下午有空'],
      purchases: [
        {
          piece: '足金珍珠耳钉',
          amountFen: 128_000,
          day: dayBefore(now, 264),
          recipient: '本人',
          isCustom: false,
        },
        {
          piece: '足金手链',
          amountFen: 349_600,
          day: dayBefore(now, 187),
          recipient: '妈妈',
          isCustom: false,
        },
      ],
    },
    {
      ...blank,
      externalUserId: wellKnown.zhangMin,
      address: '张姐',
      tier: '金卡',
      dates: [birthday(64)],
      sizes: { ring: '12' },
      wishes: ['K 金细戒'],
      notes: ['周六来店，喜欢靠窗的位子'],
      purchases: [
        {
          piece: 'K 金素圈戒指',
          amountFen: 219_900,
          day: dayBefore(now, 300),
          recipient: '本人',
          isCustom: false,
        },
      ],
    },
    {
      ...blank,
      externalUserId: wellKnown.mrHe,
      address: '何先生',
      tier: '白金卡',
      dates: [{ kind: 'wedding', ...solarDateIn(now, -7), year: thisYear - 12 }],
      people: [{ relation: '爱人', dates: [birthday(149)], sizes: { ring: '11', necklaceCm: 42 } }],
      notes: ['每年结婚纪念日要写卡片'],
      purchases: [
        {
          piece: '钻石项链',
          amountFen: 1_688_000,
          day: dayBefore(now, 7),
          recipient: '爱人',
          isCustom: true,
          engraving: '十二年',
        },
      ],
    },
    {
      ...blank,
      externalUserId: wellKnown.auntWu,
      address: '吴阿姨',
      dates: [lunarBirthday(203)],
      people: [
        {
          relation: '外孙女',
          dates: [{ kind: 'fullMoon', ...solarDateIn(now, 4), year: thisYear }],
          sizes: {},
        },
      ],
      wishes: ['小一点的长命锁'],
      notes: ['习惯发语音'],
    },
    {
      ...blank,
      externalUserId: wellKnown.mia,
      address: 'Mia',
      tier: '银卡',
      dates: [{ kind: 'birthday', calendar: 'solar', month: 2, day: 29, isLeapMonth: false }],
      wishes: ['珍珠耳钉'],
    },
    {
      ...blank,
      externalUserId: wellKnown.lily,
      address: 'Lily',
      tier: '普卡',
      dates: [birthday(15)],
      people: [{ relation: '闺蜜', dates: [birthday(19)], sizes: {} }],
    },
    {
      ...blank,
      externalUserId: wellKnown.wangLiqun,
      address: '王哥',
      tier: '金卡',
      people: [{ relation: '妈妈', dates: [lunarBirthday(-1)], sizes: { wristCm: 17 } }],
      wishes: ['古法金手镯 30 克'],
      notes: ['闭口的更好'],
    },
    {
      ...blank,
      externalUserId: wellKnown.otherZhangMin,
      address: '张小姐',
      tier: '普卡',
      people: [{ relation: '爱人', dates: [birthday(88)], sizes: { ring: '18' } }],
      sizes: { ring: '11' },
      wishes: ['对戒'],
    },
  ]
}

/** Those of them with a date within the next three weeks. */
export const wellKnownDue = [wellKnown.liWanqing, wellKnown.auntWu, wellKnown.lily]
