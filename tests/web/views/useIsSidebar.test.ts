import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { h, nextTick } from 'vue'
import { useIsSidebar } from '../../../web/views/useIsSidebar.ts'

const shown = () =>
  mount({
    setup() {
      const isSidebar = useIsSidebar()
      return () => h('p', isSidebar.value ? 'sidebar' : 'workbench')
    },
  })
afterEach(() => (location.hash = ''))

describe('what the address names', () => {
  it.each([
    ['', 'sidebar'],
    ['#/', 'sidebar'],
    ['#wechat_redirect', 'sidebar'],
    ['#/today', 'workbench'],
    ['#/customers', 'workbench'],
  ])('%j is the %s', (hash, place) => {
    location.hash = hash
    expect(shown().text()).toBe(place)
  })

  it('is looked at again when it changes', async () => {
    const view = shown()
    location.hash = '#/today'
    dispatchEvent(new Event('hashchange'))
    await nextTick()
    expect(view.text()).toBe('workbench')
  })
})
