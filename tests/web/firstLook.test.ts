import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Card } from '../../shared/contract/customers.ts'
import CustomerHeader from '../../web/domains/customers/CustomerHeader.vue'
import { drawFirstLook, readyFont } from '../../web/firstLook.ts'
import { makeCard } from '../support/makeCard.ts'

const known = makeCard('wmA')
const who = (name: string, change: Partial<Card['customer']['profile']>): Card => ({
  ...known,
  customer: { ...known.customer, name, profile: { ...known.customer.profile, ...change } },
})
beforeEach(() => (document.body.innerHTML = '<div id="app"></div>'))
afterEach(() => (document.body.innerHTML = ''))
const app = () => document.getElementById('app')!

/** Each element that a customer is named with: how it is called, drawn and read. */
const named = (root: Element) =>
  [...root.querySelectorAll('.avatar, .who__names > *')].map(element => ({
    tag: element.tagName,
    classes: [...element.classList].filter(name => !name.startsWith('avatar--')),
    text: element.textContent?.trim(),
    style: element.getAttribute('style')?.replaceAll(' ', ''),
  }))

it.each([
  ['whoever has a 称呼', known],
  ['with a tier and another name', who('李婉清', { salutation: '婉清姐', tier: '金卡' })],
  ['by the name alone', who('Zoë', { salutation: null, tier: null })],
  ['nobody with a letter in her name', who('✨', { salutation: null, tier: null })],
  ['a name that looks like markup', who('<img src=x>', { salutation: null })],
])('names her as the app will: %s', (_case, card) => {
  drawFirstLook(card)
  const header = mount(CustomerHeader, { props: { card, timeZone: 'Asia/Shanghai', isUpdating: false } })
  expect(named(app())).toEqual(named(header.element as Element))
  expect(named(app())).not.toEqual([])
})

it('draws nothing over the app, nor where nobody is in view', () => {
  drawFirstLook(undefined)
  expect(app().innerHTML).toBe('')
  app().innerHTML = '<div class="app"></div>'
  drawFirstLook(known)
  expect(app().innerHTML).toBe('<div class="app"></div>')
})

it('leaves nothing behind of what the font was looked up with, and nothing in an app that is there', () => {
  const measured: string[] = []
  const measure = vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (
    this: HTMLElement,
  ) {
    measured.push(this.querySelector('h1')?.textContent ?? '')
    return new DOMRect()
  })
  readyFont()
  expect(measured).toEqual(['客户'])
  expect(app().innerHTML).toBe('')
  app().innerHTML = '<div class="app"></div>'
  readyFont()
  expect(measured).toHaveLength(1)
  expect(app().innerHTML).toBe('<div class="app"></div>')
  measure.mockRestore()
})
