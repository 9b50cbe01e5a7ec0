import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'

const tokens = readFileSync('web/ui/tokens.css', 'utf8')
const ours = tokens + readFileSync('web/ui/base.css', 'utf8')
const vants = readFileSync('node_modules/vant/es/style/base.css', 'utf8')

afterEach(() => {
  document.head.innerHTML = document.body.innerHTML = ''
})

/** How an element is outlined once it has the focus, with these styles in this order. */
function outlineOf(sheets: string[], markup: string): string {
  document.head.innerHTML = sheets.map(sheet => `<style>${sheet}</style>`).join('')
  document.body.innerHTML = markup
  const element = document.body.querySelector<HTMLElement>('.it')!
  element.focus()
  expect(document.activeElement).toBe(element)
  return getComputedStyle(element).outlineStyle
}
const stops = [
  '<a class="it" href="#/today">今日</a>',
  '<button class="it">删除</button>',
  '<nav><button class="it skip">跳到页签</button></nav>',
  '<input class="it" />',
  '<textarea class="it"></textarea>',
]

describe('whoever goes by keyboard sees where she is', () => {
  it.each(stops)('%s has a ring, whichever styles come last', markup => {
    expect(outlineOf([vants], markup)).toBe('none')
    expect(outlineOf([ours, vants], markup)).toBe('solid')
    expect(outlineOf([vants, ours], markup)).toBe('solid')
  })

  it('not what is focused for the sake of what stands in it, nor a field whose box wears the ring', () => {
    expect(outlineOf([ours, vants], '<section class="it" tabindex="-1"></section>')).not.toBe('solid')
    // As a scoped style of a component is compiled.
    const field = '.search input[data-v-1] { outline: 0 }'
    const box = '<p class="search"><input class="it" data-v-1 /></p>'
    expect(outlineOf([ours, vants, field], box)).not.toBe('solid')
    expect(outlineOf([field, vants, ours], box)).not.toBe('solid')
  })
})
