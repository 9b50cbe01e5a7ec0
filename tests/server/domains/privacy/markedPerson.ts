import { sql } from 'kysely'
import type { StaffActor } from '../../../../server/actor.ts'
import type { SignedIn, TestApp } from '../../../support/createTestApp.ts'
import { aFollow, aMember } from '../../../support/fakeWecom.ts'

/** Stands in every value of hers that is a text, and in nobody else's. */
export const MARK = '青鸾'
export const HER_PHONE = '13987654321'
export const HER_ID = 'wmHerOwnMarkedId'
export const OTHERS_ID = 'wmSomebodyElse'

let keys = 0
export const newKey = () => `a-key-of-the-privacy-tests-${keys++}`

export interface MarkedShop {
  guide: StaffActor
  who: SignedIn
  admin: SignedIn
  chatId: string
  templateId: string
}

/** Members, two friends of one guide, as WeCom has them; pulled. */
export async function openShop(test: TestApp): Promise<MarkedShop> {
  const { wecom, make, corp, db, services } = test
  wecom.departments = [
    { id: 1, name: '云锦珠宝', parentId: 0 },
    { id: 3, name: '国贸店', parentId: 1 },
  ]
  const place = { departmentIds: [3], mainDepartmentId: 3 }
  wecom.members = [aMember('chenlu', { name: '陈露', ...place }), aMember('hq_admin', { name: '方致远' })]
  wecom.followUserIds = ['chenlu']
  wecom.tagGroups = [{ groupId: 'g1', name: '喜好', sort: 1, tags: [{ tagId: 't1', name: '简约', sort: 1 }] }]
  wecom.follows = [
    aFollow('chenlu', HER_ID, {
      remark: `${MARK}姐`,
      description: `${MARK}的描述`,
      mobiles: [HER_PHONE],
      tagIds: ['t1'],
      customer: { name: `${MARK}昵称`, avatarUrl: `https://wx.qlogo.cn/${encodeURIComponent(MARK)}` },
    }),
    aFollow('chenlu', OTHERS_ID, { remark: '别人' }),
  ]
  const chatId = 'wrMarkedGroup'
  wecom.groupChats = [
    {
      chatId,
      name: '福利群',
      ownerUserId: 'chenlu',
      members: [
        { id: 'chenlu', kind: 'staff' },
        { id: HER_ID, kind: 'external' },
        { id: OTHERS_ID, kind: 'external' },
      ],
    },
  ]
  await services.sync.pull({ isFresh: false }, new AbortController().signal)
  const member = async (userId: string) => {
    const found = await sql<{ staffId: number; storeId: number | null }>`
      select staff_id as "staffId", store_id as "storeId" from staff
      where corp_id = ${corp.corpId} and user_id = ${userId}`.execute(db)
    const row = found.rows[0]!
    const store =
      row.storeId === null
        ? null
        : { storeId: row.storeId, name: '国贸店', address: null, hours: null, phone: null }
    return {
      kind: 'staff',
      corpId: corp.corpId,
      userId,
      name: userId,
      staffId: row.staffId,
      store,
      managedStoreIds: [],
    } as const
  }
  await sql`update staff set role = 'admin' where corp_id = ${corp.corpId} and user_id = 'hq_admin'`.execute(
    db,
  )
  const guide: StaffActor = { ...(await member('chenlu')), role: 'guide', managedStoreIds: [] }
  const { templateId } = await make.couponTemplate(corp, { perPerson: 4 })
  return {
    guide,
    who: await test.signIn(guide),
    admin: await test.signIn({ ...(await member('hq_admin')), role: 'admin', managedStoreIds: [] }),
    chatId,
    templateId,
  }
}

