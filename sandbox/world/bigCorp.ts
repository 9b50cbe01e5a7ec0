import { momentOf } from './calendar.ts'
import { avatarPath } from './corp.ts'
import type { CorpState } from './corp.ts'
import { colleaguesElsewhere, inventName } from './names.ts'
import { createRandom, stableId } from './random.ts'
import type { Random } from './random.ts'
import type { ChatMessage, Customer, CustomerGroup, Department, Follow, Member, TagGroup } from './types.ts'

export interface BigCorpSize {
  guides: number
  stores: number
  customers: number
  tags: number
}

export const usualBigCorp: BigCorpSize = { guides: 100, stores: 10, customers: 50_000, tags: 300 }

const rootId = 1
const officeId = 2
const firstStoreId = 11
const tagsPerGroup = 10
const groupSize = 60
const chattingGuides = 5

/**
 * A chain of jeweller's shops of any size, for the first import and for measuring: the same people, ids, tags and
 * relations every time for the same size and seed. About 1.2 followers and eight tags for each customer; a chat history
 * only for a few, so that the memory goes into what is measured.
 * @param now unix milliseconds; days are counted from it
 */
export function generateBigCorp(now: number, size: BigCorpSize = usualBigCorp, seed = 1): CorpState {
  const random = createRandom(`chain:${seed}`)
  const departments = planDepartments(size.stores)
  const guides = planGuides(random, size)
  const members = [...guides, ...planManagers(random, size.stores), ...office]
  const tagGroups = planTags(Math.floor(momentOf(now, -1400, 10) / 1000), size.tags)
  const tagIds = tagGroups.flatMap(({ tags }) => tags.map(({ id }) => id))
  const customers: Customer[] = []
  const follows: Follow[] = []
  for (let index = 0; index < size.customers; index++) {
    const customer = inventCustomer(random, `${seed}:${index}`)
    customers.push(customer)
    for (const guide of guidesServing(random, guides, index))
      follows.push(inventFollow(now, random, tagIds, customer, guide))
  }
  const groups = planGroups(now, random, departments, guides, follows)
  return { departments, members, customers, follows, tagGroups, groups, messages: someChats(now, follows) }
}

const two = (number: number) => String(number).padStart(2, '0')
const three = (number: number) => String(number).padStart(3, '0')

function planDepartments(stores: number): Department[] {
  const shops = Array.from({ length: stores }, (_, index) => ({
    id: firstStoreId + index,
    name: `金禾 ${two(index + 1)} 店`,
    parentId: rootId,
    order: 100_000_000 - index,
    isStore: true,
  }))
  return [
    { id: rootId, name: '金禾珠宝', parentId: 0, order: 100_000_000, isStore: false },
    { id: officeId, name: '总部', parentId: rootId, order: 100_004_000, isStore: false },
    ...shops,
  ]
}

const person = (userId: string, name: string, department: number, position: string): Member => ({
  userId,
  name,
  departments: [department],
  mainDepartment: department,
  isLeaderIn: [position === '店长'],
  position,
  status: 1,
  inVisibleRange: true,
  hasCustomerContact: department !== officeId,
})

/** Every tenth id has a capital, because some APIs give ids back in lower case. */
const planGuides = (random: Random, { guides, stores }: BigCorpSize): Member[] =>
  Array.from({ length: guides }, (_, index) => {
    const userId = `${index % 10 === 9 ? 'Guide' : 'guide'}${three(index + 1)}`
    return person(userId, inventName(random).name, firstStoreId + (index % stores), '导购')
  })

const planManagers = (random: Random, stores: number): Member[] =>
  Array.from({ length: stores }, (_, index) =>
    person(`manager${two(index + 1)}`, inventName(random).name, firstStoreId + index, '店长'),
  )

const office = [person('hq_admin', '方致远', officeId, '客户运营')]

function planTags(createdAt: number, count: number): TagGroup[] {
  const groupCount = Math.ceil(count / tagsPerGroup)
  return Array.from({ length: groupCount }, (_, groupIndex) => {
    const name = `分组 ${two(groupIndex + 1)}`
    const tagCount = Math.min(tagsPerGroup, count - groupIndex * tagsPerGroup)
    return {
      id: stableId('et', `chain:group:${name}`),
      name,
      order: (groupCount - groupIndex) * 100,
      createdAt,
      deleted: false,
      madeBy: groupIndex % 5 === 4 ? ('app' as const) : ('console' as const),
      tags: Array.from({ length: tagCount }, (_tag, index) => ({
        id: stableId('et', `chain:tag:${name}:${index}`),
        name: `标签 ${three(groupIndex * tagsPerGroup + index + 1)}`,
        order: (tagCount - index) * 10,
        createdAt: createdAt + 60,
        deleted: false,
      })),
    }
  })
}

