import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { couponPageWatch } from '../../../../server/domains/coupons/couponPageWatch.ts'

interface Asked {
  path: string
  answer: (status: number, response: unknown) => void
  fail: () => void
}

/** As much of an open page as the script touches; requests wait until the test answers them. */
function pageOf(first: string | null) {
  const asked: Asked[] = []
  const listeners = new Map<string, (event: { persisted?: boolean }) => void>()
  const addEventListener = (name: string, run: (event: { persisted?: boolean }) => void) =>
    listeners.set(name, run)
  const drawn = (state: string | null, said: string, html: string) => ({
    innerHTML: html,
    getAttribute: (name: string) => (name === 'data-state' ? state : said),
  })
  const page = drawn(first, '', '二维码')
  const said = { textContent: '' }
  const redrawn: string[] = []
  const document = {
    title: '',
    hidden: false,
    addEventListener,
    getElementById: (id: string) => (id === 'page' ? page : said),
    createEvent: () => ({ initEvent: (name: string) => redrawn.push(name) }),
  }
  class Request {
    status = 0
    response: unknown
    onload = () => {}
    onerror = () => {}
    open(_method: string, path: string) {
      asked.push({
        path,
        answer: (status, response) => {
          Object.assign(this, { status, response })
          this.onload()
        },
        fail: () => this.onerror(),
      })
    }
    send() {}
  }
  runInNewContext(couponPageWatch, {
    document,
    window: { addEventListener, dispatchEvent: () => {} },
    location: { pathname: '/c/token' },
    XMLHttpRequest: Request,
    Date,
    Math,
    setTimeout,
    clearTimeout,
  })
  return {
    asked,
    document,
    page,
    said,
    redrawn,
    /** every request is answered with this word */
    async stays(word: string, seconds: number) {
      let answered = 0
      for (let second = 0; second < seconds; second++) {
        await vi.advanceTimersByTimeAsync(1000)
        for (; answered < asked.length; answered++) asked[answered]?.answer(200, word)
      }
    },
    fresh: (state: string, words: string, html: string) => ({
      title: `券 · ${words}`,
      getElementById: () => drawn(state, words, html),
    }),
    tell: (name: string, event = {}) => listeners.get(name)?.(event),
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('an open page of a coupon', () => {
  it('is ES5, for old web views', () => {
    expect(couponPageWatch).not.toMatch(/=>|\b(let|const|class|async|await)\b|`|\?\.|\?\?|\.\.\./)
    expect(couponPageWatch).not.toContain('</')
  })

  it('shows and says what the till did', async () => {
    const open = pageOf('claimed')
    await vi.advanceTimersByTimeAsync(3000)
    expect(open.asked.map(({ path }) => path)).toEqual(['/c/token/state'])
    open.asked[0]?.answer(200, 'redeemed')
    expect(open.asked[1]?.path).toBe('/c/token')
    open.asked[1]?.answer(200, open.fresh('redeemed', '已使用，今天 15:20，国贸店', '✓'))
    expect(open.page.innerHTML).toBe('✓')
    expect(open.said.textContent).toBe('已使用，今天 15:20，国贸店')
    expect(open.document.title).toContain('已使用')
    expect(open.redrawn).toEqual(['redrawn'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('asks less and less, and no more after ten minutes', async () => {
    const open = pageOf('claimed')
    await open.stays('claimed', 60)
    const inFirstMinute = open.asked.length
    expect(inFirstMinute).toBeLessThanOrEqual(12)
    await open.stays('claimed', 600)
    expect(open.asked.length - inFirstMinute).toBeLessThanOrEqual(22)
    expect(vi.getTimerCount()).toBe(0)
    expect(open.page.innerHTML).toBe('二维码')
  })

  it('asks nothing while nobody looks, and at once when it is looked at again', async () => {
    const open = pageOf('claimed')
    open.document.hidden = true
    open.tell('visibilitychange')
    await vi.advanceTimersByTimeAsync(120_000)
    expect(open.asked).toHaveLength(0)
    open.document.hidden = false
    open.tell('visibilitychange')
    expect(open.asked).toHaveLength(1)
  })

  it('takes a used coupon for usable again when the till has taken the use back', () => {
    const open = pageOf('redeemed')
    expect(vi.getTimerCount()).toBe(0)
    open.tell('pageshow', { persisted: true })
    open.asked[0]?.answer(200, 'claimed')
    open.asked[1]?.answer(200, open.fresh('claimed', '这张券现在又可以用了', '二维码'))
    expect(open.said.textContent).toBe('这张券现在又可以用了')
    expect(vi.getTimerCount()).toBe(1)
  })

  it('keeps what it shows without a network, and when it is asked to slow down', async () => {
    const open = pageOf('claimed')
    await vi.advanceTimersByTimeAsync(3000)
    open.asked[0]?.fail()
    await vi.advanceTimersByTimeAsync(4000)
    open.asked[1]?.answer(429, '')
    await vi.advanceTimersByTimeAsync(6000)
    open.asked[2]?.answer(200, 'redeemed')
    open.asked[3]?.fail()
    expect(open.page.innerHTML).toBe('二维码')
    expect(vi.getTimerCount()).toBe(1)
  })

  it.each(['issued', 'expired', null])('asks nothing where it is %s', async state => {
    const open = pageOf(state)
    await vi.advanceTimersByTimeAsync(60_000)
    open.tell('visibilitychange')
    expect(open.asked).toHaveLength(0)
  })
})
