import { randomUUID } from 'node:crypto'
import type { StaffActor } from '../../server/actor.ts'
import type { SignedIn } from '../../tests/support/signIn.ts'
import { insist, codeOf } from './insist.ts'
import type { Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const STOCK = 40
const CUSTOMERS = 120
const ABREAST = 24

/** More customers than pieces, all guides at once; then each piece is confirmed, given back and taken back at the same time. */
export async function hotCoupon(
  { guides, withMake, corpId, product, admin }: Stage,
  verdicts: Verdicts,
): Promise<void> {
  const { templateId } = await withMake(make =>
    make.couponTemplate({ corpId, wecomCorpId: '' }, { stock: STOCK, validUntil: null }),
  )
  const staff = await product.query<{ staffId: number; userId: string; name: string }>(
    `select staff_id as "staffId", user_id as "userId", name from staff`,
  )
  const tasks: { who: SignedIn; wish: object }[] = []
  for (let turn = 0; turn < CUSTOMERS; turn++) {
    const who = guides[turn % guides.length]
    const row = staff.find(({ userId }) => userId === who?.userId)
    if (!who || !row) throw new Error('no guide')
    const actor: StaffActor = {
      kind: 'staff',
      corpId,
      role: 'guide',
      store: null,
      managedStoreIds: [],
      ...row,
    }
    const customer = await withMake(make => make.followed({ corpId, wecomCorpId: '' }, actor))
    tasks.push({ who, wish: { templateId, externalUserId: customer.externalUserId, reminderId: null } })
  }
  const answers = await abreast(tasks, ({ who, wish }) =>
    insist(who, 'POST', '/api/coupons', wish, randomUUID()),
  )
  const given = answers.flatMap((answer, place) =>
    answer.status === 201 ? [{ answer, who: tasks[place]!.who }] : [],
  )
  const refused = new Set(answers.filter(({ status }) => status !== 201).map(codeOf))
  const [rows] = await product.query<{ n: number }>(
    `select count(*)::int as n from coupons where template_id = $1 and state = 'reserved'`,
    [templateId],
  )
  verdicts.note(
    'P9',
    given.length === STOCK && rows?.n === STOCK && [...refused].join() === 'coupon_sold_out',
    `${CUSTOMERS} 人抢 ${STOCK} 张：发出 ${given.length}，库里 ${rows?.n}，其余 ${[...refused].join('、')}`,
  )

  const ends = await abreast(given, async ({ answer, who }) => {
    const { couponId } = answer.body as { couponId: string }
    const at = `/api/coupons/${couponId}`
    return Promise.all([
      insist(who, 'POST', `${at}/confirm`, {}, randomUUID()),
      insist(who, 'POST', `${at}/release`, { outcome: 'cancelled' }, randomUUID()),
      insist(admin, 'POST', `${at}/revoke`, { reason: '演练' }, randomUUID()),
    ])
  })
  const [twice] = await product.query<{ n: number }>(
    `select count(*)::int as n from (
       select coupon_id from coupon_ledger where to_state in ('redeemed', 'released', 'expired', 'revoked')
       group by coupon_id having count(*) > 1) each`,
  )
  const odd = ends.flat().filter(({ status }) => status !== 200 && status !== 409).length
  verdicts.note(
    'P10',
    twice?.n === 0 && odd === 0,
    `${given.length} 张同时确认、退回、收回：结束过两次的 ${twice?.n} 张`,
  )
}

async function abreast<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  let next = 0
  const lane = async () => {
    for (let place = next++; place < items.length; place = next++) {
      const item = items[place]
      if (item !== undefined) done[place] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, lane))
  return done
}