function inventCustomer(random: Random, key: string): Customer {
  const isColleague = random.chance(0.03)
  const externalUserId = stableId(isColleague ? 'wo' : 'wm', `chain:${key}`)
  const avatar = random.chance(0.35) ? avatarPath(externalUserId) : ''
  if (isColleague) return { ...random.pick(colleaguesElsewhere), externalUserId, type: 2, avatar }
  return { ...inventName(random), externalUserId, type: 1, avatar }
}

/** The guides take turns; one in six customers is served by a second one as well, one in fifty by a third. */
function guidesServing(random: Random, guides: Member[], index: number): Member[] {
  const turn = random.next()
  const count = turn < 0.02 ? 3 : turn < 0.18 ? 2 : 1
  const serving = new Set([guides[index % guides.length]!])
  while (serving.size < Math.min(count, guides.length)) serving.add(random.pick(guides))
  return [...serving]
}

function inventFollow(
  now: number,
  random: Random,
  tagIds: string[],
  customer: Customer,
  guide: Member,
): Follow {
  const addWay = random.pick([1, 1, 1, 1, 2, 3, 4, 6, 10, 24])
  const addedAt = momentOf(now, -random.between(1, 1300), random.between(10, 20), random.between(0, 59))
  const turn = random.next()
  return {
    userId: guide.userId,
    externalUserId: customer.externalUserId,
    remark: [...customer.name].slice(0, 20).join(''),
    description: random.chance(0.1) ? '到店前先打招呼' : '',
    createdAt: Math.floor(addedAt / 1000),
    tagIds: someTags(random, tagIds),
    remarkCompany: '',
    mobiles: random.chance(0.22) ? [`1990000${String(random.between(0, 9999)).padStart(4, '0')}`] : [],
    operUserId: addWay === 1 || addWay === 10 ? customer.externalUserId : guide.userId,
    addWay,
    state: addWay === 1 ? `${two(guide.mainDepartment - firstStoreId + 1)}店收银台` : '',
    status: turn < 0.01 ? 'removed' : turn < 0.025 ? 'lost' : 'active',
  }
}

/** Four to twelve. */
function someTags(random: Random, tagIds: string[]): string[] {
  const count = Math.min(random.between(4, 12), tagIds.length)
  const worn = new Set<string>()
  while (worn.size < count) worn.add(random.pick(tagIds))
  return [...worn]
}

/** One group for each store, owned by its first guide. */
function planGroups(
  now: number,
  random: Random,
  departments: Department[],
  guides: Member[],
  follows: Follow[],
): CustomerGroup[] {
  return departments
    .filter(({ isStore }) => isStore)
    .flatMap(store => {
      const owner = guides.find(({ mainDepartment }) => mainDepartment === store.id)
      if (!owner) return []
      const createdAt = Math.floor(momentOf(now, -400, 11) / 1000)
      const own = follows.filter(({ userId, status }) => userId === owner.userId && status === 'active')
      const customers = own.slice(0, groupSize)
      return {
        chatId: stableId('wr', `chain:${store.id}`),
        name: `${store.name}会员群`,
        ownerUserId: owner.userId,
        createdAt,
        notice: '',
        members: [
          { id: owner.userId, type: 1 as const, joinedAt: createdAt, joinScene: 1 as const },
          ...customers.map(({ externalUserId }) => ({
            id: externalUserId,
            type: 2 as const,
            joinedAt: createdAt + random.between(60, 86_400),
            joinScene: 3 as const,
          })),
        ],
      }
    })
}

const lines = ['周末还有活动吗', '有的，给您留了两款', '好，我周六下午过来']

function someChats(now: number, follows: Follow[]): ChatMessage[] {
  const active = follows.filter(({ status }) => status === 'active')
  const seen = new Set<string>()
  const chosen = active.filter(({ userId }) => !seen.has(userId) && seen.add(userId)).slice(0, chattingGuides)
  return chosen
    .flatMap(({ userId, externalUserId }, turn) =>
      lines.map((content, index) => ({
        conversationId: `single:${userId}:${externalUserId}`,
        from:
          index % 2 === 0
            ? { kind: 'customer' as const, id: externalUserId }
            : { kind: 'member' as const, id: userId },
        at: momentOf(now, -1 - turn, 15, index),
        via: 'typed' as const,
        body: { msgtype: 'text' as const, content },
      })),
    )
    .sort((one, other) => one.at - other.at)
    .map((message, index) => ({ id: `m${String(index + 1).padStart(6, '0')}`, ...message }))
}
