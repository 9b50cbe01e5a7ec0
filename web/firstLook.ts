import type { Card } from '../shared/contract/customers.ts'
import { avatarLetter } from '../shared/rules/customerName.ts'
import { addressOf, avatarColours, otherNameOf } from './domains/customers/customerNames.ts'

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
