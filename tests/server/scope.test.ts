import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StaffActor } from '../../server/actor.ts'
import { digest } from '../../server/sealing.ts'
import {
  createTestApp,
  sealingOf,
  TEST_PUBLIC_URL,
  type SignedIn,
  type TestApp,
} from '../support/createTestApp.ts'
import type { MadeCorp, MadeCustomer, MadeStore, MadeTag } from '../support/make.ts'

let test: TestApp
beforeAll(async () => {
  test = await createTestApp()
})
afterAll(() => test.close())

/** Everything that hangs on one member: one id of each kind. */
interface World {
  externalUserId: string
  personId: string
  undoId: string
  customerId: number
  dateId: string
  reminderId: string
  sendId: string
  couponId: string
  code: string
  shareId: string
  channelCodeId: string
  engravingId: string
  outboxId: string
  purchaseId: string
  importId: string
  chatId: string
  scriptId: string
  ownScriptId: string
  assetId: string
  userId: string
}
type Slot = keyof typeof slots
/** Requests that differ in one id. */
interface Base {
  /** whose function it is; others are told that they need a role */
  who?: 'manager' | 'admin'
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  json?: unknown
  file?: { type: string; bytes: Uint8Array<ArrayBuffer> }
  version?: number
}

/** Slots that name something. A new one has to be written down here with ids of a world that is not the caller's. */
const slots = {
  externalUserId: 'wmNeverExisted',
  'externalUserIds[]': 'wmNeverExisted',
  outboxId: randomUUID(),
  groupId: 'etgNeverExisted',
  dateId: randomUUID(),
  purchaseId: randomUUID(),
  personId: randomUUID(),
  importId: randomUUID(),
  'person.personId': randomUUID(),
  'people[].person.personId': randomUUID(),
  'people[].dates[].instead': randomUUID(),
  'self.dates[].instead': randomUUID(),
  undoId: randomUUID(),
  reminderId: randomUUID(),
  sendId: randomUUID(),
  chatId: 'wrNeverExisted',
  couponId: randomUUID(),
  code: '222222222222',
  token: 'AAAAAAAAAAAAAAAAAAAAAA',
  pictureId: randomUUID(),
  shareId: randomUUID(),
  'storeIds[]': 2_147_483_000,
  channelCodeId: randomUUID(),
  'guideUserIds[]': 'never.existed',
  'tagIds[]': 'etNeverExisted',
  engravingId: randomUUID(),
  templateId: randomUUID(),
  'script.scriptId': randomUUID(),
  'message.script.scriptId': randomUUID(),
  'parts[].assetId': randomUUID(),
  'message.parts[].assetId': randomUUID(),
  assetId: randomUUID(),
  scriptId: randomUUID(),
  'scriptIds[]': randomUUID(),
  storeId: 2_147_483_000,
  departmentId: 2_147_483_000,
  store: 2_147_483_000,
  userId: 'never.existed',
  of: 'never.existed',
  fromUserId: 'never.existed',
  toUserId: 'never.existed',
  'add[]': 'etNeverExisted',
  'remove[]': 'etNeverExisted',
  tag: 'etNeverExisted',
  cursor: 'bmV2ZXItZXhpc3RlZA',
  sessionId: randomUUID(),
  member: 'never.existed',
  customer: 'wmNeverExisted',
  exportId: randomUUID(),
  erasureId: randomUUID(),
  bulkExportId: randomUUID(),
}

/** Slots that name nothing: what is written there is the caller's own. */
const plainDate = ['self.dates[]', 'people[].dates[]'].flatMap(at =>
  'kind label leadDays isAnother date.calendar date.month date.day date.isLeapMonth date.year date.leapPolicy'
    .split(' ')
    .map(name => `${at}.${name}`),
)
const plainMessage =
  'title script.version parts[].kind parts[].text parts[].title parts[].description parts[].link parts[].imageUrl parts[].name parts[].appId parts[].page'
    .split(' ')
    .map(name => `message.${name}`)
const plainSlots = new Set([
  ...plainDate,
  ...plainMessage,
  'words[]',
  ...`url limit q salutation tier ringSize wristSize neckSize wish note day piece amountFen recipient isCustom engraving remark
   choice ownName address hours phone kind label person.relation person.callName date.calendar date.month date.day date.isLeapMonth
   date.year date.leapPolicy leadDays isAnother promises[].words promises[].day person.isMinor consent.guardian consent.how consent.givenOn relation callName
   allergies likes avoids isMinor year self.version self.changes.salutation self.changes.tier self.changes.ringSize
   self.changes.wristSize self.changes.neckSize self.changes.wish people[].person.relation people[].person.callName
   people[].person.isMinor people[].person.version people[].changes.callName people[].changes.ringSize
   people[].changes.wristSize people[].changes.neckSize people[].changes.allergies people[].changes.likes
   people[].changes.avoids people[].consent.guardian people[].consent.how people[].consent.givenOn action from until reason title parts[].kind parts[].text parts[].title parts[].description parts[].link
   parts[].imageUrl parts[].name parts[].appId parts[].page occasion scope effectiveFrom effectiveUntil isFavourite format script.version results[].index results[].outcome results[].reason results[].attempt attempt next again stop open client.platform client.version outcome which
   pieceId metal face font lines[] priceFen readyOn goldPriceFen platinumPriceFen productionDays details isOffered
   how words leads[].dateKind leads[].productLine leads[].productionDays leads[].bufferDays closures[].firstDay
   closures[].lastDay closures[].name cares[].name cares[].afterDays isReplied customDays otherDays by columns name withoutWrong digestAt quietFrom quietUntil doNotDisturbUntil
   welcomeText skipVerify have haveMarks reasonClass confirmed quiet.level quiet.until quiet.reason rules[].scope rules[].channel rules[].periodDays rules[].maxCount
   rules[].hardness rules[].bypass[] rules[].source rules[].sourceDate rules[].isOn quietHours.isOn quietHours.from
   quietHours.until quietHours.hardness quietHours.bypass[] face.kind face.amountFen face.percent face.words face.thresholdFen
   face.goods validity.kind validity.from validity.day validity.days hours[].weekdays[] hours[].from hours[].until stock perPerson
   perGuidePerDay tiers[] occasions[] isStackable landingText terms sort state count hours what topic from columns[] isApproved timelineMonths wordsMonths callbackDays lostMonths`.split(
    /\s+/,
  ),
])

interface Schema {
  $ref?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}
interface Operation {
  id: string
  method: string
  path: string
  params: string[]
  query: string[]
  body: string[]
}

/** Every operation of the document with the names of everything a client can fill in. */
async function operations(): Promise<Operation[]> {
  const document = (await (await test.fetch('/api/openapi.json')).json()) as {
    components: { schemas: Record<string, Schema> }
    paths: Record<
      string,
      Record<
        string,
        {
          operationId: string
          parameters?: { name: string; in: string }[]
          requestBody?: { content: Record<string, { schema: Schema }> }
        }
      >
    >
  }
  const leaves = (schema: Schema, at: string): string[] => {
    if (schema.$ref) return leaves(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, at)
    const inner = [
      ...Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
        leaves(part, at ? `${at}.${name}` : name),
      ),
      ...(schema.items ? leaves(schema.items, `${at}[]`) : []),
      ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(part =>
        leaves(part, at),
      ),
    ]
    return inner.length > 0 || at === '' ? inner : [at]
  }
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const named = (where: string) =>
        (operation.parameters ?? []).filter(each => each.in === where).map(({ name }) => name)
      const schema = operation.requestBody?.content['application/json']?.schema
      const body = [...new Set(schema ? leaves(schema, '') : [])]
      // A choice between an object and null shows as both.
      const isInner = (slot: string) => body.some(other => other.startsWith(`${slot}.`))
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        params: named('path'),
        query: named('query'),
        body: body.filter(slot => !isInner(slot)),
      }
    }),
  )
}

