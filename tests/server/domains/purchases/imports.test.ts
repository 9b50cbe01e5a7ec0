import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PurchaseColumn, PurchaseImport } from '../../../../shared/contract/purchases.ts'
import { createPurchaseImportsService } from '../../../../server/domains/purchases/imports.service.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import { phoneTailHash } from '../../../../server/domains/customers/customers.service.ts'
import { fixedClock } from '../../../support/fixedClock.ts'
import { TEST_NOW, TEST_TIME_ZONE } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { createGuideWorld, intentOf, type GuideWorld } from '../guideWorld.ts'

let test: TestDb
let world: GuideWorld
const clock = fixedClock()
let imports: ReturnType<typeof createPurchaseImportsService>
beforeAll(async () => {
  test = await createTestDb()
  world = createGuideWorld(test.db)
  const { db, sealing, customers } = world
  imports = createPurchaseImportsService({ db, clock, sealing, customers, timeZone: TEST_TIME_ZONE })
})
beforeEach(() => clock.set(TEST_NOW))
afterAll(() => test.drop())

const file = (...lines: string[]) => ({
  type: 'text/csv',
  bytes: Buffer.from(['客户,手机尾号,外部联系人id,日期,商品,金额,送给谁,定制,刻字', ...lines].join('\n')),
})
const columns: PurchaseColumn[] = [
  'customer', 'phone', 'externalUserId', 'day', 'piece', 'amount', 'recipient', 'custom', 'engraving',
] // prettier-ignore

/** A store with a manager, a guide of hers with two customers, and another store's guide with one. */
async function street() {
  const { make, sealing } = world
  const corp = await make.corp()
  const store = await make.store(corp)
  const manager = await make.staff(corp, { role: 'manager', store, manages: [store], name: '店长' })
  const guide = await make.staff(corp, { store })
  const tail = (digits: string) => ({ phoneTails: [phoneTailHash(sealing, digits)] })
  const wanqing = await make.followed(corp, guide, { name: '婉清', remark: '李婉清 国贸', ...tail('5678') })
  const zhang = await make.followed(corp, guide, { name: '张敏', salutation: '敏姐', ...tail('1111') })
  const neighbour = await make.staff(corp, { store: await make.store(corp, { name: '西单店' }) })
  const theirs = await make.followed(corp, neighbour, { name: '别店的', ...tail('2222') })
  return { corp, store, manager, guide, wanqing, zhang, theirs, tail }
}
const take = (
  actor: StaffActor,
  given: { type: string; bytes: Uint8Array },
  { withoutWrong = false, service = imports } = {},
) => service.take(actor, given, { columns, name: '11月.csv', withoutWrong }, intentOf('importPurchases'))
const boughtBy = (customerId: number) =>
  world.rows(sql<{ piece: string; amount_fen: number; recipient: string | null; is_custom: boolean }>`
    select piece, amount_fen, recipient, is_custom from purchases where customer_id = ${customerId} order by piece`)
const countIn = async (corp: { corpId: number }) =>
  (
    await world.rows(
      sql<{ count: number }>`select count(*)::int as count from purchases where corp_id = ${corp.corpId}`,
    )
  )[0]?.count

