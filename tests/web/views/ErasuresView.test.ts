import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Erasure } from '../../../shared/contract/privacy.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const id = (number: number) => `0b1f7f0e-9c53-4f3a-8a6e-${String(number).padStart(12, '0')}`
const waiting = (number: number): Erasure => ({
  erasureId: id(number),
  cause: 'asked',
  state: 'waiting',
  askedBy: `要求${number}`,
  askedAt: '2026-11-21T10:20:00.000+08:00',
  doneAt: null,
  counts: [],
})
const done = (number: number): Erasure => ({
  ...waiting(number),
  state: 'done',
  doneAt: '2026-11-21T10:21:00.000+08:00',
  counts: [{ what: '家人', rows: number }],
})

let stand: Stand
beforeEach(async () => {
  stand = await standAtWork('admin')
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const opened = () => openPage(stand, '/console/privacy/erasures')
const lists = () => stand.api.sentTo('get', /^\/erasures$/)
const looks = () => stand.api.sentTo('get', /^\/erasures\/./)
/** As a page that comes back to the front looks at once. */
async function look() {
  document.dispatchEvent(new Event('visibilitychange'))
  await flushPromises()
}

it('one that waits is looked after in its place: what was fetched below it stays', async () => {
  stand.api.on('get', /^\/erasures$/, ({ query }) =>
    (query as { cursor?: string }).cursor === undefined
      ? ok({ items: [waiting(1), done(2)], nextCursor: 'next' })
      : ok({ items: [done(3)], nextCursor: 'more' }),
  )
  let her = waiting(1)
  stand.api.on('get', /^\/erasures\/./, () => ok(her))
  const page = await opened()
  await byText(page, 'button', '再看一些').trigger('click')
  await flushPromises()
  expect(page.findAll('.erasures li')).toHaveLength(3)

  await look()
  her = done(1)
  await whenDrawn(() => expect(page.get('.erasures').text()).not.toContain('正在删除'))
  expect(page.findAll('.erasures li').map(each => each.text().slice(0, 3))).toEqual(Array(3).fill('删完了'))
  expect(page.text()).toContain('家人 1')
  expect(looks().every(({ path }) => path === `/erasures/${id(1)}`)).toBe(true)
  expect(lists()).toHaveLength(2)

  const before = looks().length
  await look()
  expect(looks()).toHaveLength(before)
})

it('a look that is not answered says nothing and takes nothing away; the next one tells', async () => {
  const answers = [noNetwork(), problem('internal')]
  stand.api.on('get', /^\/erasures$/, () => ok({ items: [waiting(1), done(2)], nextCursor: 'next' }))
  stand.api.on('get', /^\/erasures\/./, () => answers.shift() ?? ok(done(1)))
  const page = await opened()
  for (let count = 0; count < 2; count++) {
    await look()
    expect(page.find('[role=alert]').exists()).toBe(false)
    expect(byText(page, 'button', '再看一些').exists()).toBe(true)
  }
  await look()
  expect(page.text()).toContain('家人 1')
})

it('many that wait are asked about some at a time, each in its turn', async () => {
  const items = Array.from({ length: 7 }, (_, index) => waiting(index))
  stand.api.on('get', /^\/erasures$/, () => ok({ items, nextCursor: null }))
  stand.api.on('get', /^\/erasures\/./, ({ path }) =>
    ok(items.find(({ erasureId }) => path.endsWith(erasureId))!),
  )
  await opened()
  await look()
  expect(looks()).toHaveLength(5)
  await look()
  expect(looks().map(({ path }) => path)).toEqual(items.map(({ erasureId }) => `/erasures/${erasureId}`))
})

it('再取一次 takes the page that did not come', async () => {
  const answers = [
    ok({ items: [done(1)], nextCursor: 'next' }),
    noNetwork(),
    ok({ items: [done(2)], nextCursor: null }),
  ]
  stand.api.on('get', /^\/erasures$/, () => answers.shift()!)
  const page = await opened()
  await byText(page, 'button', '再看一些').trigger('click')
  await flushPromises()
  expect(page.get('[role=alert]').text()).toContain('后面的没取到')
  await byText(page, 'button', '再取一次').trigger('click')
  await flushPromises()
  expect(page.findAll('.erasures li')).toHaveLength(2)
  expect(lists().map(({ query }) => query)).toEqual([{}, { cursor: 'next' }, { cursor: 'next' }])
})