let keys = 0
function request(who: SignedIn, operation: Operation, base: Base): Promise<Response> {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(base.params?.[name])),
  )
  const query = new URLSearchParams(
    Object.entries(base.query ?? {}).map(([name, value]) => [name, String(value)]),
  )
  return who.fetch(`${path}${base.query ? `?${query.toString()}` : ''}`, {
    method: operation.method,
    ...(base.json === undefined ? {} : { json: base.json }),
    ...(base.file && { body: base.file.bytes, headers: { 'content-type': base.file.type } }),
    ...(base.version === undefined ? {} : { version: base.version }),
    ...(operation.method === 'GET' ? {} : { key: `a-key-of-the-crawl-${keys++}` }),
  })
}

/** The base with one slot filled in anew. */
function filled(operation: Operation, base: Base, slot: Slot, value: unknown): Base {
  if (operation.params.includes(slot)) return { ...base, params: { ...base.params, [slot]: value } }
  if (operation.query.includes(slot)) return { ...base, query: { ...base.query, [slot]: value } }
  const json = structuredClone(base.json ?? {}) as Record<string, unknown>
  const steps = slot.split('.')
  const last = steps.pop() ?? ''
  let at = json
  for (const step of steps) {
    if (step.endsWith('[]')) {
      const list = (at[step.slice(0, -2)] ??= [{}]) as Record<string, unknown>[]
      at = list[0] ??= {}
    } else at = (at[step] = { ...(at[step] as object | null) }) as Record<string, unknown>
  }
  if (last.endsWith('[]')) {
    const name = last.slice(0, -2)
    at[name] = [...((at[name] as unknown[] | undefined) ?? []), value]
  } else at[last] = value
  return { ...base, json }
}

/** All a client can see of an answer, but for what is never the same twice. */
async function seen(answer: Response) {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'x-request-id'))
  const text = (await answer.text()).replace(/"requestId":"[^"]*"/, '')
  return { status: answer.status, headers, text }
}

