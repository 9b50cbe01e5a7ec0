import type { Card } from '../shared/contract/customers.ts'
import { avatarLetter } from '../shared/rules/customerName.ts'
import { avatarColours } from './domains/customers/avatarColours.ts'
import { headerFacts } from './domains/customers/headerFacts.ts'
import { isSidebarAddress } from './sidebarAddress.ts'
import { whenPainted } from './ui/tasks.ts'

/** What stands there before the app does; nothing any more once the app says who is in view. */
let look: HTMLElement | undefined
let isOver = false

/**
 * Draws who is in view as soon as her card is there, without waiting for the framework, and hands the card on when that is on the screen.
 * @throws what `card` rejects with
 */
export async function lookFirst(
  card: Promise<Card | undefined>,
  timeZone: string,
): Promise<Card | undefined> {
  const found = await card
  if (!found || isOver || !isSidebarAddress()) return found
  look = element('div', 'first-look', drawnHeader(found, timeZone))
  document.body.append(look)
  await whenPainted()
  return found
}

/** The app shows her itself, or somebody else is in view. */
export function endFirstLook(): void {
  isOver = true
  look?.remove()
  look = undefined
}

/** The very elements of `CustomerHeader.vue`, so that nothing moves when it takes their place. */
export function drawnHeader(card: Card, timeZone: string): HTMLElement {
  const { address, tier, otherName, lines } = headerFacts(card, timeZone)
  const names = element('div', 'who__names', element('h1', '', address))
  if (tier) names.append(element('span', 'who__tier', tier))
  if (otherName) names.append(element('span', 'who__other', otherName))
  const text = element('div', 'who__text', names)
  for (const line of lines)
    text.append(typeof line === 'string' ? element('p', '', line) : element('p', 'num', drawnFacts(line)))
  const header = element('header', 'who', drawnAvatar(address, card.customer.avatarUrl), text)
  // Where a button will stand.
  if (card.follow.isMine) header.append(element('span', 'round', drawnIcon('bell')))
  return header
}

function element(tag: string, className: string, ...inside: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...inside)
  return made
}

/** As `FactFlow.vue`. */
function drawnFacts(facts: readonly string[]): HTMLElement {
  const line = element('span', 'flow__line')
  for (const [index, fact] of facts.entries()) {
    const comma = index > 0 ? [element('span', 'spoken', '，')] : []
    line.append(element('span', 'flow__fact', ...comma, fact))
  }
  return element('span', 'flow', line)
}

/** As `CustomerAvatar.vue`. */
function drawnAvatar(name: string, url: string | null): HTMLElement {
  const avatar = element('span', 'avatar avatar--44', avatarLetter(name))
  Object.assign(avatar.style, avatarColours(name))
  avatar.setAttribute('aria-hidden', 'true')
  if (!url) return avatar
  const picture = document.createElement('img')
  picture.alt = ''
  picture.decoding = 'async'
  picture.referrerPolicy = 'no-referrer'
  picture.onerror = () => picture.remove()
  picture.src = url
  avatar.append(picture)
  return avatar
}

/** As `Icon.vue`. */
function drawnIcon(name: string): SVGElement {
  const svg = 'http://www.w3.org/2000/svg'
  const icon = document.createElementNS(svg, 'svg')
  icon.setAttribute('class', 'i')
  icon.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(svg, 'use')
  use.setAttribute('href', `#i-${name}`)
  icon.append(use)
  return icon
}
