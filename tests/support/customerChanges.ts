import { randomUUID } from 'node:crypto'
import type { Random } from '../../sandbox/world/random.ts'
import type { SignedIn } from './signIn.ts'
import type { TwoServers } from './twoServers.ts'

/** One guide's customer and what the guide wants WeCom to hold of her in the end. */
export interface Intention {
  guide: SignedIn
  externalUserId: string
  remark: string
  tagIds: Set<string>
}

interface Row {
  userId: string
  externalUserId: string
  remark: string
  tagIds: string[]
}

/** The first `perGuide` living customers of each guide as they stand now, and the corp's tags. */
export async function readIntentions(
  { query }: Pick<TwoServers, 'query'>,
  guides: SignedIn[],
  perGuide: number,
): Promise<{ intentions: Intention[]; tagIds: string[] }> {
  const tags = await query<{ id: string }>(
    `select t.wecom_id as id from tags t where not t.is_deleted order by t.tag_id`,
  )
  const intentions: Intention[] = []
  for (const guide of guides) {
    const rows = await query<Row>(`${intentionRows} and s.user_id = $1 order by f.follow_id limit $2`, [
      guide.userId,
      perGuide,
    ])
    for (const { externalUserId, remark, tagIds } of rows)
      intentions.push({ guide, externalUserId, remark, tagIds: new Set(tagIds) })
  }
  return { intentions, tagIds: tags.map(({ id }) => id) }
}

const intentionRows = `
  select s.user_id as "userId", c.external_user_id as "externalUserId", coalesce(f.remark, '') as remark,
         array(select t.wecom_id from tags t where t.tag_id = any(f.tag_ids) and not t.is_deleted) as "tagIds"
  from follows f
  join staff s on s.staff_id = f.staff_id
  join customers c on c.customer_id = f.customer_id
  where f.status = 'active' and f.half_added_at is null`

/** What our tables do not hold as it was wanted. */
export async function unfulfilled(
  { query }: Pick<TwoServers, 'query'>,
  intentions: Intention[],
): Promise<string[]> {
  const rows = new Map(
    (await query<Row>(intentionRows)).map(row => [`${row.userId} ${row.externalUserId}`, row]),
  )
  return intentions.flatMap(({ guide, externalUserId, remark, tagIds }) => {
    const found = rows.get(`${guide.userId} ${externalUserId}`)
    const wanted = `${remark} ${[...tagIds].sort().join(' ')}`
    const held = found && `${found.remark} ${[...found.tagIds].sort().join(' ')}`
    return held === wanted ? [] : [`${guide.userId} ${externalUserId}: wanted “${wanted}”, found “${held}”`]
  })
}

const tagsPath = (externalUserId: string) => `/api/customers/${externalUserId}/tags`
const remarkPath = (externalUserId: string) => `/api/customers/${externalUserId}/remark`

/** Another remark, or a tag put on or taken off; now and then undone at once, now and then asked for twice with one key. */
export async function changeSomething(
  intention: Intention,
  tagIds: string[],
  random: Random,
): Promise<number> {
  const { guide, externalUserId } = intention
  const ask = async (method: string, path: string, body: object) => {
    const key = randomUUID()
    const isRepeated = random.chance(0.15)
    await guide.change(method, path, body, key)
    if (isRepeated) await guide.change(method, path, body, key)
    return isRepeated ? 2 : 1
  }
  const toggle = async (tagId: string) => {
    const isWorn = intention.tagIds.has(tagId)
    const body = isWorn ? { remove: [tagId] } : { add: [tagId] }
    const asked = await ask('POST', tagsPath(externalUserId), body)
    if (isWorn) intention.tagIds.delete(tagId)
    else intention.tagIds.add(tagId)
    return asked
  }
  if (random.chance(0.4)) {
    const remark = `备注${random.between(1, 9999)}`
    const asked = await ask('PATCH', remarkPath(externalUserId), { remark })
    intention.remark = remark
    return asked
  }
  const tagId = random.pick(tagIds)
  const asked = await toggle(tagId)
  return random.chance(0.15) ? asked + (await toggle(tagId)) : asked
}

/** `count` changes in all, each customer's one after the other, `abreast` customers at the same time. */
export async function changeMany(
  intentions: Intention[],
  tagIds: string[],
  {
    count,
    abreast,
    random,
    answered,
  }: { count: number; abreast: number; random: Random; answered?: (sum: number) => void },
): Promise<void> {
  const perCustomer = new Map<Intention, number>()
  for (let index = 0; index < count; index++) {
    const intention = random.pick(intentions)
    perCustomer.set(intention, (perCustomer.get(intention) ?? 0) + 1)
  }
  const left = perCustomer.entries()
  let sum = 0
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      for (const [intention, turns] of left)
        for (let turn = 0; turn < turns; turn++) {
          const asked = await changeSomething(intention, tagIds, random)
          sum += asked
          answered?.(sum)
        }
    }),
  )
}
