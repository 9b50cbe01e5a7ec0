import { civilDay } from './calendar.ts'
import { generateCorp } from './corp.ts'
import { dayBefore, lunarDateIn, solarDateIn } from './familyKnowledge.ts'
import type { CustomerKnowledge, FamilyDate, PastPurchase, Sizes, Tier } from './familyKnowledge.ts'
import { surnameOf } from './names.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'
import type { Customer, Follow } from './types.ts'
import { wellKnownDue, wellKnownFamilies } from './wellKnownFamilies.ts'

export type {
  CustomerKnowledge,
  FamilyDate,
  FamilyPerson,
  PastPurchase,
  Sizes,
  Tier,
} from './familyKnowledge.ts'

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
  const due = dueInTurn(people, guides, firstFollow, dueCount - wellKnownDue.length)
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
