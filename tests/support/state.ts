import type { Page } from 'playwright-core'

/** Where a state is: the sidebar in a chat, the workbench at an address, or a page of the server's own. */
export type Place =
  { chat: 'customer' | 'newFriend' | 'group' } | { hash: string } | { link: 'coupon' | 'login' | 'broken' }

/** One thing a person may have before her. The gallery shows them all, the accessibility flow checks them all. */
export interface State {
  /** as the gallery calls it */
  name: string
  who: 'chenlu' | 'sunlihua' | 'hq_admin'
  at: Place
  /** paths below the origin which this state does without: failed, never answered, or not there */
  without?: { path: RegExp; how: 'failed' | 'silent' | 'missing' }
  /** what she does to get there, from the page that is open */
  act?: (page: Page) => Promise<unknown>
  /** resolves when the state stands */
  stands: (page: Page) => Promise<unknown>
}

export const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole('heading', { name }).first().waitFor()
export const dialog = (page: Page) => page.getByRole('dialog').getByRole('heading').first().waitFor()
export const tap = (role: 'button' | 'tab' | 'link', name: string | RegExp) => (page: Page) =>
  page.getByRole(role, { name }).first().click()
