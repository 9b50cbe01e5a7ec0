import type { Page } from 'playwright-core'

/** What has the focus, as it is called out and whether it can be seen there. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const labels = [...((element as HTMLInputElement).labels ?? [])].map(label => label.textContent ?? '')
    const isMarked = (box: Element | null): boolean =>
      box !== null &&
      getComputedStyle(box).outlineStyle !== 'none' &&
      getComputedStyle(box).outlineWidth !== '0px'
    return {
      name: (element === document.body
        ? element.tagName
        : (element.getAttribute('aria-label') ??
          ([...labels, element.innerText].join(' ') || element.tagName))
      ).trim(),
      isSeen:
        isMarked(element) ||
        isMarked(element.parentElement) ||
        // A way past something shows itself only with the focus: there is no taking it for anything else.
        element.classList.contains('skip') ||
        // The button inside a field for days is the browser's, and so is the ring around it.
        !element.matches(':focus'),
    }
  })

const MOST_STOPS = 120

/**
 * Goes on by Tab until something of that name has the focus.
 * @throws Error when a stop on the way cannot be seen, or there is none of that name
 */
export const tabTo = (page: Page, name: RegExp): Promise<void> => goTo(page, name, 'Tab')

async function goTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab'): Promise<void> {
  const passed: string[] = []
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press(key)
    const here = await focused(page)
    // At the end of the page the focus is with the browser for one step.
    if (here.name !== 'BODY' && !here.isSeen) throw new Error(`nobody sees the focus on ${here.name}`)
    if (name.test(here.name)) return
    passed.push(here.name.replace(/\s+/g, ' ').slice(0, 30))
  }
  throw new Error(`no ${String(name)} among ${passed.join(' / ')}`)
}
export async function press(page: Page, name: RegExp): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Enter')
}
/** The one of that name that stands before where the focus is. */
export async function pressBack(page: Page, name: RegExp): Promise<void> {
  await goTo(page, name, 'Shift+Tab')
  await page.keyboard.press('Enter')
}
export const focusName = async (page: Page): Promise<string> => (await focused(page)).name
/** Whether the focus is inside an open sheet or question. */
export const isInDialog = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.activeElement?.closest('[role=dialog], [role=alertdialog]') !== null)
