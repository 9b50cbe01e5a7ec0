import { momentOf } from './calendar.ts'
import { planChats } from './chats.ts'
import { colleaguesElsewhere, inventName, surnameOf, unusualNames } from './names.ts'
import { createRandom, stableId } from './random.ts'
import type { Random } from './random.ts'
import { planTagGroups } from './tagPlan.ts'
import type { ChatMessage, Customer, CustomerGroup, Department, Follow, Member, TagGroup } from './types.ts'
import { wellKnown } from './wellKnown.ts'

/** Everything WeCom would hold of the corp, as plain data. */
export interface CorpState {
  departments: Department[]
  members: Member[]
  customers: Customer[]
  follows: Follow[]
  tagGroups: TagGroup[]
  groups: CustomerGroup[]
  messages: ChatMessage[]
}

const office = 2
const guomao = 3
const xidan = 4
const wangjing = 5
/** What the shops wrote into their 联系我 codes: it comes back as `state`. */
const channelsOfStore: Record<number, string[]> = {
  [guomao]: ['国贸店收银台', '国贸店收银台', '国贸店贵宾室', '商场黄金展'],
  [xidan]: ['西单店收银台', '西单店收银台', '西单店橱窗', '商场黄金展'],
  [wangjing]: ['望京店收银台', '望京店收银台', '望京店开业活动'],
}
const customerCount = 300

const departments: Department[] = [
  { id: 1, name: '金禾珠宝', parentId: 0, order: 100_000_000, isStore: false },
  { id: office, name: '总部', parentId: 1, order: 100_004_000, isStore: false },
  { id: guomao, name: '国贸店', parentId: 1, order: 100_003_000, isStore: true },
  { id: xidan, name: '西单店', parentId: 1, order: 100_002_000, isStore: true },
  { id: wangjing, name: '望京店', parentId: 1, order: 100_001_000, isStore: true },
]

function member(
  userId: string,
  name: string,
  department: number,
  position: string,
  isLeader = false,
): Member {
  return {
    userId,
    name,
    departments: [department],
    mainDepartment: department,
    isLeaderIn: [isLeader],
    position,
    status: 1,
    inVisibleRange: true,
    hasCustomerContact: department !== office,
  }
}

const members: Member[] = [
  member('chenlu', '陈露', guomao, '导购'),
  member('zhoumin', '周敏', guomao, '导购'),
  member('zhaoyiming', '赵一鸣', guomao, '导购'),
  member('linxiaoyu', '林小雨', xidan, '导购'),
  member('WuTing', '吴婷', xidan, '导购'),
  member('mahaoran', '马浩然', xidan, '导购'),
  member('guoqian', '郭倩', wangjing, '导购'),
  member('tianjiayi', '田佳怡', wangjing, '导购'),
  member('sunlihua', '孙丽华', guomao, '店长', true),
  // A manager who has added nobody: WeCom answers 84061 for such a member, not an empty list.
  member('gaofeng', '高峰', xidan, '店长', true),
  member('hq_admin', '方致远', office, '客户运营'),
]
const guides = members.filter(({ position }) => position === '导购')

/**
 * The jeweller 金禾珠宝: the same people, ids, tags and relations every time; days are counted from the day of `now`
 * (Asia/Shanghai), so that something is always new, due or just over.
 * @param now unix milliseconds
 * @param seed another number gives another crowd around the same well-known people
 */
export function generateCorp(now: number, seed = 1): CorpState {
  const random = createRandom(`jeweller:${seed}`)
  const tagGroups = planTagGroups(Math.floor(momentOf(now, -1100, 10) / 1000))
  const known = knownCustomers(now, tagGroups)
  const crowd = crowdOf(now, random, tagGroups, seed, known.customers.length)
  const customers = [...known.customers, ...crowd.customers]
  const follows = [...known.follows, ...crowd.follows]
  const groups = customerGroups(now, random, follows)
  return {
    departments: structuredClone(departments),
    members: structuredClone(members),
    customers,
    follows,
    tagGroups,
    groups,
    messages: planChats(now, follows, groups),
  }
}

