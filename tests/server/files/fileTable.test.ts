import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MAX_ROWS, readFileTable, type WorkerAnswer } from '../../../server/files/fileTable.ts'
import { writeCsv } from '../../../server/files/writeTable.ts'
import { XLSX_TYPE } from '../../../shared/contract/purchases.ts'
import { workbook, zip } from '../../support/workbook.ts'

const csv = (bytes: Uint8Array | string) =>
  readFileTable({ type: 'text/csv', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes })
const xlsx = (bytes: Uint8Array) => readFileTable({ type: XLSX_TYPE, bytes })
const saying = (message: string) => ({
  code: 'validation_failed',
  detail: expect.stringContaining(message) as string,
})

describe('CSV', () => {
  const text = '客户,金额\r\n李婉清,"3,680"\r\n'
  const expected = { header: ['客户', '金额'], rows: [['李婉清', '3,680']] }
  /** 客户,金额 / 李婉清,"3,680" in GBK, which Node only reads. */
  const gbk = Buffer.from('bfcdbba72cbdf0b6ee0d0ac0eecdf1c7e52c22332c363830220d0a', 'hex')
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['GBK', gbk],
  ])('in %s', async (_, bytes) => {
    expect(await csv(bytes)).toEqual(expected)
  })

  it('with tabs, semicolons, line breaks in quotes and short lines', async () => {
    expect((await csv('a\tb\n1\t2\n')).rows).toEqual([['1', '2']])
    expect((await csv('a;b\n1;2\n')).rows).toEqual([['1', '2']])
    expect((await csv('a,b\n"x\ny",2\n3\n\n')).rows).toEqual([['x\ny', '2'], ['3']])
  })

  it('of ours starts no formula in a table program, and comes in again as it was', async () => {
    const cells = ['=1+1', '+86', '-5', '@me', "'quoted", '说 "好"', '平常的话']
    const file = writeCsv([['话'], ...cells.map(cell => [cell])])
    for (const line of file.toString().split('\r\n')) expect(line).not.toMatch(/^\ufeff?"?[=+\-@]/)
    expect((await csv(file)).rows.map(([cell]) => cell)).toEqual(cells)
  })

  it('without anything in it is refused', async () => {
    await expect(csv('\n \n')).rejects.toMatchObject(saying('没有内容'))
  })

  it('longer than allowed is refused', async () => {
    await expect(csv(`a\n${'1\n'.repeat(MAX_ROWS + 1)}`)).rejects.toMatchObject(saying('20,000 行'))
    expect((await csv(`a\n${'1\n'.repeat(MAX_ROWS)}`)).rows).toHaveLength(MAX_ROWS)
  })
})

describe('XLSX', () => {
  it('gives days as days, numbers and yes or no as words', async () => {
    const file = workbook([
      ['客户', '日期', '金额', '定制', '备注'],
      ['李婉清 & 张敏', new Date('2026-11-20T00:00:00Z'), 3680.5, true, null],
      [null, null, null, null, null],
      ['王芳', '2026年1月5日', '¥1,000', false, '好'],
    ])
    const table = await xlsx(file)
    expect(table.header).toEqual(['客户', '日期', '金额', '定制', '备注'])
    expect(table.rows[0]?.slice(0, 4)).toEqual(['李婉清 & 张敏', '2026-11-20', '3680.5', '是'])
    expect(table.rows[1]?.every(cell => cell === '')).toBe(true)
    expect(table.rows[2]).toEqual(['王芳', '2026年1月5日', '¥1,000', '否', '好'])
  })

  it.each([
    ['no zip at all', Buffer.from('not a workbook')],
    ['nothing', Buffer.alloc(0)],
    ['a zip of something else', zip({ 'a.txt': 'hello' })],
    ['half a workbook', workbook([['a'], ['b']]).subarray(0, 400)],
  ])('that is %s is refused', async (_, bytes) => {
    await expect(xlsx(bytes)).rejects.toMatchObject(saying('读不出来'))
  })

  it('that unpacks to very much is refused before it is unpacked', async () => {
    const bomb = zip({ 'xl/workbook.xml': Buffer.alloc(64 * 1024 * 1024, 32) })
    expect(bomb.length).toBeLessThan(1024 * 1024)
    await expect(xlsx(bomb)).rejects.toMatchObject(saying('太大'))
  })

  it('that says it is small and is not is refused', async () => {
    const bomb = zip({ 'xl/workbook.xml': Buffer.alloc(64 * 1024 * 1024, 32) })
    const directory = bomb.indexOf('PK\x01\x02')
    bomb.writeUInt32LE(1000, directory + 24)
    await expect(xlsx(bomb)).rejects.toMatchObject(saying('读不出来'))
  })
})

describe('the thread', () => {
  /** What threads were heard to say, in order. */
  function listen() {
    const heard: { event: unknown; answer: WorkerAnswer }[] = []
    const emit = Worker.prototype.emit
    vi.spyOn(Worker.prototype, 'emit').mockImplementation(function (this: Worker, event, ...given) {
      heard.push({ event, answer: given[0] as WorkerAnswer })
      return emit.call(this, event, ...given)
    })
    return heard
  }
  const answers = (heard: ReturnType<typeof listen>) =>
    heard.filter(({ event }) => event === 'message').map(({ answer }) => answer)
  afterEach(() => void vi.restoreAllMocks())

  const farDown = (value: string) => workbook([['客户']], { lastCell: value })

  it('hands over no more rows than a file may have, of a sheet with one cell at its very end', async () => {
    const heard = listen()
    await expect(xlsx(farDown('完'))).rejects.toMatchObject(saying('20,000 行'))
    expect((await xlsx(farDown(' '))).rows).toEqual([])
    expect(answers(heard)).toEqual([{ refusal: 'tooMany' }, { cells: [['客户']] }])
  })

  it('hands over nothing of lines without words', async () => {
    const heard = listen()
    await expect(csv('\n'.repeat(1_000_000))).rejects.toMatchObject(saying('没有内容'))
    expect(answers(heard)).toEqual([{ cells: [] }])
  })

  it('is the only one: files that come together are read one after the other', async () => {
    const heard = listen()
    const together = ['a\n1', 'not a table', 'a\n3'].map(text => csv(text))
    await Promise.all(together)
    const ends = heard.map(({ event }) => event).filter(event => event === 'online' || event === 'exit')
    expect(ends).toEqual(['online', 'exit', 'online', 'exit', 'online', 'exit'])
  })
})
