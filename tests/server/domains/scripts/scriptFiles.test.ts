import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readScripts, SCRIPT_HEADER, scriptRow } from '../../../../server/domains/scripts/scriptRows.ts'
import { readFileTable } from '../../../../server/files/fileTable.ts'
import { writeCsv, writeWorkbook } from '../../../../server/files/writeTable.ts'
import { XLSX_TYPE } from '../../../../shared/contract/purchases.ts'
import type { ScriptImportPreview } from '../../../../shared/contract/scriptFiles.ts'
import { ScriptContent, type ManagedScript } from '../../../../shared/contract/scriptLibrary.ts'
import { occasions } from '../../../../shared/rules/occasionNames.ts'
import { createTestApp, type SignedIn, type TestApp } from '../../../support/createTestApp.ts'

const words = (max: number) =>
  fc
    .array(
      fc.constantFrom(...'好的|\\=+-@\'"[]，,\n。 a1{}', '[链接]', '{称呼|您}', '=1+1', '😀', '[文字] '),
      { minLength: 1, maxLength: max },
    )
    .map(pieces => pieces.join('').trim())
    .filter(text => text !== '' && text.length <= max)
const oneLine = (max: number) =>
  words(max)
    .map(text => text.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
const fixed = (max: number) =>
  oneLine(max)
    .map(text => text.replace(/[{}]/g, ''))
    .map(text => text.trim())
    .filter(Boolean)
const spoken = words(60).filter(text => !/[{}]/.test(text.replaceAll('{称呼|您}', '')))
const url = fc.webUrl({ validSchemes: ['https'] })
const part = fc.oneof(
  { weight: 4, arbitrary: spoken.map(text => ({ kind: 'text' as const, text })) },
  fc.record({
    kind: fc.constant('news' as const),
    title: fixed(30),
    description: fc.oneof(fc.constant(''), fixed(60)),
    link: url,
    imageUrl: fc.option(url),
  }),
  fc.record({ kind: fc.constantFrom('image' as const, 'video' as const), assetId: fc.uuid() }),
  fc.record({ kind: fc.constant('file' as const), assetId: fc.uuid(), name: oneLine(30) }),
  fc.record({
    kind: fc.constant('miniprogram' as const),
    title: fixed(30),
    appId: fc.constant('wx0123456789abcdef'),
    page: fc.constant('pages/index.html?a=b|c'),
    imageUrl: fc.option(url),
  }),
)
const content = fc
  .record({
    title: oneLine(20),
    occasion: fc.constantFrom(...occasions),
    parts: fc.array(part, { minLength: 1, maxLength: 9 }),
    effectiveFrom: fc.constantFrom(null, '2026-09-01'),
    effectiveUntil: fc.constantFrom(null, '2026-12-31'),
  })
  .filter(given => ScriptContent.safeParse(given).success)

describe('what is written into a file is what is read from it', () => {
  it.each(['csv', 'xlsx'] as const)('as %s', async format => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 12 }), async given => {
        const rows = [SCRIPT_HEADER, ...given.map(each => scriptRow(each, '公司'))]
        const bytes = format === 'csv' ? writeCsv(rows) : writeWorkbook('话术', rows)
        const type = format === 'csv' ? 'text/csv' : XLSX_TYPE
        const table = await readFileTable({ type, bytes })
        const read = readScripts(table.header, table.rows)
        expect(read.errors).toEqual([])
        expect(read.scripts.map(script => script.content)).toEqual(given)
      }),
      { numRuns: 12 },
    )
  })
})

describe('a line that is wrong says where and why', () => {
  const line = (cells: Record<string, string>) => {
    const given: Record<string, string> = { 标题: '问候', 场合: '日常', 第1条: '您好', ...cells }
    return readScripts(Object.keys(given), [Object.values(given)]).errors
  }
  it.each([
    [{ 标题: '' }, '标题', '没有标题'],
    [{ 标题: '长'.repeat(41) }, '标题', '标题最多 40 个字'],
    [{ 场合: '生日' }, '场合', '场合要是其中一个：'],
    [{ 开始: '明天' }, '开始', '日子要写成 2026-11-21'],
    [{ 开始: '2026-12-02', 结束: '2026/12/1' }, '结束', '结束不能早于开始'],
    [{ 第1条: '{称乎}好' }, '第1条', '没有「称乎」这个变量，是不是「称呼」？'],
    [{ 第2条: '长'.repeat(601) }, '第2条', '太长，文字一条最多 600 字'],
    [{ 第2条: '', 第3条: '[链接] 看看 | 说明 | 没有地址' }, '第3条', '这一条读不懂'],
    [{ 第1条: '' }, '第1条', '这一条读不懂'],
  ])('%o', (cells, column, message) => {
    expect(line(cells)).toMatchObject([{ line: 2, column }])
    expect(line(cells)[0]?.message).toContain(message)
  })
  it('a right one has nothing wrong', () => expect(line({ 开始: '2026/9/1' })).toEqual([]))

  it.each(['2026年12月31日', '2026 年 12 月 31 日', '2026-12-31', '2026/12/31'])('knows the day %s', day => {
    const header = ['标题', '场合', '第1条', '结束']
    const read = readScripts(header, [['问候', '日常', '您好', day]])
    expect(read.errors).toEqual([])
    expect(read.scripts[0]?.content.effectiveUntil).toBe('2026-12-31')
  })

  it('tells everything that is wrong with it together', () => {
    const found = line({
      标题: '',
      场合: '什么',
      开始: '明天',
      第1条: '{称乎}，{店长}',
      第3条: '[链接] 没有地址',
    })
    expect(found.map(({ column }) => column).toSorted()).toEqual(['场合', '开始', '标题', '第1条', '第3条'])
    const first = found.find(({ column }) => column === '第1条')
    expect(first?.message).toBe('没有「称乎」这个变量，是不是「称呼」？；没有「店长」这个变量')
  })
})