async function answered<T>(answer: Response): Promise<T> {
  const text = await answer.text()
  if (answer.status >= 300) throw new Error(`${answer.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4])

/** Everything a guide can note about her, by the product's own doors; each text of it carries the mark. */
export async function plantEverything(
  test: TestApp,
  { who, admin, templateId, guide }: MarkedShop,
): Promise<void> {
  const at = `/api/customers/${HER_ID}`
  const put = <T = unknown>(method: string, path: string, json: unknown, version?: number) =>
    who
      .fetch(path, { method, json, key: newKey(), ...(version === undefined ? {} : { version }) })
      .then(answer => answered<T>(answer))
  await put(
    'PATCH',
    at,
    {
      salutation: `${MARK}称`,
      tier: MARK,
      ringSize: `${MARK}1`,
      wristSize: `${MARK}2`,
      neckSize: `${MARK}3`,
      wish: `${MARK}心愿`,
      note: `${MARK}备注`,
    },
    1,
  )
  await put('PUT', `${at}/quiet`, { quiet: { level: 'less', until: '2026-12-01', reason: `${MARK}忙` } }, 0)
  const mother = await put<{ person: { personId: string } }>('POST', `${at}/dates`, {
    person: { relation: 'mother', callName: `${MARK}妈` },
    kind: 'birthday',
    label: `${MARK}生日`,
    date: { calendar: 'solar', month: 12, day: 5 },
  })
  const daughter = await put<{ dateId: string; person: { personId: string } }>('POST', `${at}/dates`, {
    person: { relation: 'daughter', callName: `${MARK}囡` },
    kind: 'birthday',
    date: { calendar: 'solar', month: 12, day: 8 },
    consent: { guardian: 'customer', how: 'inPerson', givenOn: '2026-11-20' },
  })
  await put(
    'PATCH',
    `${at}/people/${mother.person.personId}`,
    { likes: `${MARK}玉`, avoids: `${MARK}银`, allergies: `${MARK}镍`, ringSize: MARK },
    1,
  )
  const removed = await put<{ dateId: string }>('POST', `${at}/dates`, {
    person: null,
    kind: 'other',
    label: `${MARK}纪念`,
    date: { calendar: 'solar', month: 6, day: 1 },
  })
  await answered(await who.fetch(`${at}/dates/${removed.dateId}`, { method: 'DELETE', key: newKey() }))
  const bought = (personId?: string) =>
    put<{ purchaseId: string }>('POST', `${at}/purchases`, {
      day: '2026-11-20',
      piece: `${MARK}手链`,
      amountFen: 12_300,
      engraving: `${MARK}刻`,
      recipient: `${MARK}收`,
      ...(personId === undefined ? {} : { personId }),
    }).catch(() =>
      put<{ purchaseId: string }>('POST', `${at}/purchases`, {
        day: '2026-11-20',
        piece: `${MARK}手链`,
        amountFen: 12_300,
      }),
    )
  await bought(mother.person.personId)
  const dropped = await bought()
  await answered(
    await who.fetch(`${at}/purchases/${dropped.purchaseId}`, { method: 'DELETE', key: newKey() }),
  )
  await put('POST', `${at}/promises`, { words: `${MARK}回复`, day: '2026-11-27' })
  await put('POST', `${at}/tags`, { add: [], remove: ['t1'] })
  await put('PATCH', `${at}/remark`, { remark: `${MARK}新备注` })
  const engraving = await put<{ engravingId: string; version: number }>('POST', `${at}/engravings`, {
    pieceId: 'ring',
    metal: 'gold',
    face: 'outside',
    font: 'song',
    lines: [MARK],
    personId: daughter.person.personId,
  })
  await answered(
    await who.fetch(`${at}/engravings/${engraving.engravingId}/picture`, {
      method: 'PUT',
      key: newKey(),
      version: engraving.version,
      headers: { 'content-type': 'image/jpeg' },
      body: jpeg,
    }),
  )
  const send = await put<{ sendId: string }>('POST', `${at}/sends`, {
    title: `${MARK}问候`,
    parts: [{ kind: 'text', text: `${MARK}您好` }],
    confirmed: true,
  })
  await put('PATCH', `${at}/sends/${send.sendId}`, { results: [{ index: 0, outcome: 'ok' }] })
  const coupon = await put<{ couponId: string }>('POST', '/api/coupons', {
    templateId,
    externalUserId: HER_ID,
    message: { title: `${MARK}券`, parts: [{ kind: 'text', text: `${MARK}送您` }] },
    confirmed: true,
  })
  await put('POST', `/api/coupons/${coupon.couponId}/confirm`, {})
  const wrong = await put<{ couponId: string }>('POST', '/api/coupons', {
    templateId,
    externalUserId: HER_ID,
    message: { title: `${MARK}券`, parts: [{ kind: 'text', text: `${MARK}送您` }] },
    confirmed: true,
  })
  await put('POST', `/api/coupons/${wrong.couponId}/confirm`, {})
  await admin
    .fetch(`/api/coupons/${wrong.couponId}/revoke`, {
      method: 'POST',
      json: { reason: `${MARK}的券发错了` },
      key: newKey(),
    })
    .then(answered)
  // What no door of the product writes while the tests run: rows of the background.
  const { customerId } = await herRow(test)
  await sql`
    insert into touches (corp_id, customer_id, at, kind, actor, what, detail)
    values (${guide.corpId}, ${customerId}, ${test.clock.now()}, 'friendAdded', 'customer', ${MARK}, ${MARK})`.execute(
    test.db,
  )
  await sql`
    insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, customer_id, payload, state, reason, created_at)
    values (gen_random_uuid(), ${guide.corpId}, 'remark', ${`customer:${customerId}`}, ${`marked:${customerId}`}, ${guide.staffId},
      ${customerId}, ${JSON.stringify({ remark: MARK })}::jsonb, 'dead', ${MARK}, ${test.clock.now()})`.execute(
    test.db,
  )
  await sql`
    insert into reminders (reminder_id, corp_id, customer_id, staff_id, kind, occurrence, due_on, state, skip_reason, created_at, subject, about, care)
    values (gen_random_uuid(), ${guide.corpId}, ${customerId}, ${guide.staffId}, 'care', '2026-11-21', '2026-11-21', 'skipped', ${MARK},
      ${test.clock.now()}, ${`marked:${customerId}`}, ${MARK}, ${MARK})`.execute(test.db)
}

export async function herRow(
  test: TestApp,
): Promise<{ customerId: number; externalUserId: string; name: string; salutation: null }> {
  const found = await sql<{ customerId: number }>`
    select customer_id as "customerId" from customers
    where corp_id = ${test.corp.corpId} and external_user_id = ${HER_ID}`.execute(test.db)
  return { customerId: found.rows[0]?.customerId ?? 0, externalUserId: HER_ID, name: '', salutation: null }
}

/** Where the mark, her number or WeCom's id of her still stands: table → rows. */
export async function findMarks(test: TestApp): Promise<Record<string, number>> {
  const tables = await sql<{ name: string; schema: string }>`
    select table_name as name, table_schema as schema from information_schema.tables
    where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`.execute(test.db)
  const left: Record<string, number> = {}
  for (const { name, schema } of tables.rows) {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(`${schema}.${name}`)} t
      where t::text like ${`%${MARK}%`} or t::text like ${`%${HER_PHONE}%`} or t::text like ${`%${HER_ID}%`}`.execute(
      test.db,
    )
    const count = found.rows[0]?.count ?? 0
    if (count > 0) left[name] = count
  }
  return left
}
