import type { Page } from 'playwright-core'
import type { ProblemCode } from '../../shared/contract/problem.ts'
import type { wellKnown } from '../../sandbox/world/wellKnown.ts'
import type { Product } from './processes.ts'

/** What the customer's own page is about. `revoked` and `notSent` are made for the purpose, the others the trial has. */
export type CouponLink =
  'issued' | 'claimed' | 'redeemed' | 'expired' | 'revoked' | 'notSent' | 'ofGroup' | 'unknown'

/**
 * Where a state is: the sidebar in a chat, the workbench at an address behind `#`, the customer's page of a coupon, or any
 * other page of the server's.
 */
export type Place =
  { chat: keyof typeof wellKnown } | { hash: string } | { coupon: CouponLink } | { path: string }

/** One thing a person may have before her. The gallery shows them all, the accessibility flow checks them all. */
export interface State {
  /** as the gallery calls it */
  name: string
  who: 'chenlu' | 'sunlihua' | 'hq_admin'
  at: Place
  /** what paths below the origin answer instead: the line is cut, nothing ever comes, or one of the server's refusals */
  instead?: { path: RegExp; answer: 'cut' | 'silence' | ProblemCode }
  /** what WeCom refuses meanwhile, path below /cgi-bin */
  refused?: { api: string; errcode: number }
  /** in a client that has nothing from before */
  isNew?: boolean
  /** it comes over her whatever she does: what it pushes down is no jump */
  isSudden?: boolean
  /** what she does to get there, from the page that is open */
  act?: (page: Page, product: Product) => Promise<unknown>
  /** resolves when the state stands */
  stands: (page: Page) => Promise<unknown>
}

export const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole('heading', { name }).first().waitFor()
export const dialog = (page: Page) => page.getByRole('dialog').getByRole('heading').first().waitFor()
export const retry = (page: Page) => page.getByRole('button', { name: '再取一次' }).waitFor()
export const tap = (role: 'button' | 'tab' | 'link', name: string | RegExp) => (page: Page) =>
  page.getByRole(role, { name }).first().click()
/** One after the other. Not called `then`: who imports such a module waits for it for ever. */
export const inTurn =
  (...steps: ((page: Page, product: Product) => Promise<unknown>)[]) =>
  async (page: Page, product: Product) => {
    for (const step of steps) await step(page, product)
  }