/** A hash of every table; sessions are marked as used, and what was refused is written down and counted. */
async function contents(): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and table_name not in ('sessions', 'audit_entries', 'audit_denials', 'limit_quotas')`.execute(test.db)
  const hashes = await Promise.all(
    tables.rows.map(async ({ name }) => {
      const found = await sql<{ hash: string }>`
        select count(*) || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from ${sql.table(name)} t`.execute(
        test.db,
      )
      return [name, found.rows[0]?.hash ?? ''] as const
    }),
  )
  return Object.fromEntries(hashes)
}

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4])
const text = { title: '问候', parts: [{ kind: 'text', text: '您好' }] }

async function reserve(
  who: SignedIn,
  template: { templateId: string },
  customer: { externalUserId: string },
) {
  const answer = await who.fetch('/api/coupons', {
    method: 'POST',
    key: `a-key-of-a-reservation-${keys++}`,
    json: { templateId: template.templateId, externalUserId: customer.externalUserId },
  })
  return (await answer.json()) as { couponId: string }
}

async function deadRow(corp: MadeCorp, owner: StaffActor): Promise<string> {
  const outboxId = randomUUID()
  await sql`
    insert into outbox (outbox_id, corp_id, kind, lane, subject, staff_id, payload, state, reason, created_at, ended_at)
    values (${outboxId}, ${corp.corpId}, 'message', ${`staff:${owner.staffId}`}, ${outboxId}, ${owner.staffId}, '{}', 'dead',
            '试了一天都没有成功', ${test.clock.now()}, ${test.clock.now()})`.execute(test.db)
  return outboxId
}

/** A file of hers that waits for this session. */
async function exportOf(who: SignedIn, customer: { customerId: number }): Promise<string> {
  const exportId = randomUUID()
  await sql`
    insert into personal_exports (export_id, corp_id, staff_id, customer_id, session_hash, file_sealed, made_at, expires_at)
    values (${exportId}, ${who.actor.corpId}, ${who.actor.staffId}, ${customer.customerId},
      ${digest(who.cookie.slice(who.cookie.indexOf('=') + 1))}, ${sealingOf(test.config).seal('{}')}, ${test.clock.now()},
      ${new Date(test.clock.now().getTime() + 600_000)})`.execute(test.db)
  return exportId
}

async function erasureOf(corp: { corpId: number }): Promise<string> {
  const erasureId = randomUUID()
  await sql`
    insert into erasures (erasure_id, corp_id, tombstone, cause, state, asked_at)
    values (${erasureId}, ${corp.corpId}, 'x', 'asked', 'done', ${test.clock.now()})`.execute(test.db)
  return erasureId
}

let numbers = 0
async function bulkExportOf(corp: { corpId: number }, asker: StaffActor, isReady = false): Promise<string> {
  const bulkExportId = randomUUID()
  const later = new Date(test.clock.now().getTime() + 600_000)
  await sql`
    insert into bulk_exports (bulk_export_id, corp_id, number, asked_by, asked_at, reason, columns, format, state, row_count,
      file_sealed, expires_at)
    values (${bulkExportId}, ${corp.corpId}, ${1_000 + numbers++}, ${asker.staffId}, '2026-11-01', '盘点', '{name}', 'csv',
      ${isReady ? 'ready' : 'waiting'}, ${isReady ? 0 : null}, ${isReady ? sealingOf(test.config).seal('') : null},
      ${isReady ? later : null})`.execute(test.db)
  return bulkExportId
}

/** A purchase that counts for a message. */
async function purchaseOf(
  corp: MadeCorp,
  { sendId }: { sendId: string },
  customer: MadeCustomer,
): Promise<string> {
  const purchaseId = randomUUID()
  await sql`
    insert into purchases (purchase_id, corp_id, customer_id, day, piece, amount_fen, created_at)
    values (${purchaseId}, ${corp.corpId}, ${customer.customerId}, '2026-11-20', '足金手链', 100, ${test.clock.now()})`.execute(
    test.db,
  )
  await sql`
    insert into purchase_traces (purchase_id, corp_id, send_id, strength, staff_ids)
    values (${purchaseId}, ${corp.corpId}, ${sendId}, 'sent', '{}')`.execute(test.db)
  return purchaseId
}

async function importOf(corp: MadeCorp, owner: StaffActor): Promise<string> {
  const importId = randomUUID()
  await sql`
    insert into purchase_imports (import_id, corp_id, staff_id, file_name, content_hash, added, repeated, left_out, created_at)
    values (${importId}, ${corp.corpId}, ${owner.staffId}, '11月.csv', '', 0, 0, 0, ${test.clock.now()})`.execute(
    test.db,
  )
  return importId
}

async function chatOf(corp: MadeCorp, owner: StaffActor, customer: MadeCustomer): Promise<string> {
  const chatId = `wr${randomUUID().slice(0, 8)}`
  await sql`
    with chat as (
      insert into group_chats (corp_id, chat_id, name, owner_staff_id, member_count, synced_at)
      values (${corp.corpId}, ${chatId}, '福利群', ${owner.staffId}, 2, ${test.clock.now()}) returning group_chat_id)
    insert into group_members (group_chat_id, member_id, kind)
    select group_chat_id, member_id, kind from chat,
      (values (${owner.userId}, 1), (${customer.externalUserId}, 2)) as member (member_id, kind)`.execute(
    test.db,
  )
  return chatId
}

/** A draft whose picture WeCom has. */
async function engravingOf(corp: MadeCorp, owner: StaffActor, customer: { customerId: number }) {
  const engravingId = randomUUID()
  await sql`
    with engraving as (
      insert into engravings (engraving_id, corp_id, customer_id, staff_id, piece_id, metal, face, font, lines, created_at,
                              updated_at)
      values (${engravingId}, ${corp.corpId}, ${customer.customerId}, ${owner.staffId}, 'ring', 'gold', 'outside', 'song',
              ${['妈妈']}, ${test.clock.now()}, ${test.clock.now()})),
    file as (
      insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable, uploaded_at,
                               media_id, media_fetched_at)
      values (${engravingId}, ${corp.corpId}, 'image', 'engraving.jpg', 'image/jpeg', ${jpeg}, '', false, true,
              ${test.clock.now()}, 'media', ${test.clock.now()}))
    insert into engraving_pictures (engraving_id, corp_id, file_id)
    values (${engravingId}, ${corp.corpId}, ${engravingId})`.execute(test.db)
  return engravingId
}

/** A picture of the library that its owner has put into no script yet. */
async function assetOf(corp: MadeCorp, owner: StaffActor): Promise<string> {
  const assetId = randomUUID()
  await sql`
    with file as (
      insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable, uploaded_at)
      values (${assetId}, ${corp.corpId}, 'image', '店面.jpg', 'image/jpeg', ${jpeg}, '', true, false, ${test.clock.now()}))
    insert into script_assets (asset_id, corp_id, staff_id, kind, name, byte_count, created_at)
    values (${assetId}, ${corp.corpId}, ${owner.staffId}, 'image', '店面.jpg', ${jpeg.length}, ${test.clock.now()})`.execute(
    test.db,
  )
  return assetId
}

/** A link of coupons of a group, by default one that waits for its send. */
async function shareOf(
  corp: MadeCorp,
  owner: StaffActor,
  chatId: string,
  templateId: string,
  state: 'reserved' | 'issued' = 'reserved',
): Promise<string> {
  const shareId = randomUUID()
  await sql`
    with share as (
      insert into coupon_shares (share_id, corp_id, template_id, staff_id, group_chat_id, token, count, state, reserved_at, deadline,
                                 ends_at)
      select ${shareId}, ${corp.corpId}, ${templateId}, ${owner.staffId}, group_chat_id, ${shareId}, 1, ${state},
             ${test.clock.now()}, '2027-01-01', '2027-01-01'
      from group_chats where chat_id = ${chatId})
    insert into sends (send_id, corp_id, staff_id, group_chat_id, title, share_id, started_at)
    select gen_random_uuid(), ${corp.corpId}, ${owner.staffId}, group_chat_id, '优惠券', ${shareId}, ${test.clock.now()}
    from group_chats where chat_id = ${chatId}`.execute(test.db)
  return shareId
}

/** A picture for coupons. */
async function pictureOf(corp: MadeCorp, owner: StaffActor): Promise<string> {
  const pictureId = randomUUID()
  await sql`
    with file as (
      insert into media_files (file_id, corp_id, kind, name, content_type, bytes, sha256, kept_ready, disposable, uploaded_at)
      values (${pictureId}, ${corp.corpId}, 'image', 'coupon', 'image/jpeg', ${jpeg}, '', false, false, ${test.clock.now()}))
    insert into coupon_pictures (picture_id, corp_id, staff_id, created_at)
    values (${pictureId}, ${corp.corpId}, ${owner.staffId}, ${test.clock.now()})`.execute(test.db)
  return pictureId
}

/** A child with a guardian's consent. */
async function childOf(corp: MadeCorp, owner: StaffActor, customer: { customerId: number }) {
  const child = await test.make.person(corp, customer, { relation: 'daughter', minorUntil: 'infinity' })
  await test.make.consent(owner, customer, child.personId)
  return child
}

/** Something to be taken back. */
async function undoOf(owner: StaffActor, { customerId }: { customerId: number }): Promise<string> {
  const undoId = randomUUID()
  const content = JSON.stringify({ at: test.clock.now().toISOString() })
  await sql`
    insert into family_undos (undo_id, corp_id, customer_id, staff_id, content, created_at)
    values (${undoId}, ${owner.corpId}, ${customerId}, ${owner.staffId}, ${content}::jsonb, ${test.clock.now()})`.execute(
    test.db,
  )
  return undoId
}

/** A member of a corp with one of everything. */
async function worldOf(corp: MadeCorp, owner: StaffActor, store: MadeStore): Promise<World> {
  const { make } = test
  const customer = await make.followed(corp, owner)
  const { personId } = await make.person(corp, customer)
  const { dateId } = await make.date(corp, customer, { nextOn: '2026-12-20', personId })
  const { reminderId } = await make.reminder(owner, customer, { kind: 'newFriend', occurrence: '2026-11-25' })
  const { sendId } = await make.send(owner, customer, { outcome: null })
  const earlier = await make.send(owner, customer, {
    reminderId,
    startedAt: new Date('2026-11-10T02:00:00Z'),
  })
  await sql`insert into send_parts (send_id, index, body) values (${sendId}, 0, ${JSON.stringify(text.parts[0])}::jsonb)`.execute(
    test.db,
  )
  const template = await make.couponTemplate(corp)
  const { couponId, code } = await make.coupon(owner, template, customer, { state: 'reserved' })
  const chatId = await chatOf(corp, owner, customer)
  const { scriptId } = await make.script(corp, { scope: 'store', store })
  const { scriptId: ownScriptId } = await make.script(corp, { scope: 'personal', owner })
  return {
    externalUserId: customer.externalUserId,
    customerId: customer.customerId,
    personId,
    undoId: await undoOf(owner, customer),
    dateId,
    reminderId,
    sendId,
    couponId,
    code,
    channelCodeId: (await make.channelCode(corp, [owner])).channelCodeId,
    scriptId,
    ownScriptId,
    assetId: await assetOf(corp, owner),
    engravingId: await engravingOf(corp, owner, customer),
    outboxId: await deadRow(corp, owner),
    purchaseId: await purchaseOf(corp, earlier, customer),
    importId: await importOf(corp, owner),
    chatId,
    shareId: await shareOf(corp, owner, chatId, template.templateId),
    userId: owner.userId,
  }
}

async function storeWithDepartment(
  corp: MadeCorp,
  name: string,
): Promise<MadeStore & { departmentId: number }> {
  const store = await test.make.store(corp, { name })
  const found = await sql<{ departmentId: number }>`
    insert into departments (corp_id, department_id, parent_id, name)
    select corp_id, department_id, 1, name from stores where store_id = ${store.storeId}
    returning department_id as "departmentId"`.execute(test.db)
  await sql`
    insert into departments (corp_id, department_id, parent_id, name) values (${corp.corpId}, 1, 0, '云锦珠宝')
    on conflict do nothing`.execute(test.db)
  return { ...store, departmentId: found.rows[0]?.departmentId ?? 0 }
}

/** The shop of the caller, the shop next door, and a corp of others. */
async function city() {
  const { make, corp } = test
  const here = await storeWithDepartment(corp, '国贸店')
  const there = await storeWithDepartment(corp, '西单店')
  const corpElsewhere = await make.corp()
  const elsewhere = await storeWithDepartment(corpElsewhere, '上海店')
  const staff = {
    guide: await make.staff(corp, { store: here }),
    manager: await make.staff(corp, { store: here, role: 'manager', manages: [here] }),
    admin: await make.staff(corp, { role: 'admin', userId: `admin_${randomUUID().slice(0, 8)}` }),
    colleague: await make.staff(corp, { store: here }),
    neighbour: await make.staff(corp, { store: there }),
    managerThere: await make.staff(corp, { store: there, role: 'manager', manages: [there] }),
    stranger: await make.staff(corpElsewhere, { store: elsewhere }),
    leaver: await make.staff(corp, { store: here, status: 'left' }),
    leaverThere: await make.staff(corp, { store: there, status: 'left' }),
  }
  const waiting = await make.followed(corp, staff.leaver)
  await make.followed(corp, staff.leaverThere)
  const worlds = {
    colleague: await worldOf(corp, staff.colleague, here),
    neighbour: await worldOf(corp, staff.neighbour, there),
    stranger: await worldOf(corpElsewhere, staff.stranger, elsewhere),
  }
  const tags = await make.tagGroup(corp, { tags: ['喜欢简约', '送长辈'] })
  const tagsElsewhere = await make.tagGroup(corpElsewhere, { tags: ['别家'] })
  const templateElsewhere = await make.couponTemplate(corpElsewhere)
  const templateThere = await make.couponTemplate(corp, { stores: [there] })
  const pictureElsewhere = await pictureOf(corpElsewhere, staff.stranger)
  const [tag] = tags.tags as [MadeTag]
  return {
    here,
    there,
    elsewhere,
    staff,
    worlds,
    waiting,
    tagId: tag.tagId,
    groupId: tags.groupId,
    tagElsewhere: (tagsElsewhere.tags[0] as MadeTag).tagId,
    groupElsewhere: tagsElsewhere.groupId,
    templateElsewhere,
    templateThere,
    pictureElsewhere,
  }
}
type City = Awaited<ReturnType<typeof city>>
type Part = 'guide' | 'manager' | 'admin'

/** What each operation is asked with: ids that are the caller's own. */
async function basesOf(city: City, who: SignedIn): Promise<Record<string, Base>> {
  const { make, corp } = test
  const own = await worldOf(corp, who.actor, city.here)
  const ownScript = { scriptId: own.ownScriptId }
  const other = await make.script(corp, { scope: 'personal', owner: who.actor })
  const scriptFile = {
    type: 'text/csv',
    bytes: Uint8Array.from(Buffer.from('标题,场合,范围,第1条\n问候,日常,我的,您好\n')),
  }
  const template = await make.couponTemplate(corp, { perPerson: 5 })
  const [confirmed, released] = [await reserve(who, template, own), await reserve(who, template, own)]
  const startedInGroup = await who.fetch(`/api/groups/${own.chatId}/sends`, {
    method: 'POST',
    key: `a-key-of-a-group-send-${keys++}`,
    json: text,
  })
  const otherShare = await shareOf(corp, who.actor, own.chatId, template.templateId)
  const openShare = await shareOf(corp, who.actor, own.chatId, template.templateId, 'issued')
  const held = { template: await make.couponTemplate(corp, { perPerson: 5 }) }
  const atTill = await make.coupon(who.actor, held.template, own, { state: 'claimed', slot: 1 })
  const toRevoke = await make.coupon(who.actor, held.template, own, { state: 'claimed', slot: 2 })
  const used = await make.coupon(who.actor, held.template, own, { state: 'redeemed', slot: 3 })
  await sql`
    update coupons set redeemed_at = ${test.clock.now()}, redeemed_by = ${who.actor.staffId}, redeemed_store_id = ${city.here.storeId},
      amount_fen = 400000, discount_fen = 20000
    where coupon_id = ${used.couponId}`.execute(test.db)
  const shopTemplate = await make.couponTemplate(corp, { stores: [city.here] })
  const groupSend = (await startedInGroup.json()) as { sendId: string }
  const reminder = { reminderId: own.reminderId }
  const promise = { words: '回复价格', day: '2026-11-27' }
  const promised = {
    reminderId: (await test.services.reminders.addPromise(who.actor, own.externalUserId, promise)).reminderId,
  }
  const [kept, known] = [await make.person(corp, own), await make.person(corp, own)]
  const child = await childOf(corp, who.actor, own)
  const undone = { undoId: await undoOf(who.actor, own) }
  const customer = { externalUserId: own.externalUserId }
  const script = { scriptId: (await make.script(corp, {})).scriptId, version: 1 }
  const results = { results: [{ index: 0, outcome: 'ok' }] }
  const date = { calendar: 'solar', month: 3, day: 5 }
  const ownEngraving = { ...customer, engravingId: own.engravingId }
  const engraving = { pieceId: 'ring', metal: 'gold', face: 'outside', font: 'song', lines: ['妈妈'] }
  const purchase = { ...customer, purchaseId: own.purchaseId }
  const fileColumns = 'externalUserId,day,piece,amount'
  const table = `${fileColumns}\n${own.externalUserId},2026-11-20,足金手链,100`
  const file = { type: 'text/csv', bytes: new TextEncoder().encode(table) }
  const ownCode = { channelCodeId: own.channelCodeId }
  const codeDraft = {
    name: '收银台',
    guideUserIds: [who.actor.userId],
    tagIds: [city.tagId],
    welcomeText: '{称呼}，您好',
    templateId: template.templateId,
    skipVerify: true,
  }
  const manager = { departmentId: city.here.departmentId, userId: city.staff.colleague.userId }
  return {
    getSession: {},
    listDevices: {},
    endDevice: { params: { sessionId: await sessionOf(who.actor) } },
    endOtherDevices: {},
    listDevicesOf: { who: 'admin', params: { userId: city.staff.colleague.userId } },
    endSessionsOf: { who: 'admin', params: { userId: city.staff.colleague.userId } },
    getJssdkSignature: { query: { url: `${TEST_PUBLIC_URL}/sidebar/` } },
    listCustomers: { query: { limit: 5, of: who.actor.userId, tag: city.tagId } },
    getCard: { params: customer },
    revealCustomer: { params: customer, json: { what: 'phone', reason: '约取货' } },
    listTimeline: { params: customer },
    changeQuiet: {
      params: customer,
      json: { quiet: { level: 'less', until: '2026-12-01', reason: '忙' } },
      version: 0,
    },
    getContactRules: { who: 'manager' },
    changeContactRules: {
      who: 'admin',
      json: {
        rules: [
          {
            scope: 'customer',
            channel: 'private',
            periodDays: 7,
            maxCount: 100,
            hardness: 'soft',
            bypass: ['answer'],
            source: '店规',
            sourceDate: '2026-11-21',
            isOn: true,
          },
        ],
        quietHours: { isOn: true, from: '21:00', until: '09:00', hardness: 'soft', bypass: ['answer'] },
      },
      version: 0,
    },
    listPurchases: { params: customer },
    changeProfile: { params: customer, json: { note: '喜欢素圈' }, version: 1 },
    addPurchase: {
      params: customer,
      json: { day: '2026-11-20', piece: '足金手链', amountFen: 100, personId: own.personId },
    },
    answerTrace: { params: purchase, json: { isReplied: true } },
    changePurchase: { params: purchase, json: { piece: '足金戒指', personId: own.personId }, version: 1 },
    removePurchase: { params: purchase },
    restorePurchase: { params: purchase },
    getTraceWindows: { who: 'manager' },
    changeTraceWindows: { who: 'admin', json: { customDays: 30, otherDays: 14 } },
    previewImport: { who: 'manager', query: { columns: fileColumns }, file },
    importPurchases: { who: 'manager', query: { columns: fileColumns, name: '11月.csv' }, file },
    listImports: { who: 'manager' },
    undoImport: { who: 'manager', params: { importId: own.importId } },
    getMyResults: {},
    getTeamResults: { who: 'manager', query: { by: 'guide' } },
    getMyScriptResults: {},
    getScriptResults: { who: 'manager' },
    listWatchedScripts: {},
    getMyCouponResults: {},
    getCouponResults: { who: 'manager', query: { by: 'guide' } },
    changeRemark: { params: customer, json: { remark: '林姐' } },
    listUnsent: {},
    retryUnsent: { params: { outboxId: own.outboxId } },
    dismissUnsent: { params: { outboxId: await deadRow(corp, who.actor) } },
    listTagGroups: {},
    setTagChoice: { who: 'manager', params: { groupId: city.groupId }, json: { choice: 'multi' } },
    listCustomerTags: { params: customer },
    changeTags: { params: customer, json: { add: [city.tagId], remove: [] } },
    listPeople: { params: customer },
    addDate: {
      params: customer,
      json: { person: { personId: own.personId }, kind: 'birthday', date, isAnother: true },
    },
    changeDate: { params: { ...customer, dateId: own.dateId }, json: { leadDays: 10 }, version: 1 },
    removeDate: { params: { ...customer, dateId: own.dateId } },
    changePerson: {
      params: { ...customer, personId: kept.personId },
      json: { ringSize: '13' },
      version: 1,
    },
    noteFacts: {
      params: customer,
      json: {
        people: [{ person: { personId: known.personId, version: 1 }, changes: { likes: '玉' } }],
        note: '喜欢素圈',
      },
    },
    undoFamily: { params: { ...customer, undoId: undone.undoId } },
    removePerson: { params: { ...customer, personId: kept.personId } },
    withdrawConsent: { params: { ...customer, personId: child.personId } },
    getMinorReport: { who: 'admin', query: { year: 2026 } },
    getToday: {},
    actOnReminder: { params: reminder, json: { action: 'done' } },
    addPromise: { params: customer, json: { words: '回复价格', day: '2026-11-27' } },
    removePromise: { params: promised },
    focusReminder: { params: reminder },
    getReminderRules: {},
    changeReminderRules: {
      who: 'admin',
      json: {
        leads: [{ dateKind: 'birthday', productLine: '刻字', productionDays: 7, bufferDays: 7 }],
        closures: [{ firstDay: '2027-02-04', lastDay: '2027-02-12', name: '春节' }],
        cares: [{ name: '清洗保养', afterDays: 180 }],
      },
      version: 0,
    },
    getNoticeSettings: {},
    changeNoticeSettings: {
      json: { digestAt: '09:25', quietFrom: '22:00', quietUntil: '08:00', doNotDisturbUntil: null },
    },
    listScripts: {},
    listManagedScripts: {},
    addScript: {
      json: {
        title: '看看新款',
        occasion: 'visit',
        ...(who.actor.role === 'guide'
          ? { scope: 'personal' }
          : { scope: 'store', storeId: city.here.departmentId }),
        parts: [{ kind: 'image', assetId: own.assetId }],
      },
    },
    changeScript: { params: ownScript, json: { title: '生日 · 一句话' }, version: 1 },
    listScriptVersions: { params: ownScript },
    copyScript: { who: 'manager', params: ownScript, json: { storeId: city.here.departmentId } },
    orderScripts: { json: { scriptIds: [own.ownScriptId, other.scriptId] } },
    markFavourite: { params: ownScript, json: { isFavourite: true } },
    pinScripts: { json: { scriptIds: [own.ownScriptId] } },
    archiveScript: { params: ownScript },
    restoreScript: { params: ownScript },
    addScriptAsset: {
      query: { name: '店面.jpg' },
      file: { type: 'image/jpeg', bytes: Uint8Array.from(jpeg) },
    },
    getScriptAsset: { params: { assetId: own.assetId } },
    previewScriptImport: { who: 'manager', file: scriptFile },
    importScripts: { who: 'manager', file: scriptFile },
    exportScripts: { who: 'manager', query: { format: 'csv' } },
    startSend: {
      params: customer,
      json: { ...text, script, ...reminder, engravingId: own.engravingId },
    },
    listOpenSends: { params: customer, query: { open: '1' } },
    getSend: { params: { ...customer, sendId: own.sendId } },
    finishSend: { params: { ...customer, sendId: own.sendId }, json: results },
    startGroupSend: { params: { chatId: own.chatId }, json: { ...text, script } },
    listOpenGroupSends: { params: { chatId: own.chatId }, query: { open: '1' } },
    finishGroupSend: { params: { chatId: own.chatId, sendId: groupSend.sendId }, json: results },
    listEngravingOffers: {},
    changeEngravingOffer: {
      who: 'admin',
      params: { pieceId: 'ring' },
      json: { productionDays: 9 },
      version: 0,
    },
    listEngravings: { params: customer },
    addEngraving: { params: customer, json: engraving },
    changeEngraving: { params: ownEngraving, json: engraving, version: 1 },
    putEngravingPicture: {
      params: ownEngraving,
      file: { type: 'image/jpeg', bytes: Uint8Array.from(jpeg) },
      version: 2,
    },
    removeEngraving: { params: ownEngraving },
    listCustomerCoupons: { params: customer },
    reserveCoupon: {
      json: { templateId: template.templateId, ...customer, ...reminder, message: { ...text, script } },
    },
    confirmCoupon: { params: { couponId: confirmed.couponId } },
    releaseCoupon: { params: { couponId: released.couponId }, json: { outcome: 'cancelled' } },
    findCoupon: { json: { code: atTill.code } },
    listRedemptions: {},
    redeemCoupon: {
      params: { couponId: atTill.couponId },
      json: { code: atTill.code, amountFen: 400_000, piece: '足金手链' },
    },
    undoRedeem: { who: 'manager', params: { couponId: used.couponId }, json: { reason: '退货' } },
    revokeCoupon: { who: 'manager', params: { couponId: toRevoke.couponId }, json: { reason: '发错了' } },
    listGroupCoupons: { params: { chatId: own.chatId } },
    reserveCouponShare: { json: { templateId: template.templateId, chatId: own.chatId, count: 2 } },
    confirmCouponShare: { params: { shareId: own.shareId } },
    releaseCouponShare: { params: { shareId: otherShare }, json: { outcome: 'cancelled' } },
    withdrawCouponShare: { params: { shareId: openShare } },
    listCouponPieces: {
      who: 'manager',
      params: shopTemplate,
      query: { which: 'open' },
    },
    findCouponPiece: {
      who: 'manager',
      params: { templateId: held.template.templateId },
      json: { code: toRevoke.code },
    },
    listCouponTemplates: {},
    listCustomerTiers: { who: 'manager' },
    addCouponTemplate: {
      who: 'manager',
      json: {
        name: '周年庆',
        face: { kind: 'percentOff', percent: 95 },
        validity: { kind: 'daysAfterClaim', days: 30 },
        stock: 100,
        storeIds: [city.here.departmentId],
      },
    },
    getCouponTemplate: { params: shopTemplate },
    changeCouponTemplate: { who: 'manager', params: shopTemplate, json: { stock: 120 }, version: 1 },
    addCouponPicture: { who: 'manager', file: { type: 'image/jpeg', bytes: Uint8Array.from(jpeg) } },
    listChannelCodes: { who: 'manager' },
    getChannelCode: { who: 'manager', params: ownCode },
    addChannelCode: { who: 'manager', json: codeDraft },
    changeChannelCode: { who: 'manager', params: ownCode, json: codeDraft, version: 1 },
    removeChannelCode: { who: 'manager', params: ownCode, version: 2 },
    getGroup: { params: { chatId: own.chatId } },
    listStaff: { who: 'manager', query: { limit: 5, store: city.here.departmentId } },
    listStores: { who: 'manager' },
    changeStore: {
      who: 'admin',
      params: { departmentId: city.here.departmentId },
      json: { address: '建国门外大街 2 号' },
    },
    addManager: { who: 'admin', params: manager },
    removeManager: { who: 'admin', params: manager },
    listLeavers: { who: 'manager' },
    listWaiting: { who: 'manager', params: { userId: city.staff.leaver.userId } },
    transferCustomers: {
      who: 'manager',
      json: {
        fromUserId: city.staff.leaver.userId,
        toUserId: city.staff.colleague.userId,
        externalUserIds: [city.waiting.externalUserId],
      },
    },
    getSync: { who: 'admin' },
    pullNow: { who: 'admin' },
    checkHealth: { who: 'admin' },
    listAudit: {
      who: 'admin',
      query: { limit: 5, member: who.actor.userId, customer: own.externalUserId },
    },
    exportAudit: {
      who: 'admin',
      query: { topic: 'phone', member: who.actor.userId, customer: own.externalUserId },
    },
    findHeldPeople: { who: 'admin', json: { words: '林婉清' } },
    exportPerson: { who: 'admin', params: customer, json: { reason: '她要一份' } },
    fetchPersonalExport: { who: 'admin', params: { exportId: await exportOf(who, own) } },
    listErasures: { who: 'admin' },
    getErasure: { who: 'admin', params: { erasureId: await erasureOf(corp) } },
    listBulkExports: { who: 'admin' },
    askBulkExport: {
      who: 'admin',
      json: {
        reason: '盘点',
        store: city.here.departmentId,
        tag: city.tagId,
        columns: ['name'],
        format: 'csv',
      },
    },
    decideBulkExport: {
      who: 'admin',
      params: { bulkExportId: await bulkExportOf(corp, await make.staff(corp, { role: 'admin' })) },
      json: { isApproved: true },
    },
    fetchBulkExport: { who: 'admin', params: { bulkExportId: await bulkExportOf(corp, who.actor, true) } },
    getRetention: { who: 'admin' },
    changeRetention: {
      who: 'admin',
      json: { timelineMonths: 36, wordsMonths: 24, callbackDays: 30, lostMonths: 24 },
      version: 0,
    },
    erasePerson: {
      who: 'admin',
      params: { externalUserId: (await make.followed(corp, who.actor)).externalUserId },
      json: { reason: '她要求删除' },
    },
    // Last: nothing goes on after it.
    endSession: {},
  }
}

/** Ids that exist and are not the caller's, by slot. */
async function foreignIds(
  city: City,
  part: Part,
  own: { customerId: number },
): Promise<Record<Slot, unknown[]> & { byOperation: Record<string, Partial<Record<Slot, unknown[]>>> }> {
  const { colleague, neighbour, stranger } = city.worlds
  // Worlds out of scope; what only the guide in the chat may touch is out of everybody else's.
  const unseen =
    part === 'guide'
      ? [colleague, neighbour, stranger]
      : part === 'manager'
        ? [neighbour, stranger]
        : [stranger]
  const notMine = [colleague, neighbour, stranger]
  const of = (worlds: World[], name: keyof World) => worlds.map(world => world[name])
  const userIds = [
    ...of(unseen, 'userId'),
    ...(part === 'admin' ? [] : [city.staff.leaverThere.userId, city.staff.admin.userId]),
  ]
  const departments = [...(part === 'admin' ? [] : [city.there.departmentId]), city.elsewhere.departmentId]
  const cursorOf = async (actor: StaffActor) => {
    await test.make.followed(test.corp, actor)
    const page = await (await test.signIn(actor)).fetch('/api/customers?limit=1')
    return ((await page.json()) as { nextCursor: string }).nextCursor
  }
  // Of a colleague, but about a customer whom the caller follows too.
  const shared = await test.make.customer(test.corp)
  for (const member of [city.staff[part], city.staff.colleague]) await test.make.follow(member, shared)
  const colleagues = {
    ...(await test.make.reminder(city.staff.colleague, shared, {
      kind: 'newFriend',
      occurrence: '2026-11-25',
    })),
    ...(await test.make.send(city.staff.colleague, own, { outcome: null })),
    ...(await test.make.coupon(city.staff.colleague, await test.make.couponTemplate(test.corp), shared, {
      state: 'reserved',
    })),
  }
  const lost = await test.make.followed(test.corp, city.staff[part], { status: 'lost' })
  return {
    externalUserId: [...of(unseen, 'externalUserId'), lost.externalUserId],
    'externalUserIds[]': of(unseen, 'externalUserId'),
    outboxId: of(unseen, 'outboxId'),
    groupId: [city.groupElsewhere],
    dateId: of(notMine, 'dateId'),
    purchaseId: of(notMine, 'purchaseId'),
    personId: of(notMine, 'personId'),
    importId: part === 'admin' ? of([stranger], 'importId') : of(notMine, 'importId'),
    'person.personId': of(notMine, 'personId'),
    'people[].person.personId': of(notMine, 'personId'),
    'people[].dates[].instead': of(notMine, 'dateId'),
    'self.dates[].instead': of(notMine, 'dateId'),
    undoId: [...of(notMine, 'undoId'), await undoOf(city.staff.colleague, own)],
    reminderId: [...of(notMine, 'reminderId'), colleagues.reminderId],
    sendId: [...of(notMine, 'sendId'), colleagues.sendId],
    chatId: of(notMine, 'chatId'),
    couponId: [...of(notMine, 'couponId'), colleagues.couponId],
    code: [stranger.code],
    shareId: of(notMine, 'shareId'),
    token: [slots.token],
    pictureId: [city.pictureElsewhere],
    channelCodeId: of(unseen, 'channelCodeId'),
    'guideUserIds[]': userIds,
    'tagIds[]': [city.tagElsewhere],
    engravingId: of(notMine, 'engravingId'),
    templateId: [
      city.templateElsewhere.templateId,
      ...(part === 'admin' ? [] : [city.templateThere.templateId]),
    ],
    'storeIds[]': departments,
    byOperation: {
      // What the people of her stores have given is hers to take back.
      revokeCoupon: { couponId: of(unseen, 'couponId') },
      withdrawCouponShare: { shareId: of(unseen, 'shareId') },
      undoRedeem: { couponId: of(part === 'admin' ? [stranger] : notMine, 'couponId') },
      // Also of who is nobody's friend any more.
      exportPerson: { externalUserId: of([stranger], 'externalUserId') },
      erasePerson: { externalUserId: of([stranger], 'externalUserId') },
    },
    'script.scriptId': [neighbour.scriptId, stranger.scriptId],
    'message.script.scriptId': [neighbour.scriptId, stranger.scriptId],
    'parts[].assetId': of(part === 'admin' ? [stranger] : unseen, 'assetId'),
    'message.parts[].assetId': of(part === 'admin' ? [stranger] : unseen, 'assetId'),
    assetId: of(part === 'admin' ? [stranger] : unseen, 'assetId'),
    scriptId: [
      ...of(part === 'admin' ? [stranger] : [neighbour, stranger], 'scriptId'),
      ...of(notMine, 'ownScriptId'),
    ],
    'scriptIds[]': [stranger.scriptId, ...of(notMine, 'ownScriptId')],
    storeId: departments,
    departmentId: departments,
    store: departments,
    userId: userIds,
    of: userIds,
    fromUserId: userIds,
    toUserId: userIds,
    'add[]': [city.tagElsewhere],
    'remove[]': [city.tagElsewhere],
    tag: [city.tagElsewhere],
    cursor: [await cursorOf(city.staff.neighbour)],
    sessionId: await Promise.all(
      [city.staff.colleague, city.staff.neighbour, city.staff.admin]
        .filter(({ staffId }) => staffId !== city.staff[part].staffId)
        .map(sessionOf),
    ),
    member: of([stranger], 'userId'),
    customer: of([stranger], 'externalUserId'),
    exportId: [await exportOf(await test.signIn(city.staff.admin), own)],
    erasureId: [await erasureOf(city.staff.stranger)],
    bulkExportId: [await bulkExportOf(city.staff.stranger, city.staff.stranger)],
  }
}

/** The customer whom the caller's own requests are about. */
async function ownCustomer(bases: Record<string, Base>): Promise<{ customerId: number }> {
  const found = await sql<{ customerId: number }>`
    select customer_id as "customerId" from customers
    where external_user_id = ${String(bases.getCard?.params?.externalUserId)}`.execute(test.db)
  return { customerId: found.rows[0]?.customerId ?? 0 }
}

const guidesTraces = [
  'couponShareWithdrawn',
  ...['loggedOut', 'sessionsEnded', 'phoneRevealed', 'minorRead', 'couponRedeemed', 'denied'],
]
const managersTraces = [
  'channelCodeChanged',
  'couponTemplateChanged',
  'couponRedeemUndone',
  'couponRevoked',
  'customerTransferred',
]
const adminsTraces = [
  ...['contactRulesChanged', 'reminderRulesChanged', 'traceWindowsChanged', 'storeChanged'],
  ...['managerAdded', 'managerRemoved', 'auditExported'],
  ...['personExported', 'personExportFetched', 'erasureAsked', 'retentionChanged'],
  ...['bulkExportAsked', 'bulkExportApproved', 'bulkExportFetched'],
]
/** What each part leaves in the audit record by doing everything it may. */
const tracesOf: Record<Part, string[]> = {
  guide: guidesTraces,
  manager: [...guidesTraces, ...managersTraces],
  admin: [...guidesTraces, ...managersTraces, ...adminsTraces],
}

/** A session of somebody's, by the name that opens nothing. */
async function sessionOf(actor: StaffActor): Promise<string> {
  const { hash } = await test.make.session(actor, { createdAt: test.clock.now() })
  const found = await sql<{ id: string }>`
    select session_id as id from sessions where token_hash = ${hash}`.execute(test.db)
  return found.rows[0]?.id ?? ''
}

const mayDo = (part: Part, who: Base['who']) =>
  who === undefined || part === 'admin' || (part === 'manager' && who === 'manager')

describe('P2 ids of others', () => {
  it('every slot of every operation is known', async () => {
    const unknown = (await operations()).flatMap(({ id, params, query, body }) =>
      [...params, ...query, ...body]
        .filter(slot => !(slot in slots) && !plainSlots.has(slot))
        .map(slot => `${id}: ${slot}`),
    )
    expect(unknown).toEqual([])
  })

  describe.each(['guide', 'manager', 'admin'] as const)('for a %s', part => {
    let shop: City
    let who: SignedIn
    let bases: Record<string, Base>
    beforeAll(async () => {
      shop = await city()
      who = await test.signIn(shop.staff[part])
      bases = await basesOf(shop, who)
    })

    it('are answered like ids that never existed, by the same statements, and change nothing', async () => {
      const foreign = await foreignIds(shop, part, await ownCustomer(bases))
      const all = await operations()
      expect(Object.keys(bases).sort()).toEqual(all.map(({ id }) => id).sort())
      const before = await contents()
      let tried = 0
      for (const operation of all) {
        const base = bases[operation.id] ?? {}
        const named = [...operation.params, ...operation.query, ...operation.body].filter(
          (slot): slot is Slot => slot in slots,
        )
        for (const slot of named) {
          const ask = async (value: unknown) => {
            test.statements.length = 0
            const answer = await seen(await request(who, operation, filled(operation, base, slot, value)))
            return { ...answer, statements: [...test.statements] }
          }
          const absent = await ask(slots[slot])
          // What a colleague has sent to one's own customer, the last, may be read, and nothing else.
          const isReadable = operation.id === 'getSend' && slot === 'sendId'
          for (const value of isReadable
            ? foreign[slot].slice(0, -1)
            : (foreign.byOperation[operation.id]?.[slot] ?? foreign[slot])) {
            const answer = await ask(value)
            expect({ operation: operation.id, slot, value, ...answer }).toEqual({
              operation: operation.id,
              slot,
              value,
              ...absent,
            })
            tried++
          }
          const refusals = mayDo(part, base.who) ? [404, 422, 400, 409] : [403]
          // A filter by something unknown finds nothing.
          const allowed =
            operation.query.includes(slot) && !operation.params.includes(slot) ? [...refusals, 200] : refusals
          expect(allowed, `${operation.id} ${slot}`).toContain(absent.status)
          if (operation.params.includes(slot) && mayDo(part, base.who)) expect(absent.status).toBe(404)
          if (absent.status === 200 && operation.id !== 'exportAudit')
            expect(JSON.parse(absent.text)).toMatchObject({ items: [] })
        }
      }
      expect(tried).toBeGreaterThan(60)
      expect(await contents()).toEqual(before)
    }, 120_000)

    it('and the caller’s own are served, where her part allows', async () => {
      const all = new Map((await operations()).map(operation => [operation.id, operation]))
      const wrong: string[] = []
      for (const [id, base] of Object.entries(bases)) {
        const operation = all.get(id)
        if (!operation) throw new Error(`${id} is no operation`)
        const answer = await request(who, operation, base)
        const isServed = answer.status >= 200 && answer.status < 300
        const isRight = mayDo(part, base.who) ? isServed : answer.status === 403
        if (!isRight) wrong.push(`${id} ${answer.status} ${await answer.text()}`)
      }
      expect(wrong).toEqual([])
      // What must be accounted for has left its trace, with who did it.
      const traces = await sql<{ action: string }>`
        select distinct action from audit_entries where staff_id = ${who.actor.staffId}`.execute(test.db)
      const actions = traces.rows.map(({ action }) => action)
      expect(actions.sort()).toEqual([...tracesOf[part]].sort())
    }, 120_000)
  })
})

describe('P2 what is in scope', () => {
  it('is the same for the card, which finds its actor itself, as for everything else', async () => {
    const shop = await city()
    const { make, corp } = test
    const shared = await make.customer(corp)
    for (const member of [shop.staff.colleague, shop.staff.neighbour, shop.staff.guide])
      await make.follow(member, shared)
    const movingThere = await make.followed(corp, shop.staff.leaverThere, { status: 'transferring' })
    const lostHere = await make.followed(corp, shop.staff.colleague, { status: 'lost' })
    const ids = [shared, shop.waiting, movingThere, lostHere]
      .map(({ externalUserId }) => externalUserId)
      .concat(Object.values(shop.worlds).map(world => world.externalUserId))
    const expected = {
      guide: [true, false, false, false, false, false, false],
      manager: [true, true, false, false, true, false, false],
      admin: [true, true, true, false, true, true, false],
    }
    for (const part of ['guide', 'manager', 'admin'] as const) {
      const who = await test.signIn(shop.staff[part])
      const opened = async (what: string) =>
        Promise.all(ids.map(async id => (await who.fetch(`/api/customers/${id}/${what}`)).status === 200))
      for (const what of ['card', 'timeline', 'tags', 'people', 'coupons', 'purchases'])
        expect([part, what, await opened(what)]).toEqual([part, what, expected[part]])
    }
  })

  it('shows whose customer it is, one’s own first, then the colleague with the newest contact', async () => {
    const shop = await city()
    const { make, corp } = test
    const customer = await make.customer(corp)
    const third = await make.staff(corp, { store: shop.here, name: '最近联系的' })
    for (const member of [shop.staff.leaver, shop.staff.colleague, third]) await make.follow(member, customer)
    await make.send(shop.staff.colleague, customer, { startedAt: new Date('2026-10-01T02:00:00Z') })
    await make.send(third, customer, { startedAt: new Date('2026-11-01T02:00:00Z') })
    const manager = await test.signIn(shop.staff.manager)
    const follow = async () =>
      (
        (await (await manager.fetch(`/api/customers/${customer.externalUserId}/card`)).json()) as {
          follow: object
        }
      ).follow
    expect(await follow()).toMatchObject({ isMine: false, guide: '最近联系的', isWaiting: false })
    await make.follow(shop.staff.manager, customer)
    expect(await follow()).toMatchObject({ isMine: true, guide: null, isWaiting: false })
  })

  it('lets a manager note facts of her people’s customers, and write to her own only', async () => {
    const shop = await city()
    const manager = await test.signIn(shop.staff.manager)
    const { externalUserId, reminderId, couponId } = shop.worlds.colleague
    const at = (path: string) => `/api/customers/${externalUserId}${path}`
    const key = () => `a-key-of-a-manager-${keys++}`
    const edit = await manager.fetch(at(''), { method: 'PATCH', json: { tier: '金卡' }, version: 1 })
    const tags = await manager.fetch(at('/tags'), { method: 'POST', json: { add: [shop.tagId], remove: [] } })
    expect([edit.status, tags.status]).toEqual([200, 200])
    const refused = [
      await manager.fetch(at('/sends'), { method: 'POST', key: key(), json: text }),
      await manager.fetch(`/api/reminders/${reminderId}`, { method: 'PATCH', json: { action: 'done' } }),
      await manager.fetch(`/api/coupons/${couponId}/confirm`, { method: 'POST', key: key() }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404])
  })

  it('lists the customers of one of her people, and nobody else’s', async () => {
    const shop = await city()
    const manager = await test.signIn(shop.staff.manager)
    const listed = async (of: StaffActor) => {
      const answer = await manager.fetch(`/api/customers?of=${of.userId.toUpperCase()}`)
      return answer.status === 200
        ? ((await answer.json()) as { items: { externalUserId: string }[] }).items.map(
            item => item.externalUserId,
          )
        : answer.status
    }
    expect(await listed(shop.staff.colleague)).toEqual([shop.worlds.colleague.externalUserId])
    expect(await listed(shop.staff.leaver)).toEqual([shop.waiting.externalUserId])
    expect(await listed(shop.staff.manager)).toEqual([])
    expect(await listed(shop.staff.neighbour)).toBe(404)
  })

  it('shows what a guide calls a shared customer to who manages her, and to no colleague or other manager', async () => {
    const shop = await city()
    const { make, corp } = test
    const customer = await make.customer(corp)
    for (const member of [shop.staff.guide, shop.staff.colleague, shop.staff.neighbour])
      await make.follow(member, customer)
    const neighbour = await test.signIn(shop.staff.neighbour)
    const colleague = await test.signIn(shop.staff.colleague)
    const path = `/api/customers/${customer.externalUserId}`
    await colleague.fetch(`${path}/remark`, { method: 'PATCH', json: { remark: '难缠的林姐' } })
    await neighbour.fetch(`${path}/remark`, { method: 'PATCH', json: { remark: '西单的林女士' } })
    for (const [part, reads, readsNextDoor] of [
      ['guide', false, false],
      ['manager', true, false],
      ['admin', true, true],
    ] as const) {
      const who = await test.signIn(shop.staff[part])
      const timeline = await (await who.fetch(`${path}/timeline`)).text()
      expect([part, timeline.includes('难缠')]).toEqual([part, reads])
      expect([part, timeline.includes('西单的')]).toEqual([part, readsNextDoor])
      if (part === 'admin') continue
      const card = await (await who.fetch(`${path}/card`)).text()
      expect([part, card.includes('难缠')]).toEqual([part, reads])
    }
  })
})

describe('P3 scope comes from the session only', () => {
  it.each(['staffId', 'userId', 'storeId', 'corpId', 'role', 'managedStoreIds'])(
    'a %s in the query is refused',
    async name => {
      const shop = await city()
      const who = await test.signIn(shop.staff.guide)
      for (const path of ['/api/customers', '/api/today', '/api/session', '/api/scripts']) {
        const value = name === 'role' ? 'admin' : shop.staff.neighbour.staffId
        const answer = await who.fetch(`${path}?${name}=${value}`)
        expect([path, answer.status]).toEqual([path, 422])
        expect(await answer.json()).toMatchObject({ errors: [{ path: name }] })
      }
    },
  )

  it('headers and foreign cookies neither', async () => {
    const shop = await city()
    const who = await test.signIn(shop.staff.guide)
    const headers = {
      'X-User-Id': shop.staff.admin.userId,
      'X-Role': 'admin',
      'X-Corp-Id': String(test.corp.corpId),
      'X-Forwarded-User': shop.staff.admin.userId,
      Authorization: 'Bearer admin',
    }
    expect((await who.fetch('/api/staff', { headers })).status).toBe(403)
    expect(
      (await who.fetch(`/api/customers/${shop.worlds.neighbour.externalUserId}/card`, { headers })).status,
    ).toBe(404)
  })

  it('in a body they are refused', async () => {
    const shop = await city()
    const manager = await test.signIn(shop.staff.manager)
    const answer = await manager.fetch('/api/transfers', {
      method: 'POST',
      key: `a-key-that-widens-${keys++}`,
      json: {
        fromUserId: shop.staff.leaver.userId,
        toUserId: shop.staff.colleague.userId,
        externalUserIds: [shop.waiting.externalUserId],
        storeId: shop.there.storeId,
      },
    })
    expect(answer.status).toBe(422)
  })
})

describe('P4 rights that have ended', () => {
  it('a manager without her store sees her own customers only, at the next request', async () => {
    const shop = await city()
    const manager = await test.signIn(shop.staff.manager)
    const path = `/api/customers/${shop.worlds.colleague.externalUserId}/card`
    expect((await manager.fetch(path)).status).toBe(200)
    await sql`delete from store_managers where staff_id = ${shop.staff.manager.staffId}`.execute(test.db)
    expect((await manager.fetch(path)).status).toBe(404)
    expect((await manager.fetch(`/api/leavers/${shop.staff.leaver.userId}/customers`)).status).toBe(404)
    const staff = (await (await manager.fetch('/api/staff')).json()) as { items: { userId: string }[] }
    expect(staff.items.map(({ userId }) => userId)).toEqual([shop.staff.manager.userId])
  })

  it('a member who changes store leaves her former manager’s view with her customers', async () => {
    const shop = await city()
    const manager = await test.signIn(shop.staff.manager)
    const path = `/api/customers/${shop.worlds.colleague.externalUserId}/card`
    await sql`update staff set store_id = ${shop.there.storeId} where staff_id = ${shop.staff.colleague.staffId}`.execute(
      test.db,
    )
    expect((await manager.fetch(path)).status).toBe(404)
  })

  it.each(['left', 'disabled'] as const)('a session of somebody %s opens nothing at all', async status => {
    const shop = await city()
    const guide = await test.signIn(shop.staff.guide)
    const bases = await basesOf(shop, guide)
    await sql`update staff set status = ${status} where staff_id = ${shop.staff.guide.staffId}`.execute(
      test.db,
    )
    const before = await contents()
    for (const operation of await operations()) {
      const answer = await request(guide, operation, bases[operation.id] ?? {})
      expect([operation.id, answer.status]).toEqual([operation.id, 401])
    }
    expect(await contents()).toEqual(before)
  })
})
