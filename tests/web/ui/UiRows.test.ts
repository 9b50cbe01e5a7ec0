import { mount } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import UiRows from '../../../web/ui/UiRows.vue'

afterEach(() => vi.unstubAllGlobals())

/** A list behind something of this height, scrolled so far. */
function scrolled(to: number, { anchorsItself }: { anchorsItself: boolean }) {
  let resized = () => undefined as void
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: () => void) {
        resized = callback
      }
      observe() {}
      disconnect() {}
    },
  )
  vi.stubGlobal('CSS', { ...CSS, supports: () => anchorsItself })
  const page = mount(
    defineComponent(
      () => () =>
        h('div', { style: 'overflow-y: auto', class: 'page' }, [
          h('div', [
            h(
              UiRows,
              { items: ['一', '二'], keyOf: (item: unknown) => String(item) },
              { default: () => '行' },
            ),
          ]),
        ]),
    ),
    { attachTo: document.body },
  )
  const outer = page.get('.page').element
  let heightAbove = 0
  vi.spyOn(page.get('.rows').element, 'getBoundingClientRect').mockImplementation(
    () => ({ top: heightAbove - outer.scrollTop }) as DOMRect,
  )
  const grow = (height: number) => {
    heightAbove = height
    resized()
  }
  grow(300)
  outer.scrollTop = to
  return { outer, grow }
}

it('stays under the finger when what stands above grows or shrinks', () => {
  const { outer, grow } = scrolled(800, { anchorsItself: false })
  grow(340)
  expect(outer.scrollTop).toBe(840)
  grow(200)
  expect(outer.scrollTop).toBe(700)
})

it('moves nothing while its beginning is in view, nor where the browser keeps the place itself', () => {
  const atTop = scrolled(100, { anchorsItself: false })
  atTop.grow(340)
  expect(atTop.outer.scrollTop).toBe(100)
  const kept = scrolled(800, { anchorsItself: true })
  kept.grow(340)
  expect(kept.outer.scrollTop).toBe(800)
})
