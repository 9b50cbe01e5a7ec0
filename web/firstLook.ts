import type { Card } from '../shared/contract/customers.ts'
import { avatarLetter } from '../shared/rules/customerName.ts'
import { addressOf, avatarColours, otherNameOf } from './domains/customers/customerNames.ts'

/**
 * Looks up the font of her name while her card is on its way: for Chinese a slow phone takes longer over that than over drawing it.
 * What is measured here is gone before anything is painted.
 */
export function readyFont(): void {
  const app = document.getElementById('app')
  if (!app || app.firstChild) return
  const probe = app.appendChild(document.createElement('div'))
  probe.className = 'spoken who__names'
  probe.appendChild(document.createElement('h1')).textContent = '客户'
  probe.getBoundingClientRect()
  probe.remove()
}

/**
 * Who is in view, by her names alone, without the framework: to evaluate that takes a slow phone longer than everything before. The
 * app draws the same (`CustomerHeader`) and takes its place. Nothing where the app is there already.
 */
export function drawFirstLook(card: Card | undefined): void {
  const app = document.getElementById('app')
  if (!card || !app || app.firstChild) return
  const add = (to: HTMLElement, tag: string, className: string, text = ''): HTMLElement => {
    const made = document.createElement(tag)
    made.className = className
    made.textContent = text
    return to.appendChild(made)
  }
  const address = addressOf(card)
  const header = add(add(app, 'main', 'first-look'), 'header', 'who')
  Object.assign(add(header, 'span', 'avatar', avatarLetter(address)).style, avatarColours(address))
  const names = add(add(header, 'div', 'who__text'), 'div', 'who__names')
  add(names, 'h1', '', address)
  const { tier } = card.customer.profile
  if (tier) add(names, 'span', 'who__tier', tier)
  const otherName = otherNameOf(card)
  if (otherName) add(names, 'span', 'who__other', otherName)
}