/** Ids of tags by name; groups are asked in order, so a name is looked up where it first occurs. */
function tagIds(tagGroups: TagGroup[], ...names: string[]): string[] {
  return names.map(name => {
    const tag = tagGroups.flatMap(group => group.tags).find(candidate => candidate.name === name)
    if (!tag) throw new Error(`the tag plan has no ${name}`)
    return tag.id
  })
}

function follow(userId: string, externalUserId: string, createdAtMs: number, more: Partial<Follow>): Follow {
  const addWay = more.addWay ?? 1
  return {
    userId,
    externalUserId,
    remark: '',
    description: '',
    createdAt: Math.floor(createdAtMs / 1000),
    tagIds: [],
    remarkCompany: '',
    mobiles: [],
    operUserId: addWay === 1 || addWay === 10 ? externalUserId : addWay === 202 ? 'hq_admin' : userId,
    addWay,
    state: '',
    status: 'active',
    ...more,
  }
}

function knownCustomers(now: number, tagGroups: TagGroup[]): { customers: Customer[]; follows: Follow[] } {
  const person = (externalUserId: string, name: string, gender: 0 | 1 | 2): Customer => ({
    externalUserId,
    name,
    type: 1,
    gender,
    avatar: '',
  })
  const tags = (...names: string[]) => tagIds(tagGroups, ...names)
  const at = (daysAgo: number, hour: number, minute: number) => momentOf(now, -daysAgo, hour, minute)
  return {
    customers: [
      person(wellKnown.liWanqing, '李婉清', 2),
      person(wellKnown.zhangMin, '张敏', 2),
      person(wellKnown.mrHe, '何先生', 1),
      person(wellKnown.auntWu, '吴阿姨', 2),
      person(wellKnown.missSun, '孙小姐', 2),
      person(wellKnown.mia, 'Mia', 2),
      person(wellKnown.lily, 'Lily', 2),
      person(wellKnown.wangLiqun, '王立群', 1),
      person(wellKnown.otherZhangMin, '张敏', 2),
    ],
    follows: [
      follow('chenlu', wellKnown.liWanqing, at(264, 15, 12), {
        remark: '婉清姐',
        description: '戒圈 13，手围 16。想给妈妈刻字',
        tagIds: tags('足金', '常送长辈', '预算 3–5 千'),
        mobiles: ['19900001216'],
        state: '国贸店收银台',
      }),
      follow('zhoumin', wellKnown.liWanqing, at(210, 11, 5), {
        remark: '李婉清 保养',
        tagIds: tags('足金'),
        addWay: 3,
      }),
      follow('zhaoyiming', wellKnown.liWanqing, at(120, 19, 40), { remark: '李女士', addWay: 201 }),
      follow('chenlu', wellKnown.zhangMin, at(412, 14, 20), {
        remark: '张敏 周六来',
        tagIds: tags('金卡', 'K金', '喜欢简约', '戒指'),
        state: '国贸店收银台',
        mobiles: ['19900000307'],
      }),
      follow('chenlu', wellKnown.mrHe, at(530, 18, 2), {
        remark: '何先生',
        description: '每年结婚纪念日给太太买一件',
        tagIds: tags('白金卡', '钻石', '送爱人', '预算 1–3 万'),
        addWay: 2,
      }),
      follow('chenlu', wellKnown.auntWu, at(96, 10, 31), {
        remark: '吴阿姨',
        description: '外孙女快满月，想看长命锁',
        tagIds: tags('足金', '长命锁', '满月周岁', '爱发语音'),
        addWay: 4,
      }),
      follow('chenlu', wellKnown.missSun, at(1, 18, 20), { remark: '孙小姐', state: '国贸店收银台' }),
      follow('chenlu', wellKnown.mia, at(301, 12, 45), {
        remark: 'Mia',
        tagIds: tags('银卡', '珍珠', '轻奢', '耳饰'),
        addWay: 10,
      }),
      follow('zhaoyiming', wellKnown.mia, at(44, 16, 9), { remark: 'Mia 珍珠', addWay: 3 }),
      follow('chenlu', wellKnown.lily, at(690, 17, 17), {
        remark: 'Lily',
        tagIds: tags('普卡', '银饰'),
        state: '国贸店贵宾室',
        status: 'lost',
      }),
      follow('chenlu', wellKnown.wangLiqun, at(158, 13, 55), {
        remark: '王哥',
        tagIds: tags('金卡', '古法金', '常送长辈', '手镯'),
        addWay: 6,
      }),
      follow('guoqian', wellKnown.otherZhangMin, at(75, 20, 14), {
        remark: '张敏 望京',
        tagIds: tags('普卡', '对戒', '结婚'),
        state: '望京店开业活动',
      }),
    ],
  }
}