describe('bringing files in', () => {
  let test: TestApp
  beforeAll(async () => {
    test = await createTestApp()
  })
  afterAll(() => test.close())
  let count = 0
  const manager = async (name = `店${count++}`) => {
    const store = await test.make.store(test.corp, { name })
    const actor = await test.make.staff(test.corp, { role: 'manager', store, manages: [store] })
    return test.signIn(actor)
  }
  const admin = async () =>
    test.signIn(await test.make.staff(test.corp, { role: 'admin', userId: `admin_${count++}` }))
  const post = (who: SignedIn, path: string, rows: string[][], key?: string) =>
    who.fetch(`/api/script-imports${path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: new Uint8Array(writeCsv(rows)),
      ...(key ? { key } : {}),
    })
  const preview = async (who: SignedIn, rows: string[][]) =>
    (await (await post(who, '/preview', rows)).json()) as ScriptImportPreview
  const bring = (who: SignedIn, rows: string[][], key = `a-key-of-a-script-file-${count++}`) =>
    post(who, '', rows, key)
  const managed = async (who: SignedIn) =>
    ((await (await who.fetch('/api/scripts/managed')).json()) as { scripts: ManagedScript[] }).scripts
  const header = ['标题', '场合', '范围', '第1条', '第2条', '备注']
  const line = (title: string, first = '您好', scope = '') => [title, '日常', scope, first, '', '']

  it('shows what a file would do, does it whole, and the same file again adds nothing', async () => {
    const who = await manager()
    const first = [header, line('早'), line('晚')]
    expect(await preview(who, first)).toMatchObject({
      fresh: 2,
      changed: 0,
      same: 0,
      wrong: 0,
      ignored: ['备注'],
    })
    expect(await managed(who)).toEqual([])
    expect(await (await bring(who, first)).json()).toEqual({ added: 2, changed: 0, same: 0 })
    expect(await (await bring(who, first)).json()).toEqual({ added: 0, changed: 0, same: 2 })
    const second = [header, line('早'), line('晚', '晚上好'), line('午')]
    const shown = await preview(who, second)
    expect(shown).toMatchObject({ fresh: 1, changed: 1, same: 1 })
    expect(shown.lines.map(({ title, change }) => [title, change])).toEqual([
      ['早', 'same'],
      ['晚', 'changed'],
      ['午', 'new'],
    ])
    await bring(who, second)
    expect((await managed(who)).map(({ title, version }) => [title, version])).toEqual([
      ['早', 1],
      ['晚', 2],
      ['午', 1],
    ])
  })

  it('one wrong line and nothing is written', async () => {
    const who = await manager()
    const rows = [header, line('早'), line('早'), line('晚', '{称乎}'), line('别家', '您好', '门店：西单店')]
    const shown = await preview(who, rows)
    expect(shown.errors.map(error => [error.line, error.column])).toEqual([
      [3, '标题'],
      [4, '第1条'],
      [5, '范围'],
    ])
    const answer = await bring(who, rows)
    expect([answer.status, ((await answer.json()) as { errors: object[] }).errors.length]).toEqual([422, 3])
    expect(await managed(who)).toEqual([])
  })

  it('a missing column is told, and so is a file of somebody who may not', async () => {
    const who = await manager()
    expect(
      await preview(who, [
        ['标题', '第1条'],
        ['早', '您好'],
      ]),
    ).toMatchObject({ missing: ['场合'], fresh: 0 })
    expect((await bring(who, [['标题'], ['早']])).status).toBe(422)
    const guide = await test.signIn(await test.make.staff(test.corp))
    expect((await bring(guide, [header, line('早')])).status).toBe(403)
    expect((await bring(who, [header, line('早', '您好', '公司')])).status).toBe(422)
  })

  it('the same tap twice, also from two sides at once, adds each title once', async () => {
    const who = await manager()
    const rows = [header, ...Array.from({ length: 40 }, (_, index) => line(`第${index}句`))]
    const key = `a-key-of-a-script-file-${count++}`
    await Promise.all([bring(who, rows, key), bring(who, rows, key), bring(who, rows), bring(who, rows)])
    expect(await managed(who)).toHaveLength(40)
  })

  it.each(['csv', 'xlsx'] as const)(
    'what is exported as %s comes in again as the same, into an empty shop as new',
    async format => {
      const name = `金街店${format}`
      const who = await manager(name)
      await bring(who, [
        header,
        line('=早', '{称呼|您}早'),
        line('晚', '[链接] 看看 | 新款 | https://a.example/ |'),
        line('我', '好', '我的'),
      ])
      const file = await who.fetch(`/api/script-export?format=${format}`)
      expect(file.headers.get('content-disposition')).toContain(encodeURIComponent('话术'))
      const type = (file.headers.get('content-type') ?? '').split(';')[0] ?? ''
      const bytes = new Uint8Array(await file.arrayBuffer())
      const again = (by: SignedIn) =>
        by.fetch('/api/script-imports', {
          method: 'POST',
          headers: { 'content-type': type },
          body: bytes,
          key: `a-key-of-a-script-file-${count++}`,
        })
      expect(await (await again(who)).json()).toEqual({ added: 0, changed: 0, same: 3 })
      const boss = await admin()
      const table = await readFileTable({ type, bytes })
      expect(table.rows.map(row => row[2])).toEqual([`门店：${name}`, `门店：${name}`, '我的'])
      expect(await (await again(boss)).json()).toEqual({ added: 1, changed: 0, same: 2 })
    },
  )
})
