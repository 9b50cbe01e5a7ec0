import type { Customer, CustomerGroup, Follow, Member, TagGroup } from '../../sandbox/world/types.ts'
import type { CallbackLine } from '../../sandbox/callbacks/callbacks.ts'
import type { TwoServers } from './twoServers.ts'

interface OurFollow {
  userId: string
  externalUserId: string
  status: 'active' | 'lost' | 'removed' | 'transferring'
  isHalf: boolean
  name: string
  remark: string
  tagIds: string[]
}
interface OurGroup {
  chatId: string
  name: string
  owner: string | null
  members: string[]
}
interface OurTagGroup {
  id: string
  name: string
  sort: number
  tags: { id: string; name: string; sort: number }[]
}

const MOST_LINES = 20
const pairOf = (userId: string, externalUserId: string) => `${userId.toLowerCase()} ${externalUserId}`

/**
 * Compares what WeCom holds with what our tables say: relations with their state, name, remark and tags, the tag catalogue, the
 * groups with their members.
 * @param unheard `userId externalUserId` of whom an ending (or a half friendship) was never told to us: WeCom's API shows the
 *   same before and after a customer has deleted a member, so nobody can know
 * @returns what differs, in words; empty when nothing does
 */
export async function differences(
  { control, query }: Pick<TwoServers, 'control' | 'query'>,
  unheard: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const [members, customers, follows, tagGroups, groups] = await Promise.all([
    control<Member[]>('GET', '/members'),
    control<Customer[]>('GET', '/customers'),
    control<Follow[]>('GET', '/follows'),
    control<TagGroup[]>('GET', '/tag-groups'),
    control<CustomerGroup[]>('GET', '/groups'),
  ])
  const isTold = (member: Member) => member.status === 1 && member.inVisibleRange && member.hasCustomerContact
  const told = new Set(members.filter(isTold).map(({ userId }) => userId.toLowerCase()))
  const nameOf = new Map(customers.map(({ externalUserId, name }) => [externalUserId, name]))
  const livingTags = new Set(
    tagGroups.flatMap(group =>
      group.deleted ? [] : group.tags.filter(tag => !tag.deleted).map(({ id }) => id),
    ),
  )

  const ours = (await ourFollows(query)).filter(({ userId }) => told.has(userId.toLowerCase()))
  const oursByPair = new Map(ours.map(follow => [pairOf(follow.userId, follow.externalUserId), follow]))
  const theirs = new Map(
    follows
      .filter(({ userId }) => told.has(userId.toLowerCase()))
      .map(follow => [pairOf(follow.userId, follow.externalUserId), follow]),
  )
  return [
    ...[...theirs].flatMap(([pair, follow]) => {
      const wanted = { name: nameOf.get(follow.externalUserId) ?? '', livingTags }
      return followDifferences(pair, follow, oursByPair.get(pair), wanted, unheard.has(pair))
    }),
    ...ours
      .map(follow => pairOf(follow.userId, follow.externalUserId))
      .filter(pair => !theirs.has(pair))
      .map(pair => `${pair}: only here`),
    ...listDifferences('tag group', tagGroupsOf(tagGroups), await ourTagGroups(query)),
    ...listDifferences(
      'group',
      groups.filter(({ ownerUserId }) => told.has(ownerUserId.toLowerCase())).map(groupOf),
      // Of a dissolved one only the name stays, for what was sent into it; of a leaver's nobody tells us any more.
      (await ourGroups(query))
        .filter(({ members, owner }) => members.length > 0 && (!owner || told.has(owner.toLowerCase())))
        .map(group => ({ ...group, id: group.chatId })),
    ),
  ]
}

/** @throws Error that says what differs */
export async function sameOnBothSides(
  product: Pick<TwoServers, 'control' | 'query'>,
  unheard?: ReadonlySet<string>,
): Promise<void> {
  const found = await differences(product, unheard)
  if (found.length === 0) return
  const shown = found.slice(0, MOST_LINES)
  if (found.length > shown.length) shown.push(`… ${found.length - shown.length} more`)
  throw new Error(`WeCom and we differ:\n${shown.join('\n')}`)
}

/** Pairs whose relation ended, or half began, without our ever hearing of it. */
export function unheardOf(lines: CallbackLine[]): Set<string> {
  const silent = ['del_follow_user', 'del_external_contact', 'add_half_external_contact']
  const heard = new Set(lines.filter(line => line.outcome === 200).map(line => line.id))
  const field = (xml: string, name: string) =>
    new RegExp(`<${name}><!\\[CDATA\\[(.*?)\\]\\]></${name}>`).exec(xml)?.[1] ?? ''
  return new Set(
    lines
      .filter(line => silent.includes(line.changeType) && !heard.has(line.id))
      .map(({ xml }) => pairOf(field(xml, 'UserID'), field(xml, 'ExternalUserID'))),
  )
}

