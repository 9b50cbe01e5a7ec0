import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ImportPreview, PurchaseImport } from '../../../shared/contract/purchases.ts'
import { noNetwork, ok } from '../../support/fakeApi.ts'
import { newUuid } from '../../support/makeCard.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const previewOf = (given: Partial<ImportPreview> = {}): ImportPreview => ({
  header: ['客户', '尾号', '日期', '商品', '金额'],
  columns: ['customer', 'phone', 'day', 'piece', 'amount'],
  missing: [],
  total: 3,
  fresh: 2,
  repeated: 0,
  wrong: 1,
  errors: [{ line: 4, column: 'day', message: '日期认不出：昨天' }],
  lines: [
    {
      line: 2,
      customer: '婉清姐',
      day: '2026-11-03',
      piece: '足金手链',
      amountFen: 368_000,
      recipient: 'mother',
      isCustom: true,
      engraving: '平安',
      isRepeated: false,
    },
  ],
  importedBefore: null,
  ...given,
})
const importOf = (given: Partial<PurchaseImport> = {}): PurchaseImport => ({
  importId: newUuid(),
  fileName: '11月.csv',
  state: 'done',
  by: '周敏',
  added: 2,
  repeated: 0,
  leftOut: 1,
  at: '2026-11-21T02:00:00Z',
  canUndo: true,
  ...given,
})

let stand: Stand
let imports: PurchaseImport[]
beforeEach(async () => {
  imports = []
  stand = await standAtWork('manager')
  stand.api.on('get', /^\/purchase-imports$/, () => ok({ imports }))
  stand.api.on('post', /preview$/, () => ok(previewOf()))
  stand.api.on('post', /^\/purchase-imports$/, () => {
    imports = [importOf()]
    return ok(imports[0], 201)
  })
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

async function choose(page: VueWrapper, file: File) {
  const input = page.find<HTMLInputElement>('input[type=file]')
  Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
  await input.trigger('change')
  await flushPromises()
}
const aFile = () => new File(['a'], '11月.csv')

it('shows what was understood and what is wrong, and takes the rest over with one tap', async () => {
  const page = await openPage(stand, '/console/purchases')
  await choose(page, aFile())
  expect(page.text()).toContain('共 3 行，会新增 2 笔，1 行有问题')
  expect(page.find('[aria-label=有问题的行]').text()).toContain('第 4 行，日期：日期认不出：昨天')
  expect(page.find('[aria-label=认出来的前几行]').text()).toContain('婉清姐')
  const columns = page.get<HTMLDetailsElement>('[aria-label=列]')
  expect([columns.element.open, columns.get('summary').text()]).toEqual([false, '5 列都认出来了，点开可以改'])
  expect(stand.api.sentTo('post', /^\/purchase-imports$/)).toEqual([])
  await byText(page, 'button', '有问题的先不导，导入其余 2 笔').trigger('click')
  await flushPromises()
  expect(stand.api.sentTo('post', /^\/purchase-imports$/)).toMatchObject([
    { query: { columns: 'customer,phone,day,piece,amount', name: '11月.csv', withoutWrong: 'true' } },
  ])
  expect(page.text()).toContain('导好了，新增 2 笔')
  expect(byText(page, 'li', '11月.csv').text()).toContain('1 行没导')
})

it('asks which column is which, and looks again with what is said', async () => {
  const columns = ['customer', null, 'day', 'piece', 'amount'] as const
  stand.api.on('post', /preview$/, ({ query }) =>
    (query as { columns?: string }).columns
      ? ok(previewOf({ wrong: 0, errors: [] }))
      : ok(
          previewOf({
            columns: [...columns],
            missing: ['phone'],
            total: 0,
            fresh: 0,
            wrong: 0,
            errors: [],
            lines: [],
          }),
        ),
  )
  const page = await openPage(stand, '/console/purchases')
  await choose(page, aFile())
  expect(page.text()).toContain('还要指出哪一列是「手机或尾号」')
  await page.findAll('select')[1]!.setValue('phone')
  await flushPromises()
  expect(stand.api.sentTo('post', /preview$/).at(-1)?.query).toEqual({
    columns: 'customer,phone,day,piece,amount',
  })
  expect(byText(page, 'button', '导入 2 笔').exists()).toBe(true)
})

it('says when the same file has been here, and offers nothing to add', async () => {
  const again = { fresh: 0, repeated: 3, wrong: 0, errors: [], importedBefore: '2026-11-20T02:00:00Z' }
  stand.api.on('post', /preview$/, () => ok(previewOf(again)))
  const page = await openPage(stand, '/console/purchases')
  await choose(page, aFile())
  expect(page.text()).toContain('这个文件11月20日导入过')
  expect(page.text()).toContain('3 笔以前已有，不会再加')
  expect(page.findAll('button').some(button => button.text().startsWith('导入'))).toBe(false)
})

it('tells what cannot be read, in the server’s words; a file too large is not even sent', async () => {
  stand.api.on('post', /preview$/, () => ({
    status: 422,
    body: {
      type: 'urn:guidebar:problem:validation_failed',
      title: '有一项填得不对',
      status: 422,
      code: 'validation_failed',
      requestId: 'r',
      detail: '这个文件读不出来，请另存为 CSV 或 XLSX 再试',
    },
  }))
  const page = await openPage(stand, '/console/purchases')
  await choose(page, aFile())
  expect(page.find('[role=alert]').text()).toContain('这个文件读不出来')
  const before = stand.api.requests.length
  await choose(page, new File([new Uint8Array(1024 * 1024 + 1)], '大.csv'))
  expect(page.find('[role=alert]').text()).toContain('超过 1 MB')
  expect(stand.api.requests).toHaveLength(before)
})

it('tried again without an answer it is the same intention', async () => {
  stand.api.on('post', /^\/purchase-imports$/, noNetwork)
  const page = await openPage(stand, '/console/purchases')
  await choose(page, aFile())
  const take = () => byText(page, 'button', '导入其余').trigger('click')
  await take()
  await flushPromises()
  expect(page.find('[role=alert]').text()).toContain('一笔都没有写入')
  await take()
  await flushPromises()
  const keys = stand.api.sentTo('post', /^\/purchase-imports$/).map(({ idempotencyKey }) => idempotencyKey)
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
})

it('an import of today is taken back after one more question', async () => {
  const made = importOf()
  imports = [made, importOf({ fileName: '10月.csv', canUndo: false })]
  stand.api.on('post', /undo$/, () => ok({ ...made, state: 'undone', canUndo: false }))
  const page = await openPage(stand, '/console/purchases')
  const undo = () => byText(page, 'li', '11月.csv').find('button')
  expect(byText(page, 'li', '10月.csv').find('button').exists()).toBe(false)
  await undo().trigger('click')
  expect(stand.api.sentTo('post', /undo$/)).toEqual([])
  expect(undo().text()).toBe('确定，去掉这 2 笔')
  await undo().trigger('click')
  await flushPromises()
  expect(stand.api.sentTo('post', /undo$/)).toMatchObject([
    { path: `/purchase-imports/${made.importId}/undo` },
  ])
})
