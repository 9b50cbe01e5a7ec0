import { flushPromises, mount } from '@vue/test-utils'
import { defineComponent, h, nextTick, ref } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { Superseded, Unreachable } from '../../../web/api/apiError.ts'
import { bringParts, lazyPart } from '../../../web/ui/lazyPart.ts'
import { isPartMissing, tryPartsAgain } from '../../../web/ui/missingParts.ts'

const Sheet = defineComponent({
  props: { open: { type: Boolean, required: true } },
  emits: ['update:open'],
  setup: props => () => h('p', props.open ? 'open' : 'closed'),
})

/** Why nothing comes; undefined when it does. */
let trouble: Error | undefined
let asked = 0
const loaded = async () => {
  asked++
  await Promise.resolve()
  if (trouble) throw trouble
  return { default: Sheet }
}

function opener(part: typeof Sheet) {
  const isOpen = ref(false)
  const view = mount({
    setup: () => () =>
      h(part, { open: isOpen.value, 'onUpdate:open': (open: boolean) => (isOpen.value = open) }),
  })
  const tap = async () => {
    isOpen.value = true
    await nextTick()
    await flushPromises()
  }
  return { view, tap, isOpen }
}

afterEach(() => {
  trouble = undefined
  asked = 0
})

describe('a sheet that comes when it is asked for', () => {
  it('counts as closed when it does not come, and comes with the next try', async () => {
    const { view, tap, isOpen } = opener(lazyPart(() => loaded().then(one => one)))
    expect(asked).toBe(0)
    trouble = new Unreachable()
    await tap()
    expect([isOpen.value, isPartMissing.value, view.text()]).toEqual([false, true, ''])
    trouble = undefined
    tryPartsAgain()
    await nextTick()
    await flushPromises()
    expect([isOpen.value, isPartMissing.value, view.text()]).toEqual([true, false, 'open'])
    view.unmount()
  })

  it('does not open by itself when the network is back, and is not missed when it is gone', async () => {
    const { view, tap, isOpen } = opener(lazyPart(() => loaded().then(two => two)))
    trouble = new Unreachable()
    await tap()
    trouble = undefined
    dispatchEvent(new Event('online'))
    await flushPromises()
    expect([isOpen.value, view.text()]).toEqual([false, ''])
    view.unmount()
    expect(isPartMissing.value).toBe(false)
  })

  it('of another release is not asked for again', async () => {
    const { view, tap } = opener(lazyPart(() => loaded().then(three => three)))
    trouble = new Superseded()
    await tap()
    expect(isPartMissing.value).toBe(false)
    view.unmount()
  })

  it('is one, however often its opener is drawn, and can be brought ahead', async () => {
    const part = () => lazyPart(() => loaded().then(four => four))
    expect(part()).toBe(part())
    await bringParts()
    asked = 0
    const { view, tap } = opener(part())
    await tap()
    expect([view.text(), asked]).toEqual(['open', 0])
    view.unmount()
  })
})

it('a part that stands in the page comes by itself when the network is back', async () => {
  const part = lazyPart(() => loaded().then(() => ({ default: { render: () => h('p', 'here') } })))
  trouble = new Unreachable()
  const view = mount(part)
  await flushPromises()
  expect(isPartMissing.value).toBe(true)
  trouble = undefined
  dispatchEvent(new Event('online'))
  await flushPromises()
  expect([view.text(), isPartMissing.value]).toEqual(['here', false])
  view.unmount()
})
