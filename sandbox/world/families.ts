import { SolarDay } from 'tyme4ts'
import { civilDay, civilDayText } from './calendar.ts'
import { generateCorp } from './corp.ts'
import { surnameOf } from './names.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'
import type { Customer, Follow } from './types.ts'
import { wellKnown } from './wellKnown.ts'

/** What guides of this corp know of their customers and WeCom does not hold; seeds the demo. */
export interface CustomerKnowledge {
  externalUserId: string
  /** 称呼: how to address the customer in a message */
  address: string
  tier?: Tier
  /** the customer's own dates */
  dates: FamilyDate[]
  people: FamilyPerson[]
  sizes: Sizes
  wishes: string[]
  notes: string[]
  /** oldest first */
  purchases: PastPurchase[]
}

export type Tier = '普卡' | '银卡' | '金卡' | '白金卡' | '黑金卡'

export interface FamilyPerson {
  /** 妈妈, 爱人, 女儿 … */
  relation: string
  dates: FamilyDate[]
  sizes: Sizes
}

export interface FamilyDate {
  kind: 'birthday' | 'wedding' | 'fullMoon' | 'anniversary'
  calendar: 'solar' | 'lunar'
  month: number
  /** a day that exists in that calendar: solar 2/29 and lunar 30 occur */
  day: number
  isLeapMonth: boolean
  /** year of the event, when it is known */
  year?: number
}

export interface Sizes {
  /** Hong Kong ring size, e.g. `13` */
  ring?: string
  /** centimetres */
  wristCm?: number
  necklaceCm?: number
}

export interface PastPurchase {
  piece: string
  amountFen: number
  /** `YYYY-MM-DD`, Asia/Shanghai */
  day: string
  /** 本人 or a relation */
  recipient: string
  isCustom: boolean
  engraving?: string
}

/** How many customers are well enough known to have people and dates, and how many of them are due soon. */
const knownCount = 200
const dueCount = 25
const dueWithinDays = 21

/**
 * The same knowledge every time for the corp of `generateCorp(now, seed)`; dates are counted from the day of `now`.
 * @returns by external user id
 */
export function generateFamilies(now: number, seed = 1): Record<string, CustomerKnowledge> {
  const { customers, follows, members, tagGroups } = generateCorp(now, seed)
  const tierTags = tagGroups.find(({ name }) => name === '会员等级')?.tags ?? []
  const random = createRandom(`families:${seed}`)
  const told = wellKnownFamilies(now)
  const toldIds = new Set(told.map(({ externalUserId }) => externalUserId))
  const firstFollow = new Map<string, Follow>()
  for (const follow of follows) {
    const isUsable = follow.status === 'active' && follow.createdAt * 1000 < now - 2 * 86_400_000
    if (isUsable && !firstFollow.has(follow.externalUserId)) firstFollow.set(follow.externalUserId, follow)
  }
  const wearsTier = (externalUserId: string, tier: Tier) => {
    const id = tierTags.find(({ name }) => name === tier)?.id ?? ''
    return follows.some(follow => follow.externalUserId === externalUserId && follow.tagIds.includes(id))
  }
  const candidates = customers.filter(({ externalUserId }) => !toldIds.has(externalUserId))
  const people = random.sample(
    candidates.filter(({ externalUserId }) => firstFollow.has(externalUserId)),
    knownCount - told.length,
  )
  const guides = members.filter(({ hasCustomerContact }) => hasCustomerContact).map(({ userId }) => userId)
  const due = dueInTurn(people, guides, firstFollow, dueCount - dueAmong(told))
  const invented = people.map(customer =>
    inventKnowledge({
      now,
      random,
      customer,
      follow: firstFollow.get(customer.externalUserId),
      tagged: tiers.find(tier => wearsTier(customer.externalUserId, tier)),
      dueIn: due.get(customer),
    }),
  )
  return Object.fromEntries([...told, ...invented].map(knowledge => [knowledge.externalUserId, knowledge]))
}

/** The well-known families below hold this many who are due: 婉清姐 and 吴阿姨. */
const dueAmong = (told: CustomerKnowledge[]) =>
  told.filter(({ externalUserId }) => toldDue.has(externalUserId)).length
const toldDue = new Set([wellKnown.liWanqing, wellKnown.auntWu])

