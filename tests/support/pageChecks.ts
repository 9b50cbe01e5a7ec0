import axe from 'axe-core'
import type { Page } from 'playwright-core'

interface Violation {
  id: string
  nodes: { target: unknown[]; html: string }[]
}

/** What axe objects to. @param rules only these; all of them where it is absent */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const found = await page.evaluate<Violation[], string[] | undefined>(async only => {
    const { axe: loaded } = window as unknown as { axe: typeof axe }
    const options = only ? { runOnly: { type: 'rule' as const, values: only } } : {}
    const { violations: all } = await loaded.run(document, { ...options, resultTypes: ['violations'] })
    return all.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ target, html }) => ({ target, html: html.slice(0, 90) })),
    }))
  }, rules)
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, html }) => `${target.join(' ')} ${html}`).join(' | ')}`,
  )
}

/** Words that a box cuts off, and a page that scrolls sideways. What ends in `…` or is for the ear alone is meant so. */
export const cutWords = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const clips = (element: Element) => /^(hidden|clip)$/.test(getComputedStyle(element).overflowX)
    const scrolls = (element: Element) => /^(auto|scroll)$/.test(getComputedStyle(element).overflowX)
    const isCut = (element: HTMLElement): boolean => {
      const text = [...element.childNodes].find(
        node => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      )
      if (
        !text ||
        element.closest('.spoken, .sp, .sr, .skip, .van-swipe-cell__right, [aria-hidden=true], style, script')
      )
        return false
      const range = document.createRange()
      range.selectNodeContents(text)
      const words = range.getBoundingClientRect()
      if (words.width === 0) return false
      for (let box: Element | null = element; box; box = box.parentElement) {
        if (getComputedStyle(box).textOverflow === 'ellipsis' || scrolls(box)) return false
        const edge = box.getBoundingClientRect()
        if (clips(box) && (words.right > edge.right + 1 || words.left < edge.left - 1)) return true
      }
      return words.right > innerWidth + 1
    }
    const cut = [...document.querySelectorAll<HTMLElement>('body *')].filter(isCut)
    return [
      ...(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : []),
      ...cut.map(element => `cut: ${element.outerHTML.slice(0, 120)}`),
    ]
  })

/** Whatever would move although she has asked that nothing does. */
export const movements = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isNone = (durations: string) => durations.split(',').every(each => Number.parseFloat(each) === 0)
    const moving = [...document.querySelectorAll('body, body *')].filter(element => {
      const { transitionDuration, animationName, animationDuration } = getComputedStyle(element)
      return !isNone(transitionDuration) || (animationName !== 'none' && !isNone(animationDuration))
    })
    return [
      ...moving.map(element => `moves: ${element.outerHTML.slice(0, 90)}`),
      ...document
        .getAnimations()
        .filter(({ playState }) => playState === 'running')
        .map(({ id }) => `an animation runs ${id}`),
    ]
  })