function crowdOf(now: number, random: Random, tagGroups: TagGroup[], seed: number, already: number) {
  const customers: Customer[] = []
  const follows: Follow[] = []
  const place = (customer: Customer, index: number) => {
    customers.push(customer)
    follows.push(...followsOfOne(now, random, tagGroups, customer, index))
  }
  const weComPeople = colleaguesElsewhere.map(person => ({ ...person, type: 2 as const }))
  const unusual = unusualNames.map(person => ({ ...person, type: 1 as const }))
  const usualCount = customerCount - already - weComPeople.length - unusual.length
  const usual = Array.from({ length: usualCount }, () => ({ ...inventName(random), type: 1 as const }))
  // Rare shapes are strewn among the usual ones, so that every guide has some.
  const people: Omit<Customer, 'externalUserId' | 'avatar'>[] = random.sample(
    [...weComPeople, ...unusual, ...usual],
    customerCount,
  )
  people.forEach((person, index) => {
    const externalUserId = stableId(person.type === 2 ? 'wo' : 'wm', `crowd:${seed}:${index}`)
    const hasAvatar = random.chance(0.35)
    place({ ...person, externalUserId, avatar: hasAvatar ? avatarPath(externalUserId) : '' }, index)
  })
  return { customers, follows }
}

/** Where the control routes draw the picture of a customer. */
export function avatarPath(externalUserId: string): string {
  return `/sandbox/api/avatars/${externalUserId}.svg`
}

/** Every thirty-seventh came within the last day and has no tags yet; a quarter is served by two or three. */
function followsOfOne(
  now: number,
  random: Random,
  tagGroups: TagGroup[],
  customer: Customer,
  index: number,
): Follow[] {
  const isNew = index % 37 === 7
  const isShared = !isNew && random.chance(0.26)
  const serving = isShared
    ? random.sample(guides, random.chance(0.8) ? 2 : 3)
    : [guides[index % guides.length]!]
  const manager = members.find(({ userId }) => userId === 'sunlihua')
  if (manager && index % 29 === 3) serving.push(manager)
  return serving.map((guide, turn) => {
    const addedAt = isNew
      ? Math.min(now - random.between(1, 20) * 3_600_000, now - 60_000)
      : momentOf(now, -random.between(2, 1095), random.between(10, 20), random.between(0, 59))
    const addWay =
      turn === 0 ? random.pick([1, 1, 1, 1, 1, 2, 3, 4, 6, 10, 24]) : random.pick([1, 3, 4, 201, 202])
    const hasMobile = random.chance(0.22)
    return follow(guide.userId, customer.externalUserId, addedAt, {
      addWay,
      state: addWay === 1 ? random.pick(channelsOfStore[guide.mainDepartment] ?? ['商场黄金展']) : '',
      remark: isNew ? customer.name : remarkFor(random, customer),
      remarkCompany: customer.type === 1 && random.chance(0.03) ? '自家开店' : '',
      description: isNew || !random.chance(0.2) ? '' : random.pick(descriptions),
      mobiles: hasMobile ? [`1990000${String(random.between(0, 9999)).padStart(4, '0')}`] : [],
      tagIds: isNew ? [] : someTags(random, tagGroups),
      status: index > 20 && random.chance(0.025) ? random.pick(['lost', 'removed'] as const) : 'active',
    })
  })
}

const descriptions = [
  '喜欢圆润的款，手围 16',
  '戒圈 12，左手无名指',
  '孩子在附近上小学，下午四点以后有空',
  '不喜欢太黄的金',
  '金属过敏，只戴 18K 和铂金',
  '先生出差多，礼物要提前两周提醒',
  '看好了古法传承手镯，等金价回落',
  '上次改圈等得久，下次先约时间',
  '店庆和三八节一定会来',
]

