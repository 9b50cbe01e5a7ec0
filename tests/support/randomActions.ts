import type { CustomerGroup, Follow, TagGroup } from '../../sandbox/world/types.ts'
import type { Random } from '../../sandbox/world/random.ts'
import type { TwoServers } from './twoServers.ts'

const GUIDES = ['chenlu', 'zhoumin', 'zhaoyiming', 'linxiaoyu', 'guoqian', 'sunlihua']
const FAMILIAR = 15
const SECOND_MS = 1000

/**
 * What people and admins do in WeCom, at random, among few enough that they meet again and again: remarks, phones and tags, friends
 * deleted by either side and made again, half friendships, tags and groups made, renamed and taken away, customers handed over.
 */
export async function createActors(
  product: Pick<TwoServers, 'control' | 'act'>,
  random: Random,
  /** customers nobody touches, and tags stay as they are: both belong to somebody else then */
  { isQuietWith }: { isQuietWith?: ReadonlySet<string> } = {},
) {
  const { control, act } = product
  const follows = await control<Follow[]>('GET', '/follows')
  const familiar = random.sample(
    [
      ...new Set(follows.filter(({ userId }) => GUIDES.includes(userId)).map(each => each.externalUserId)),
    ].filter(id => !isQuietWith?.has(id)),
    FAMILIAR,
  )
  const lastSecondOf = new Map<string, number>()
  let named = 0
  const newName = (what: string) => `${what}${++named}`

  const livingGroups = async () =>
    (await control<TagGroup[]>('GET', '/tag-groups')).filter(group => !group.deleted)
  const livingTags = (groups: TagGroup[]) => groups.flatMap(({ tags }) => tags.filter(tag => !tag.deleted))
  const someChat = async () => {
    const groups = await control<CustomerGroup[]>('GET', '/groups')
    return groups.length > 0 ? random.pick(groups) : undefined
  }

  /** WeCom counts in seconds, and nobody makes, ends and remakes a friendship within one. */
  function isTooSoon(externalUserId: string): boolean {
    const second = Math.floor(Date.now() / SECOND_MS)
    if (lastSecondOf.get(externalUserId) === second) return true
    lastSecondOf.set(externalUserId, second)
    return false
  }

  async function betweenTwo(): Promise<object | undefined> {
    const pair = { userId: random.pick(GUIDES), externalUserId: random.pick(familiar) }
    if (isTooSoon(pair.externalUserId)) return undefined
    const tags = livingTags(await livingGroups()).map(({ id }) => id)
    const choice = random.pick([
      () => act('guide-edits', { ...pair, remark: newName('改') }),
      () => act('guide-edits', { ...pair, mobiles: [`1990000${random.between(1000, 9999)}`] }),
      () => act('guide-edits', { ...pair, tagIds: random.sample(tags, random.between(0, 4)) }),
      () => act('guide-edits', { ...pair, tagIds: random.sample(tags, random.between(0, 4)) }),
      () => act('guide-deletes', pair),
      () => act('customer-deletes', pair),
      () => act('customer-adds', { ...pair, skipVerify: random.chance(0.5), state: '门店' }),
      () => act('customer-adds', pair),
      () => act('guide-confirms', pair),
      () => act('guide-adds', pair),
    ])
    return choice()
  }

  async function aboutTags(): Promise<object | undefined> {
    const groups = await livingGroups()
    const group = random.pick(groups)
    const tag = random.pick(livingTags(groups))
    const choice = random.pick([
      () => act('admin-creates-tag-group', { name: newName('组'), tags: [newName('签'), newName('签')] }),
      () => act('admin-creates-tag', { groupId: group.id, name: newName('签') }),
      () => act('admin-renames-tag', { id: random.chance(0.3) ? group.id : tag.id, name: newName('名') }),
      () => act('admin-deletes-tag', { id: random.chance(0.1) ? group.id : tag.id }),
      () =>
        act('admin-orders-tags', {
          groupId: group.id,
          tagIds: random.sample(livingTags([group]), 99).map(({ id }) => id),
        }),
      () => act('admin-orders-tag-groups', { groupIds: random.sample(groups, 99).map(({ id }) => id) }),
    ])
    return choice()
  }

  async function aboutGroups(): Promise<object | undefined> {
    const chat = await someChat()
    const ownerUserId = random.pick(GUIDES)
    if (!chat || random.chance(0.15))
      return act('group-created', {
        ownerUserId,
        name: newName('群'),
        members: random.sample(familiar, 3).map(id => ({ id })),
      })
    const { chatId } = chat
    const choice = random.pick([
      () => act('group-joined', { chatId, members: [{ id: random.pick(familiar) }] }),
      () => act('group-joined', { chatId, members: [{ id: random.pick(GUIDES) }] }),
      () => act('group-joined', { chatId, members: [{ name: newName('路人') }], by: 'code' }),
      () => act('group-left', { chatId, memberIds: [random.pick(chat.members).id] }),
      () => act('group-renamed', { chatId, name: newName('群') }),
      () => act('group-owner-changed', { chatId, ownerUserId }),
      () => act('group-noticed', { chatId, notice: newName('公告') }),
      ...(random.chance(0.2) ? [() => act('group-dismissed', { chatId })] : []),
    ])
    return choice()
  }

  async function handOver(): Promise<object | undefined> {
    const [handoverUserId, takeoverUserId] = random.sample(GUIDES, 2)
    const externalUserId = random.pick(familiar)
    if (isTooSoon(externalUserId)) return undefined
    return (
      (await act('customer-answers-transfer', { externalUserId, isAccepted: random.chance(0.7) })) ??
      act('admin-transfers', { handoverUserId, takeoverUserId, externalUserIds: [externalUserId] })
    )
  }

  return {
    /** `count` of them one after the other; `did` hears how many there were so far. */
    async doSome(count: number, did: (sum: number) => Promise<void> | void = () => undefined): Promise<void> {
      for (let done = 0; done < count;) {
        const draw = random.next()
        const act =
          draw < 0.6 || (draw < 0.75 && isQuietWith)
            ? betweenTwo
            : draw < 0.75
              ? aboutTags
              : draw < 0.9
                ? aboutGroups
                : handOver
        if ((await act()) === undefined) continue
        done += 1
        await did(done)
      }
    },
  }
}
