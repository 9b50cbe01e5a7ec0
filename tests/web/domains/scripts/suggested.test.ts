import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Card } from '../../../../shared/contract/customers.ts'
import type { Script } from '../../../../shared/contract/scripts.ts'
import ScriptsTab from '../../../../web/domains/scripts/ScriptsTab.vue'
import { ok } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { serveSends } from '../../../support/fakeSends.ts'
import { makeCard, makeDate, makeReminder, makeScript } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const script = (title: string, occasion: Script['occasion'], text: string, given: Partial<Script> = {}) =>
  makeScript({ title, occasion, parts: [{ kind: 'text', text }], ...given })
const daily = script('日常问候', 'daily', '您好')
const care = script('保养提醒', 'care', '来洗一洗', {
  worked: { within: 'store', sends: 40, replies: 32, purchases: 2 },
})
const engraving = script('给个建议', 'engraving', '刻字有三个方向。', { worked: care.worked })
const first = script('给妈妈一', 'birthdayElder', '{称呼}，{日子}是{家人称呼}的生日。')
const second = script('给妈妈二', 'birthdayElder', '{称呼}，{家人称呼}生日快乐。')
const wrist = script('量手围', 'birthdayElder', '{手围}')

let stand: Stand
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
async function opened(
  scripts: Script[],
  card: Partial<Card> = {},
  contact = inChatWith('wmA'),
  recentIds: string[] = [],
) {
  stand = await standInChat(contact, { card: id => makeCard(id, card) })
  stand.api.on('get', /^\/scripts$/, () => ok({ scripts, recentIds }))
  serveSends(stand.api)
  localStorage.clear()
  const tab = stand.mount(ScriptsTab)
  await flushPromises()
  return tab
}
type Tab = Awaited<ReturnType<typeof opened>>
const titles = (tab: Tab) => tab.findAll('h3').map(title => title.text())
const whys = (tab: Tab) => tab.findAll('.script__why').map(why => why.text())
const mother = makeDate()

describe('what stands first in 话术', () => {
  it('suits the day that is coming, with the reason in one line, on the first row only', async () => {
    const tab = await opened([daily, care, first, second], { dates: [mother] })
    expect(titles(tab)).toEqual(['给妈妈一', '给妈妈二', '保养提醒', '日常问候'])
    expect(whys(tab)).toEqual(['妈妈生日 12 天后，用上家人称呼'])
  })

  it.each([
    ['2026-12-03', '提前说'],
    ['2026-11-21', '祝福'],
    ['2026-11-19', '迟到的祝福'],
  ])('P20 is no word of another day: on the way to %s it is %s', async (occurrence, title) => {
    const words = [
      script('祝福', 'birthdayElder', '{家人称呼}生日快乐！', { moments: ['onDay'], isFavourite: true }),
      script('提前说', 'birthdayElder', '{日子}是{家人称呼}的生日。', { moments: ['ahead', 'near'] }),
      script('迟到的祝福', 'birthdayElder', '祝{家人称呼}生日快乐，晚了。', { moments: ['after'] }),
    ]
    const reminders = [makeReminder({ date: mother, occurrence })]
    const tab = await opened([...words, daily], { dates: [mother], reminders })
    expect(titles(tab).slice(0, 2)).toEqual([title, '日常问候'])
  })

  const calm = '今天没有要主动说的'
  it('is nothing in particular when there is nothing due, however well it has worked', async () => {
    const tab = await opened([daily, { ...first, moments: ['ahead'] }, engraving, care])
    expect(titles(tab)).toEqual(['保养提醒', '给个建议', '日常问候', '给妈妈一'])
    expect(whys(tab)).toEqual([])
    expect(tab.text()).toContain(calm)
    await tab.find('input').setValue('您好')
    expect(tab.text()).not.toContain(calm)
  })

  it('is then what was used last, but no words for a day', async () => {
    const known = [daily, engraving, care, { ...second, parts: daily.parts }]
    const tab = await opened(known, {}, undefined, [second.scriptId, daily.scriptId])
    expect(titles(tab)).toEqual(['日常问候', '保养提醒', '给个建议', '给妈妈二'])
  })

  it('is no day of half a year ahead', async () => {
    const tab = await opened([care, first], { dates: [makeDate({ nextOn: '2027-05-19' })] })
    expect(titles(tab)).toEqual(['保养提醒', '给妈妈一'])
    expect(tab.text()).toContain(calm)
    expect(whys(tab)).toEqual([])
  })

  it('is what the card offers, not an answer nobody asked for', async () => {
    const reminders = [makeReminder({ date: mother, occurrence: '2026-12-03' })]
    const tab = await opened([engraving, first, daily], { dates: [mother], reminders })
    expect(titles(tab)[0]).toBe('给妈妈一')
    expect(tab.text()).not.toContain(calm)
  })

  it('finds what may be said today before what may not', async () => {
    const wish = script('妈妈生日快乐', 'birthdayElder', '{家人称呼}生日快乐！', { moments: ['onDay'] })
    const early = script('给妈妈提前说', 'birthdayElder', '{日子}是{家人称呼}的生日。', {
      moments: ['ahead'],
    })
    const tab = await opened([wish, early, daily], { dates: [mother] })
    await tab.find('input').setValue('妈妈')
    expect(titles(tab)).toEqual(['给妈妈提前说', '妈妈生日快乐'])
  })

  it('is never what she had last, and keeps its place while it is sent', async () => {
    const recentScripts = [{ scriptId: first.scriptId, on: '2025-12-01' }]
    const tab = await opened([first, second, daily], { dates: [mother], recentScripts })
    expect(titles(tab)[0]).toBe('给妈妈二')
    await tab.find('article button.script__act').trigger('click')
    await vi.waitFor(() =>
      expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '婉清姐，阿姨生日快乐。' }]),
    )
    await flushPromises()
    expect(titles(tab)[0]).toBe('给妈妈二')
  })

  it('can be sent as it stands', async () => {
    const tab = await opened([wrist, first], { dates: [mother] })
    expect(titles(tab)).toEqual(['给妈妈一', '量手围'])
  })

  it('speaks of the day whose reminder is due, also when that has just passed', async () => {
    const father = makeDate({
      person: { personId: mother.person!.personId, relation: 'father', callName: null, isMinor: false },
      nextOn: '2027-11-19',
    })
    const reminders = [makeReminder({ date: father, occurrence: '2026-11-20' })]
    const tab = await opened([daily, first], { dates: [mother, father], reminders })
    expect(whys(tab)[0]).toContain('爸爸生日 昨天')
    expect(tab.find('article').text()).toContain('11月20日是叔叔的生日')
  })

  it('says no reason while something is looked for', async () => {
    const tab = await opened([daily, care])
    await tab.find('input').setValue('您好')
    expect(whys(tab)).toEqual([])
  })

  it('in a group is what needs no single customer', async () => {
    const tab = await opened([first, care], {}, inGroup('wrA'))
    expect(titles(tab)).toEqual(['保养提醒', '给妈妈一'])
    expect(whys(tab)).toEqual([])
  })
})