describe('the preview', () => {
  it('shows what was understood and what is wrong, line by line, and writes nothing', async () => {
    const { manager, wanqing, corp } = await street()
    const preview = await imports.preview(
      manager,
      file(
        '李婉清,13800005678,,2026-11-20,足金手链,"¥3,680",妈妈,是,平安',
        '敏姐,1111,,2026年11月3日,金戒指,1200,,,',
        '李婉清,9999,,2026-11-20,足金手链,100,,,',
        '敏姐,1111,,哪天,金戒指,许多,,,',
        `,,${wanqing.externalUserId},2026/11/1,吊坠,99.9,,,`,
      ),
      undefined,
    )
    expect(preview.columns).toEqual(columns)
    expect(preview).toMatchObject({
      missing: [],
      total: 5,
      fresh: 3,
      repeated: 0,
      wrong: 2,
      importedBefore: null,
    })
    expect(preview.lines).toMatchObject([
      {
        line: 2,
        customer: '李婉清 国贸',
        day: '2026-11-20',
        amountFen: 368_000,
        recipient: 'mother',
        isCustom: true,
      },
      { line: 3, customer: '敏姐', day: '2026-11-03', isCustom: false },
      { line: 6, day: '2026-11-01', amountFen: 9_990 },
    ])
    expect(preview.errors.map(({ line, column }) => [line, column])).toEqual([
      [4, 'customer'],
      [5, 'day'],
      [5, 'amount'],
    ])
    expect(await countIn(corp)).toBe(0)
  })

  it('asks for columns it did not recognise, and takes what one says', async () => {
    const { manager, zhang } = await street()
    const strange = {
      type: 'text/csv',
      bytes: Buffer.from(`谁,几时,啥,多少\n${zhang.externalUserId},2026/11/1,戒指,100`),
    }
    const asked = await imports.preview(manager, strange, undefined)
    expect(asked).toMatchObject({ missing: ['customer', 'phone', 'day', 'piece', 'amount'], total: 0 })
    const told = await imports.preview(manager, strange, ['externalUserId', 'day', 'piece', 'amount'])
    expect(told).toMatchObject({ missing: [], fresh: 1, lines: [{ customer: '敏姐' }] })
  })

  it('a customer two people could be is not guessed', async () => {
    const { corp, guide, manager, tail } = await street()
    await world.make.followed(corp, guide, { name: '张敏', ...tail('1111') })
    const preview = await imports.preview(manager, file('张敏,1111,,2026/11/1,戒指,100,,,'), undefined)
    expect(preview.errors).toMatchObject([{ message: '尾号和姓名都对得上的客户不止一位，请填外部联系人 ID' }])
  })

  it('P2 a customer of another store is not there, by number or by id; for an admin she is', async () => {
    const { corp, manager, theirs } = await street()
    const lines = file(
      '别店的,2222,,2026/11/1,戒指,100,,,',
      `,,${theirs.externalUserId},2026/11/2,戒指,100,,,`,
    )
    expect(await imports.preview(manager, lines, undefined)).toMatchObject({ fresh: 0, wrong: 2 })
    const admin = await world.make.staff(corp, { role: 'admin' })
    expect(await imports.preview(admin, lines, undefined)).toMatchObject({ fresh: 2, wrong: 0 })
  })

  it('is not for guides', async () => {
    const { guide } = await street()
    await expect(imports.preview(guide, file(), undefined)).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('an import', () => {
  const lines = ['李婉清,5678,,2026-11-20,足金手链,3680,妈妈,是,平安', '敏姐,1111,,2026/11/3,金戒指,1200,,,']

  it('adds its purchases with their lines of the timeline and their traces', async () => {
    const { manager, guide, wanqing } = await street()
    const { reminderId } = await world.make.reminder(guide, wanqing, {
      kind: 'newFriend',
      occurrence: '2026-12-01',
    })
    await world.make.send(guide, wanqing, { reminderId, startedAt: new Date('2026-11-10T02:00:00Z') })
    expect(await take(manager, file(...lines))).toMatchObject({
      state: 'done', by: '店长', added: 2, repeated: 0, leftOut: 0, canUndo: true,
    }) // prettier-ignore
    expect(await boughtBy(wanqing.customerId)).toEqual([
      { piece: '足金手链', amount_fen: 368_000, recipient: 'mother', is_custom: true },
    ])
    expect(await world.touchesOf(wanqing.customerId)).toMatchObject([{ kind: 'purchase', what: '足金手链' }])
    const { items } = await world.purchases.list(guide, wanqing.externalUserId, { limit: 5 })
    expect(items).toMatchObject([{ trace: { strength: 'sent', guides: ['陈露'] } }])
  })

  it('with a wrong line adds nothing at all, unless wrong lines are to be left out', async () => {
    const { corp, manager } = await street()
    const mixed = file(...lines, '没有这人,0000,,2026/11/3,金戒指,1200,,,')
    await expect(take(manager, mixed)).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ path: 'line.4' }],
    })
    expect(await countIn(corp)).toBe(0)
    expect(await take(manager, mixed, { withoutWrong: true })).toMatchObject({ added: 2, leftOut: 1 })
  })

  it('of the same file again adds nothing, nor does the same line in another file or twice in one', async () => {
    const { corp, manager } = await street()
    await take(manager, file(...lines))
    expect(await take(manager, file(...lines))).toMatchObject({ added: 0, repeated: 2 })
    expect(await imports.preview(manager, file(...lines), undefined)).toMatchObject({
      fresh: 0, repeated: 2, importedBefore: TEST_NOW.toISOString(),
    }) // prettier-ignore
    const more = file('敏姐,1111,,2026/11/4,金项链,900,,,', lines[0]!)
    expect(await imports.preview(manager, more, undefined)).toMatchObject({ total: 2, fresh: 1, repeated: 1 })
    expect(await take(manager, more)).toMatchObject({ added: 1, repeated: 1 })
    expect(await countIn(corp)).toBe(3)
  })

  it('of the same file again adds nothing with other columns either', async () => {
    const { corp, manager } = await street()
    await take(manager, file(...lines))
    const fewer: (PurchaseColumn | null)[] = columns.map(column =>
      column === 'recipient' || column === 'custom' || column === 'engraving' ? null : column,
    )
    expect(await imports.preview(manager, file(...lines), fewer)).toMatchObject({ fresh: 0, repeated: 2 })
    const request = { columns: fewer, name: '11月.csv', withoutWrong: false }
    const again = imports.take(manager, file(...lines), request, intentOf('importPurchases'))
    expect(await again).toMatchObject({ added: 0, repeated: 2 })
    expect(await countIn(corp)).toBe(2)
  })

  it('with two equal pieces adds two, but for one that was noted by hand', async () => {
    const { corp, guide, manager, zhang } = await street()
    await world.purchases.add(guide, zhang.externalUserId, {
      day: '2026-11-05', piece: '金项链', amountFen: 90_000, recipient: null, personId: null, isCustom: false, engraving: null,
    }) // prettier-ignore
    const twice = ['2026/11/4', '2026/11/5'].flatMap(day =>
      Array.from({ length: 2 }, () => `敏姐,1111,,${day},金项链,900,,,`),
    )
    expect(await imports.preview(manager, file(...twice), undefined)).toMatchObject({ fresh: 3, repeated: 1 })
    expect(await take(manager, file(...twice))).toMatchObject({ added: 3, repeated: 1 })
    expect(await take(manager, file(...twice))).toMatchObject({ added: 0, repeated: 4 })
    expect(await countIn(corp)).toBe(4)
  })

  it('of the same file adds nothing, also when it came before lines were known by their key of today', async () => {
    const { corp, manager } = await street()
    const twice = file(lines[0]!, lines[1]!, lines[1]!)
    await take(manager, twice)
    await sql`update purchase_lines set line_key = sha256(line_key)`.execute(world.db)
    const text = await readFile(
      new URL('../../../../server/db/migrations/0008_mended.sql', import.meta.url),
      'utf8',
    )
    await sql.raw(text).execute(world.db)
    expect(await take(manager, twice)).toMatchObject({ added: 0, repeated: 3 })
    expect(await countIn(corp)).toBe(3)
  })

  it('adds nothing that a guide has noted by hand, nor what was taken away by hand since', async () => {
    const { manager, guide, wanqing } = await street()
    const noted = await world.purchases.add(guide, wanqing.externalUserId, {
      day: '2026-11-20', piece: '足金手链', amountFen: 368_000, recipient: null, personId: null, isCustom: true, engraving: null,
    }) // prettier-ignore
    expect(await take(manager, file(lines[0]!))).toMatchObject({ added: 0, repeated: 1 })
    await take(manager, file('李婉清,5678,,2026/11/2,吊坠,50,,,'))
    const { items } = await world.purchases.list(guide, wanqing.externalUserId, { limit: 5 })
    const [pendant] = items.filter(({ purchaseId }) => purchaseId !== noted.purchaseId)
    await world.purchases.remove(guide, wanqing.externalUserId, pendant!.purchaseId)
    expect(await take(manager, file('李婉清,5678,,2026/11/2,吊坠,50,,,'))).toMatchObject({
      added: 0,
      repeated: 1,
    })
  })

  it('by two servers at once is taken over once', async () => {
    const { corp, manager } = await street()
    const other = await createTestDbLike()
    try {
      const many = Array.from({ length: 400 }, (_, index) => `敏姐,1111,,2026/11/3,金戒指${index},1200,,,`)
      const results = await Promise.all(
        [imports, other.imports, imports, other.imports].map((service, turn) =>
          take(manager, file(...(turn % 2 ? many : [...many].reverse())), { service }),
        ),
      )
      expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(400)
      expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBe(1200)
      expect(await countIn(corp)).toBe(400)
    } finally {
      await other.close()
    }
  })

  it('P11 asked twice with one key is done once', async () => {
    const { corp, manager } = await street()
    const intent = () => intentOf('importPurchases', 'the file', 'key-of-one-import')
    const request = { columns, name: '11月.csv', withoutWrong: false }
    const first = await imports.take(manager, file(...lines), request, intent())
    expect(await imports.take(manager, file(...lines), request, intent())).toEqual(first)
    expect((await imports.list(manager)).imports).toEqual([first])
    expect(await countIn(corp)).toBe(2)
  })

  it('of twenty thousand lines is one transaction', async () => {
    const { corp, manager } = await street()
    const many = Array.from({ length: 19_999 }, (_, index) => `敏姐,1111,,2026/11/3,戒指${index},12,,,`)
    expect(await take(manager, file(...many))).toMatchObject({ added: 19_999 })
    expect(await countIn(corp)).toBe(19_999)
  })
})

