import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { couponPageScript, timeLeftText } from '../../../../server/domains/coupons/couponPageScript.ts'

/** As much of a page as the script touches. */
function pageOf({ seconds, isGoing = false }: { seconds?: number; isGoing?: boolean }) {
  const posts: string[] = []
  const attributes = new Map<string, string>()
  const form = {
    onsubmit: (): boolean | undefined => undefined,
    getElementsByTagName: () => [button],
    getAttribute: () => (isGoing ? '1' : null),
  }
  const button = {
    textContent: '领取',
    setAttribute: (name: string, value: string) => attributes.set(name, value),
    removeAttribute: (name: string) => attributes.delete(name),
    click: () => void (form.onsubmit() !== false && posts.push('claim')),
  }
  const said = { textContent: '' }
  const line = { textContent: '还剩' }
  const left = {
    textContent: '',
    parentNode: line,
    getAttribute: (name: string) => (name === 'data-seconds' ? String(seconds) : '刚刚到期了'),
  }
  const listeners = new Map<string, () => void>()
  const byId = (id: string) => (id === 'said' ? said : seconds === undefined ? null : left)
  runInNewContext(couponPageScript, {
    document: { forms: [form], getElementById: byId },
    window: { addEventListener: (name: string, run: () => void) => listeners.set(name, run) },
    Date,
    setInterval,
    clearInterval,
    setTimeout,
  })
  return { button, posts, attributes, said, left, line, shownAgain: () => listeners.get('pageshow')?.() }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the script of the customer’s page', () => {
  it('is ES5, for old web views', () => {
    expect(couponPageScript).not.toMatch(/=>|\b(let|const|class|async|await)\b|`|\?\.|\?\?|\.\.\./)
    expect(couponPageScript).not.toContain('</')
  })

  it('sends one claim for many taps, and can send again when the page comes back', () => {
    const page = pageOf({})
    page.button.click()
    page.button.click()
    expect(page.posts).toHaveLength(1)
    expect(page.attributes.get('aria-disabled')).toBe('true')
    expect(page.said.textContent).not.toBe('')
    page.shownAgain()
    expect(page.button.textContent).toBe('领取')
    page.button.click()
    expect(page.posts).toHaveLength(2)
  })

  it('claims by itself only where the page says so', () => {
    expect(pageOf({ isGoing: true }).posts).toHaveLength(1)
    expect(pageOf({}).posts).toHaveLength(0)
  })

  it.each([2_534_400, 86_400, 86_399, 3_600, 3_599, 61, 1])(
    'says what is left as the server does: %i s',
    seconds => {
      const page = pageOf({ seconds: seconds + 1 })
      vi.advanceTimersByTime(1000)
      expect(page.left.textContent).toBe(timeLeftText(seconds))
    },
  )

  it('says when it has ended, once', () => {
    const page = pageOf({ seconds: 2 })
    vi.advanceTimersByTime(3000)
    expect(page.line.textContent).toBe('刚刚到期了')
    expect(page.said.textContent).toBe('刚刚到期了')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('what is left', () => {
  it.each([
    [2_534_400, '29 天 8 小时'],
    [86_400, '1 天 0 小时'],
    [18_720, '5 小时 12 分'],
    [750, '12 分 30 秒'],
    [0, '0 分 0 秒'],
  ])('%i seconds read %s', (seconds, words) => expect(timeLeftText(seconds)).toBe(words))
})