/** Picks customers of every guide in turn, and spreads their days over the next three weeks. */
function dueInTurn(
  people: Customer[],
  guides: string[],
  firstFollow: Map<string, Follow>,
  count: number,
): Map<Customer, number> {
  const byGuide = guides.map(userId =>
    people.filter(({ externalUserId }) => firstFollow.get(externalUserId)?.userId === userId),
  )
  const due = new Map<Customer, number>()
  for (let round = 0; due.size < count && byGuide.some(own => own.length > round); round++) {
    for (const customer of byGuide.flatMap(own => own[round] ?? [])) {
      // Steps of 8 walk through all of 0 … 20 before a day comes twice.
      if (due.size < count) due.set(customer, (due.size * 8) % dueWithinDays)
    }
  }
  return due
}

/** The date that falls so many days from the day of `now`. */
export function solarDateIn(
  now: number,
  daysAhead: number,
): Pick<FamilyDate, 'calendar' | 'month' | 'day' | 'isLeapMonth'> {
  const { month, day } = civilDay(now, daysAhead)
  return { calendar: 'solar', month, day, isLeapMonth: false }
}

/** The lunar date that falls so many days from the day of `now`. */
export function lunarDateIn(
  now: number,
  daysAhead: number,
): Pick<FamilyDate, 'calendar' | 'month' | 'day' | 'isLeapMonth'> {
  const { year, month, day } = civilDay(now, daysAhead)
  const lunar = SolarDay.fromYmd(year, month, day).getLunarDay()
  const lunarMonth = lunar.getLunarMonth()
  return {
    calendar: 'lunar',
    month: lunarMonth.getMonth(),
    day: lunar.getDay(),
    isLeapMonth: lunarMonth.isLeap(),
  }
}

const dayBefore = (now: number, daysAgo: number) => civilDayText(civilDay(now, -daysAgo))