/** What a guide would write; WeCom's own default is the customer's name. At most 20 characters, as WeCom allows. */
function remarkFor(random: Random, { name, gender }: Customer): string {
  const surname = surnameOf(name)
  if (surname === undefined) {
    const isNamed = random.chance(0.25)
    return isNamed ? random.pick(['老客', '新客', '看珍珠的', '送妈妈的']) : [...name].slice(0, 20).join('')
  }
  const given = name.slice(surname.length)
  const polite = gender === 1 ? ['哥', '先生', '总'] : ['姐', '女士', '小姐']
  const style = random.next()
  if (style < 0.35) return name
  if (gender !== 0 && style < 0.65) return surname + random.pick(polite)
  if (gender !== 0 && style < 0.8 && [...given].length === 2) return given + (gender === 1 ? '哥' : '姐')
  return `${name} ${random.pick(['国贸', '黄金展', '送婆婆', '对戒', '改圈', '要发票', '周末来'])}`
}

const singleChoice = new Set(['会员等级', '预算', '生肖', '到店频次'])

function someTags(random: Random, tagGroups: TagGroup[]): string[] {
  if (random.chance(0.08)) return []
  return random
    .sample(tagGroups, random.between(1, 6))
    .flatMap(group => random.sample(group.tags, singleChoice.has(group.name) ? 1 : random.between(1, 2)))
    .map(tag => tag.id)
}

const groupPlan = [
  { name: '国贸店老友群', owner: 'chenlu', size: 86, notice: '有新款先在群里看，喜欢的找露露留。' },
  { name: '国贸店 黄金保养小课堂', owner: 'zhoumin', size: 120, notice: '每周三晚上八点讲一个保养小知识。' },
  { name: '婉约珍珠同好会🐚', owner: 'zhaoyiming', size: 34, notice: '' },
  { name: '西单店会员福利群', owner: 'linxiaoyu', size: 97, notice: '福利以群公告为准。' },
  { name: '西单店婚戒定制', owner: 'WuTing', size: 20, notice: '' },
  { name: '望京店开业体验群', owner: 'guoqian', size: 58, notice: '到店报群名有小礼。' },
]

function customerGroups(now: number, random: Random, follows: Follow[]): CustomerGroup[] {
  return groupPlan.map(({ name, owner, size, notice }, index) => {
    const store = members.find(({ userId }) => userId === owner)?.mainDepartment
    const staff = members.filter(({ mainDepartment, userId }) => mainDepartment === store && userId !== owner)
    const staffIds = [owner, ...staff.map(({ userId }) => userId)]
    const createdAt = momentOf(now, -(700 - index * 90), 11, 30)
    const joined = () => Math.floor((createdAt + random.next() * (now - createdAt)) / 1000)
    const own = [
      ...new Set(follows.filter(({ userId }) => staffIds.includes(userId)).map(f => f.externalUserId)),
    ]
    const well = name === '国贸店老友群' ? own.filter(id => Object.values(wellKnown).includes(id)) : []
    const room = size - staffIds.length
    const customers = [...new Set([...well, ...random.sample(own, Math.round(room * 0.6))])].slice(0, room)
    const strangers = Array.from({ length: room - customers.length }, (_, turn) => ({
      id: stableId('wm', `stranger:${name}:${turn}`),
      name: inventName(random).name,
    }))
    return {
      chatId: stableId('wr', `group:${name}`),
      name,
      ownerUserId: owner,
      createdAt: Math.floor(createdAt / 1000),
      notice,
      members: [
        ...staffIds.map(id => ({
          id,
          type: 1 as const,
          joinedAt: Math.floor(createdAt / 1000),
          joinScene: 1 as const,
        })),
        ...customers.map(id => ({
          id,
          type: 2 as const,
          joinedAt: joined(),
          joinScene: random.pick([1, 2, 3, 3] as const),
        })),
        ...strangers.map(stranger => ({
          ...stranger,
          type: 2 as const,
          joinedAt: joined(),
          joinScene: 3 as const,
        })),
      ],
    }
  })
}