describe('taking an import back', () => {
  const undo = (actor: StaffActor, { importId }: PurchaseImport) =>
    imports.undo(actor, importId, intentOf('undoImport'))

  it('takes away all it brought, and the file may come again', async () => {
    const { corp, manager, zhang } = await street()
    const made = await take(manager, file('敏姐,1111,,2026/11/3,金戒指,1200,,,'))
    expect(await undo(manager, made)).toMatchObject({ state: 'undone', canUndo: false })
    expect(await countIn(corp)).toBe(0)
    expect(await world.touchesOf(zhang.customerId)).toEqual([])
    await expect(undo(manager, made)).rejects.toMatchObject({ code: 'state_conflict' })
    expect(await take(manager, file('敏姐,1111,,2026/11/3,金戒指,1200,,,'))).toMatchObject({ added: 1 })
  })

  it('also takes what was set aside by hand: it cannot come back', async () => {
    const { manager, guide, zhang } = await street()
    const made = await take(manager, file('敏姐,1111,,2026/11/3,金戒指,1200,,,'))
    const { items } = await world.purchases.list(guide, zhang.externalUserId, { limit: 5 })
    await world.purchases.remove(guide, zhang.externalUserId, items[0]!.purchaseId)
    await undo(manager, made)
    await expect(
      world.purchases.restore(guide, zhang.externalUserId, items[0]!.purchaseId),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is not possible on another day, nor for somebody else', async () => {
    const { corp, manager, store } = await street()
    const made = await take(manager, file('敏姐,1111,,2026/11/3,金戒指,1200,,,'))
    const other = await world.make.staff(corp, { role: 'manager', manages: [store] })
    await expect(undo(other, made)).rejects.toMatchObject({ code: 'not_found' })
    clock.set(new Date('2026-11-21T16:00:01Z'))
    expect((await imports.list(manager)).imports).toMatchObject([{ canUndo: false }])
    await expect(undo(manager, made)).rejects.toMatchObject({ code: 'state_conflict' })
  })
})

/** The same service over connections of its own: what a second server is. */
async function createTestDbLike() {
  const { openDb } = await import('../../../../server/db/db.ts')
  const db = openDb(test.url, { log: { warn: () => undefined } })
  const { customers, sealing } = createGuideWorld(db)
  const service = createPurchaseImportsService({ db, clock, sealing, customers, timeZone: TEST_TIME_ZONE })
  return { imports: service, close: () => db.close() }
}