/** The people of the design pages: 婉清姐's mother has her lunar birthday in exactly twelve days. */
function wellKnownFamilies(now: number): CustomerKnowledge[] {
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

const relations = [
  '妈妈',
  '妈妈',
  '妈妈',
  '爸爸',
  '爱人',
  '爱人',
  '婆婆',
  '岳母',
  '女儿',
  '儿子',
  '奶奶',
  '外婆',
  '姐姐',
  '闺蜜',
]
const elders = new Set(['妈妈', '爸爸', '婆婆', '岳母', '奶奶', '外婆'])
const tiers: Tier[] = ['普卡', '普卡', '银卡', '银卡', '金卡', '金卡', '白金卡', '黑金卡']
const pieces: [piece: string, fromFen: number, toFen: number][] = [
  ['足金转运珠手串', 68_000, 180_000],
  ['足金手链', 260_000, 520_000],
  ['古法金手镯', 1_280_000, 3_600_000],
  ['18K 金项链', 168_000, 420_000],
  ['珍珠耳钉', 59_900, 210_000],
  ['和田玉平安扣', 198_000, 880_000],
  ['铂金对戒', 480_000, 960_000],
  ['钻石戒指', 880_000, 3_880_000],
  ['足金长命锁', 320_000, 760_000],
  ['翡翠吊坠', 268_000, 1_580_000],
  ['足金圆牌吊坠', 198_000, 460_000],
  ['银手镯', 39_900, 89_900],
]
const engravings = ['平安', '妈妈', '福', '1314', '岁岁', 'LOVE', '长乐']
const wishes = [
  '古法金手镯',
  '珍珠项链',
  '小一点的戒指',
  '刻字吊坠',
  '给孩子的生肖坠',
  '铂金细链',
  '翡翠平安扣',
  '金条 10 克',
]
const notes = [
  '不喜欢电话，文字就好',
  '先生管钱，贵的要一起来看',
  '等金价回落再看',
  '喜欢先看试戴视频',
  '发票开公司抬头',
  '孩子小，周末上午来',
  '送礼要包装，不要放价签',
  '上次等改圈等得久',
]

/** Days until an own or a relative's date that is not due soon. */
const laterDay = (random: Random) => random.between(dueWithinDays + 3, 345)

function inventDate(now: number, random: Random, daysAhead: number, isElder: boolean): FamilyDate {
  const isLunar = random.chance(isElder ? 0.7 : 0.2)
  const date = isLunar ? lunarDateIn(now, daysAhead) : solarDateIn(now, daysAhead)
  const hasYear = !isElder && random.chance(0.25)
  return { kind: 'birthday', ...date, ...(hasYear && { year: civilDay(now).year - random.between(3, 45) }) }
}

interface Subject {
  now: number
  random: Random
  customer: Customer
  follow: Follow | undefined
  /** the tier that some guide has already put on as a tag */
  tagged: Tier | undefined
  /** days until one of the dates; absent = nothing due soon */
  dueIn: number | undefined
}

function inventKnowledge({ now, random, customer, follow, tagged, dueIn }: Subject): CustomerKnowledge {
  const people = random.sample([...new Set(relations)], random.pick([0, 1, 1, 1, 2, 2, 3]))
  if (dueIn !== undefined && people.length === 0) people.push(random.pick(relations))
  const daysOf = (index: number) => (index === 0 && dueIn !== undefined ? dueIn : laterDay(random))
  const own =
    people.length === 0 || random.chance(0.4) ? [inventDate(now, random, laterDay(random), false)] : []
  const wedding = random.chance(0.2)
    ? [
        {
          kind: 'wedding' as const,
          ...solarDateIn(now, laterDay(random)),
          year: civilDay(now).year - random.between(1, 25),
        },
      ]
    : []
  const tier = tagged ?? (random.chance(0.6) ? random.pick(tiers) : undefined)
  const addedDaysAgo = follow ? Math.floor((now - follow.createdAt * 1000) / 86_400_000) : 0
  return {
    externalUserId: customer.externalUserId,
    address: addressOf(customer, follow),
    ...(tier && { tier }),
    dates: [...own, ...wedding],
    people: people.map((relation, index) => ({
      relation,
      dates: [inventDate(now, random, daysOf(index), elders.has(relation))],
      sizes: random.chance(0.3) ? { wristCm: random.between(14, 19) } : {},
    })),
    sizes: inventSizes(random),
    wishes: random.chance(0.4) ? random.sample(wishes, random.between(1, 2)) : [],
    notes: random.chance(0.35) ? [random.pick(notes)] : [],
    purchases: inventPurchases(now, random, people, addedDaysAgo),
  }
}

function inventSizes(random: Random): Sizes {
  return {
    ...(random.chance(0.35) && { ring: String(random.between(9, 20)) }),
    ...(random.chance(0.25) && { wristCm: random.between(14, 18) }),
    ...(random.chance(0.12) && { necklaceCm: random.pick([40, 42, 45]) }),
  }
}

/** Bought since the customer was added, at most. */
function inventPurchases(
  now: number,
  random: Random,
  people: string[],
  addedDaysAgo: number,
): PastPurchase[] {
  const days = Array.from({ length: random.pick([0, 0, 1, 1, 2, 3]) }, () =>
    random.between(1, Math.max(1, addedDaysAgo)),
  )
  return days
    .sort((one, other) => other - one)
    .map(daysAgo => {
      const [piece, fromFen, toFen] = random.pick(pieces)
      const isCustom = random.chance(0.15)
      return {
        piece,
        amountFen: random.between(fromFen / 100, toFen / 100) * 100,
        day: dayBefore(now, daysAgo),
        recipient: random.pick(['本人', '本人', ...people]),
        isCustom,
        ...(isCustom && { engraving: random.pick(engravings) }),
      }
    })
}

/**
 * What the remark says when it is a form of address (…姐, …先生), else polite by gender, else the readable part of the
 * name; a nickname that nobody could be addressed by becomes 朋友.
 */
function addressOf({ name, gender }: Customer, follow: Follow | undefined): string {
  const [word = ''] = (follow?.remark ?? '').split(' ')
  if (/.(姐|哥|总|先生|女士|小姐)$/.test(word)) return word
  const surname = surnameOf(name)
  if (surname !== undefined) return gender === 0 ? name : `${surname}${gender === 1 ? '先生' : '女士'}`
  const [readable = ''] = name
    .replace(/<[^>]*>|&.*/g, '')
    .replace(/[^\p{L}\p{N} ·]/gu, '')
    .split('·')
  return readable.trim() === '' || [...readable].length > 8 ? '朋友' : readable.trim()
}
