import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import FamilyStrip from '../../../../web/domains/people/FamilyStrip.vue'
import { hideToast, toast } from '../../../../web/ui/undoToast.ts'
import type { Family } from '../../../../shared/contract/people.ts'
import { noNetwork, ok } from '../../../support/fakeApi.ts'
import { inChatWith } from '../../../support/fakeBridge.ts'
import { makePerson, newUuid } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'
import { button, sheet, sheetWith, tap, type, undo } from './sheetInView.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const undoId = newUuid()
let stand: Stand
let family: Family
beforeEach(async () => {
  hideToast()
  family = { people: [], dates: [] }
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('get', /\/people$/, () => ok(family))
  stand.api.on('get', /^\/reminder-rules$/, noNetwork)
  stand.api.on('post', /\/facts$/, () => ok({ undoId }, 201))
  stand.api.on('post', /\/undo\//, () => ok(family))
})
afterEach(() => {
  stand.leave()
  document.body.innerHTML = ''
  vi.unstubAllGlobals()
})

const sent = () => stand.api.sentTo('post', /\/facts$/).map(({ body }) => body)
/** From `+ 家人`, in two taps. */
async function opened() {
  const strip = stand.mount(FamilyStrip)
  await strip.find('[aria-label=加家人的日子]').trigger('click')
  await sheetWith('.add__paste')
  await tap('不知道日子，先记尺寸')
  await sheetWith('[name=ringSize]')
}

it('somebody without a day is noted with a name and sizes, and taken back in one tap', async () => {
  await opened()
  await tap('婆婆')
  await type('王阿姨', '[name=callName]')
  await type(' 13 ', '[name=ringSize]')
  await tap('保存')
  expect(sent()).toEqual([
    {
      people: [
        {
          person: { relation: 'mother_of_husband', callName: '王阿姨', isMinor: null },
          changes: { ringSize: '13' },
          dates: [],
          consent: null,
        },
      ],
    },
  ])
  expect(toast.value?.text).toBe('记下了婆婆，在档案的家人里')
  await undo()
  expect(stand.api.sentTo('post', /\/undo\//)).toHaveLength(1)
})

it('sizes of who is noted already are hers, over the version seen', async () => {
  const mother = makePerson({ version: 4 })
  family = { people: [mother], dates: [] }
  await opened()
  expect(sheet().textContent).toContain('妈妈已经有了，会记在这一位名下')
  expect(button('保存').disabled).toBe(true)
  await type('16', '[name=wristSize]')
  await tap('保存')
  expect(sent()).toMatchObject([
    { people: [{ person: { personId: mother.personId, version: 4 }, changes: { wristSize: '16' } }] },
  ])
})

it('P28 a child needs the guardian’s consent first; who is over fourteen does not', async () => {
  await opened()
  await tap('孩子')
  expect(button('保存').disabled).toBe(true)
  await tap('客户本人')
  await tap('当面说的')
  await tap('保存')
  expect(sent()).toMatchObject([
    {
      people: [
        {
          person: { relation: 'child', isMinor: null },
          consent: { guardian: 'customer', how: 'inPerson', givenOn: '2026-11-21' },
        },
      ],
    },
  ])
})

it('P28 somebody over fourteen is noted as such, without a consent', async () => {
  await opened()
  await tap('孩子')
  await tap('已满 14 岁')
  await tap('保存')
  expect(sent()).toMatchObject([
    { people: [{ person: { relation: 'child', isMinor: false }, consent: null }] },
  ])
})

it('P14 another chat in view: the form closes and nothing is noted', async () => {
  await opened()
  await type('13', '[name=ringSize]')
  stand.turnSilently(inChatWith('wmB'))
  await tap('保存')
  expect(sent()).toEqual([])
})