/** Relations that had ended before we came: WeCom's API shows those of customers who deleted a member like any other. */
export const lostBefore = async ({ control }: Pick<TwoServers, 'control'>): Promise<Set<string>> =>
  new Set(
    (await control<Follow[]>('GET', '/follows'))
      .filter(({ status }) => status === 'lost')
      .map(({ userId, externalUserId }) => pairOf(userId, externalUserId)),
  )

function followDifferences(
  pair: string,
  theirs: Follow,
  ours: OurFollow | undefined,
  { name, livingTags }: { name: string; livingTags: ReadonlySet<string> },
  isUnheard: boolean,
): string[] {
  const state = ours ? (ours.isHalf && ours.status === 'active' ? 'half' : ours.status) : 'none'
  const fitting: Record<Follow['status'], string[]> = {
    active: ['active'],
    lost: isUnheard ? ['lost', 'active'] : ['lost'],
    half: isUnheard ? ['half', 'none', 'removed', 'lost'] : ['half'],
    // Deleted while half, a customer counts as lost until a pull no longer shows her.
    removed: isUnheard ? ['removed', 'lost', 'none', 'half'] : ['removed', 'lost', 'none'],
  }
  if (!fitting[theirs.status].includes(state)) return [`${pair}: ${theirs.status} at WeCom, ${state} here`]
  if (!ours || (theirs.status !== 'active' && theirs.status !== 'lost')) return []
  const facts: [string, string, string][] = [
    ['name', name, ours.name],
    ['remark', theirs.remark, ours.remark],
    ['tags', sorted(theirs.tagIds.filter(id => livingTags.has(id))), sorted(ours.tagIds)],
  ]
  return facts
    .filter(([, there, here]) => there !== here)
    .map(([fact, there, here]) => `${pair}: ${fact} “${there}” at WeCom, “${here}” here`)
}

const sorted = (texts: string[]) => [...new Set(texts)].sort().join(' ')

function listDifferences(what: string, theirs: { id: string }[], ours: { id: string }[]): string[] {
  const here = new Map(ours.map(item => [item.id, JSON.stringify(item)]))
  const there = new Map(theirs.map(item => [item.id, JSON.stringify(item)]))
  return [...new Set([...there.keys(), ...here.keys()])]
    .filter(id => there.get(id) !== here.get(id))
    .map(id => `${what} ${id}: ${there.get(id) ?? 'absent'} at WeCom, ${here.get(id) ?? 'absent'} here`)
}

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)

const tagGroupsOf = (groups: TagGroup[]): OurTagGroup[] =>
  groups
    .filter(({ deleted }) => !deleted)
    .map(({ id, name, order, tags }) => ({
      id,
      name,
      sort: order,
      tags: tags
        .filter(({ deleted }) => !deleted)
        .map(tag => ({ id: tag.id, name: tag.name, sort: tag.order }))
        .sort(byId),
    }))

const groupOf = ({ chatId, name, ownerUserId, members }: CustomerGroup): OurGroup & { id: string } => ({
  chatId,
  name,
  owner: ownerUserId,
  members: members.map(({ id }) => id).sort(),
  id: chatId,
})

const ourFollows = (query: TwoServers['query']) =>
  query<OurFollow>(`
    select s.user_id as "userId", c.external_user_id as "externalUserId", f.status, c.name,
           f.half_added_at is not null as "isHalf", coalesce(f.remark, '') as remark,
           array(select t.wecom_id from tags t where t.tag_id = any(f.tag_ids) and not t.is_deleted) as "tagIds"
    from follows f
    join staff s on s.staff_id = f.staff_id
    join customers c on c.customer_id = f.customer_id`)

const ourGroups = (query: TwoServers['query']) =>
  query<OurGroup>(`
    select g.chat_id as "chatId", g.name, s.user_id as owner,
           array(select m.member_id from group_members m where m.group_chat_id = g.group_chat_id
                 order by m.member_id collate "C") as members
    from group_chats g
    left join staff s on s.staff_id = g.owner_staff_id`)

const ourTagGroups = (query: TwoServers['query']) =>
  query<OurTagGroup>(`
    select g.wecom_id as id, g.name, g.sort::int as sort, coalesce((
      select json_agg(json_build_object('id', t.wecom_id, 'name', t.name, 'sort', t.sort)
                      order by t.wecom_id collate "C")
      from tags t where t.group_id = g.group_id and not t.is_deleted), '[]') as tags
    from tag_groups g where not g.is_deleted`)
