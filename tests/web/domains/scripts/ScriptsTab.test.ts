import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Script } from '../../../../shared/contract/scripts.ts'
import type { SendDraft } from '../../../../shared/contract/sends.ts'
import { useCurrentCustomerStore } from '../../../../web/domains/customers/currentCustomer.store.ts'
import { useDraftsStore } from '../../../../web/domains/drafts/drafts.store.ts'
import ScriptsTab from '../../../../web/domains/scripts/ScriptsTab.vue'
import { useScriptsStore } from '../../../../web/domains/scripts/scripts.store.ts'
import { toast } from '../../../../web/ui/undoToast.ts'
import type { Contact, SendResult } from '../../../../web/wecom/bridge.ts'
import { later, noNetwork, ok, problem } from '../../../support/fakeApi.ts'
import { fakeBridge, inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeSend, serveSends } from '../../../support/fakeSends.ts'
import { makeCard, makeDate, makeScript, newUuid } from '../../../support/makeCard.ts'
import { byText, standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const script = (title: string, occasion: Script['occasion'], text: string, keys: [string, string]): Script =>
  makeScript({
    version: 3,
    title,
    occasion,
    parts: [{ kind: 'text', text }],
    pinyin: keys[0],
    initials: keys[1],
  })
const catalogue = () => [
  script('生日祝福', 'birthdayElder', '{称呼}，{日子}是{家人称呼}的生日。', ['sheng ri zhu fu', 'srzf']),
  script('保养提醒', 'care', '{称呼|您好}，来{门店|店里}洗一洗。', ['bao yang ti xing', 'bytx']),
  script('问手围', 'visit', '您的手围是 {手围} 吗', ['wen shou wei', 'wsw']),
  script('门店地址', 'visit', '我们在{门店地址}', ['men dian di zhi', 'mddz']),
]
let stand: Stand
async function arrive(
  contact = inChatWith('wmA'),
  card = (id: string) => makeCard(id, { dates: [makeDate()] }),
) {
  stand = await standInChat(contact, { card })
  const scripts = catalogue()
  stand.api.on('get', /^\/scripts$/, () => ok({ scripts, recentIds: [] }))
  serveSends(stand.api)
  localStorage.clear()
}
async function opened() {
  const tab = stand.mount(ScriptsTab)
  await flushPromises()
  return tab
}
const titles = (tab: Awaited<ReturnType<typeof opened>>) => tab.findAll('h3').map(title => title.text())
const rowOf = (tab: Awaited<ReturnType<typeof opened>>, title: string) => {
  const row = tab.findAll('article').find(one => one.find('h3').text() === title)
  if (!row) throw new Error(`no row ${title}`)
  return row
}
const idOf = (title: string) => useScriptsStore().scripts?.find(one => one.title === title)?.scriptId
const starts = () => stand.api.sentTo('post', /\/sends$/)

beforeEach(() => arrive())
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('finding', () => {
  it.each([
    ['祝福', '生日祝福', '祝福'],
    ['shengri', '生日祝福', '生日'],
    ['srzf', '生日祝福', '生日祝福'],
    ['BY', '保养提醒', '保养'],
  ])('finds by %s and marks it', async (query, title, marked) => {
    const tab = await opened()
    await tab.find('input').setValue(query)
    expect(titles(tab)).toEqual([title])
    expect(tab.find('mark').text()).toBe(marked)
  })

  it.each([
    ['阿姨', ['生日祝福'], ['阿姨']],
    ['婉清姐', ['生日祝福', '保养提醒'], ['婉清姐', '婉清姐']],
    ['国贸', ['保养提醒'], ['国贸']],
    ['是阿姨的', ['生日祝福'], ['是', '阿姨', '的']],
    ['您好', [], []],
    ['sr 阿姨', ['生日祝福'], ['生日', '阿姨']],
    ['洗 tixing', ['保养提醒'], ['提醒', '洗', '洗']],
  ])('finds %s in the words as they are for this customer', async (query, found, marked) => {
    const tab = await opened()
    await tab.find('input').setValue(query)
    expect(titles(tab)).toEqual(found)
    expect(tab.findAll('mark').map(mark => mark.text())).toEqual(marked)
  })

  it('says what was not found', async () => {
    const tab = await opened()
    await tab.find('input').setValue('xyz')
    expect(tab.text()).toContain('没有找到「xyz」')
    expect(tab.findAll('article')).toHaveLength(0)
  })

  it('counts folders, hides empty ones, and shows one alone', async () => {
    const tab = await opened()
    const chips = () => tab.findAll('[role=group] button').map(chip => chip.text())
    expect(chips()).toEqual(['全部 4', '生日 1', '保养 1', '到店 2'])
    await byText(tab, '[role=group] button', '到店').trigger('click')
    expect(titles(tab)).toEqual(['问手围', '门店地址'])
    expect(byText(tab, '[role=group] button', '到店').attributes('aria-pressed')).toBe('true')
  })

  it('lets no chosen folder hide what the search finds elsewhere', async () => {
    const tab = await opened()
    await byText(tab, '[role=group] button', '到店').trigger('click')
    await tab.find('input').setValue('srzf')
    expect(titles(tab)).toEqual(['生日祝福'])
  })

  it('puts what suits a date of this customer first', async () => {
    const tab = await opened()
    expect(titles(tab)[0]).toBe('生日祝福')
    expect(rowOf(tab, '生日祝福').text()).toContain('婉清姐，12月3日是阿姨的生日。')
  })
})

describe('what cannot be fetched', () => {
  it('says so and fetches again', async () => {
    stand.api.on('get', /^\/scripts$/, noNetwork)
    const tab = await opened()
    expect(tab.text()).toContain('这一页没取到')
    stand.api.on('get', /^\/scripts$/, () => ok({ scripts: catalogue(), recentIds: [] }))
    await byText(tab, 'button', '再取一次').trigger('click')
    await flushPromises()
    expect(titles(tab)).toHaveLength(4)
  })

  it('keeps the catalogue it has when a refresh does not come', async () => {
    const first = await opened()
    first.unmount()
    stand.api.on('get', /^\/scripts$/, noNetwork)
    expect(titles(await opened())).toHaveLength(4)
  })

  it('says who fills an empty catalogue', async () => {
    stand.api.on('get', /^\/scripts$/, () => ok({ scripts: [], recentIds: [] }))
    const tab = await opened()
    expect(tab.text()).toContain('话术还没有准备好')
  })
})

describe('a hole', () => {
  it('stops the send, says so, and leads to the fact', async () => {
    const tab = await opened()
    const row = rowOf(tab, '问手围')
    expect(row.text()).toContain('还差 1 项，补上才能发')
    expect(row.find('.hole').text()).toBe('手围')
    await byText(tab, 'article button', '补上').trigger('click')
    await flushPromises()
    expect(stand.current.tab).toBe('profile')
    expect(stand.current.askedField).toBe('wristSize')
    expect(fakeBridge.sendToChat).not.toHaveBeenCalled()
    expect(starts()).toHaveLength(0)
  })

  it('that only the shop can fill offers nothing to tap', async () => {
    const row = rowOf(await opened(), '门店地址')
    expect(row.text()).toContain('门店地址还没填，请总部在「管理 › 门店」里填上')
    expect(row.find('.script__act').element.tagName).toBe('SPAN')
  })

  it('of a date opens the sheet for one', async () => {
    stand.leave()
    await arrive(inChatWith('wmA'), id => makeCard(id))
    const tab = await opened()
    await rowOf(tab, '生日祝福').find('.script__act').trigger('click')
    expect(stand.current.isAskingForDate).toBe(true)
  })
})

describe('sending', () => {
  const send = async (tab: Awaited<ReturnType<typeof opened>>) => {
    await rowOf(tab, '生日祝福').find('button.script__act').trigger('click')
    await flushPromises()
  }

  it('names script and receiver, and sends the very words that were shown', async () => {
    const tab = await opened()
    const button = rowOf(tab, '生日祝福').find('button.script__act')
    expect(button.attributes('aria-label')).toBe('发送「生日祝福」给婉清姐')
    await send(tab)
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('已发出'))
    expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '婉清姐，12月3日是阿姨的生日。' }])
    expect(starts()[0]?.body).toMatchObject({ title: '生日祝福', script: { version: 3 } })
  })

  it.each<[string, SendResult, string]>([
    ['cancelled', 'cancelled', '你取消了，没有发出'],
    ['failed', { failed: 'sendChatMessage:fail' }, '没有发出，可以再试'],
  ])('%s: says what happened and can be tapped again', async (_name, answer, words) => {
    fakeBridge.answers = [answer]
    const tab = await opened()
    await send(tab)
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').find('[role=alert]').text()).toContain(words))
    await send(tab)
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('已发出'))
    expect(starts()).toHaveLength(2)
    expect(starts()[0]?.idempotencyKey).not.toBe(starts()[1]?.idempotencyKey)
  })

  it('unknown: asks to look into the chat, and sends nothing again by itself', async () => {
    fakeBridge.answers = ['unknown']
    const tab = await opened()
    await send(tab)
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('不确定发出没有，看看聊天再继续'))
    expect(rowOf(tab, '生日祝福').find('button.script__act').exists()).toBe(false)
    expect(fakeBridge.sent).toHaveLength(1)
    await byText(tab, 'button', '没有，再发').trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(2))
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').find('button.script__act').exists()).toBe(true))
    expect(starts()).toHaveLength(1)
  })

  it('a server that refuses lets nothing leave', async () => {
    stand.api.on('post', /\/sends$/, () => problem('rate_limited'))
    const tab = await opened()
    await send(tab)
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('操作太快，歇一下再试，没有发出'))
    expect(fakeBridge.sent).toEqual([])
  })

  it('a double tap, also on another row, sends once', async () => {
    const answer = later<SendResult>()
    fakeBridge.answers = [answer.promise]
    const tab = await opened()
    const button = rowOf(tab, '生日祝福').find('button.script__act')
    const other = rowOf(tab, '保养提醒').find('button.script__act')
    void button.trigger('click')
    void button.trigger('click')
    void other.trigger('click')
    await vi.waitFor(() => expect(fakeBridge.sent).toHaveLength(1))
    expect(rowOf(tab, '保养提醒').find('button.script__act').attributes('disabled')).toBeDefined()
    answer.settle('ok')
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('已发出'))
    expect(fakeBridge.sent).toHaveLength(1)
    expect(starts()).toHaveLength(1)
  })

  it('the chat changed unnoticed: nothing is started, nothing leaves', async () => {
    const tab = await opened()
    stand.turnSilently(inChatWith('wmB'))
    await send(tab)
    expect(starts()).toHaveLength(0)
    expect(fakeBridge.sent).toEqual([])
    expect(stand.current.notice).toEqual({ kind: 'switched' })
  })

  it('the chat changes while the server is slow: nothing leaves, and the other chat shows no trace of it', async () => {
    const slow = later<ReturnType<typeof ok>>()
    stand.api.on('post', /\/sends$/, async request => {
      await slow.promise
      return ok(makeSend(request.body as SendDraft), 201)
    })
    const tab = await opened()
    await send(tab)
    await vi.waitFor(() => expect(starts()).toHaveLength(1))
    await stand.turnTo(inChatWith('wmB'))
    expect(rowOf(tab, '生日祝福').text()).not.toContain('正在发')
    slow.settle(ok(null))
    await vi.waitFor(() => expect(stand.api.sentTo('patch', /customers\/wmA\/sends\//)).toHaveLength(1))
    expect(fakeBridge.sent).toEqual([])
    expect(starts().every(request => request.path === '/customers/wmA/sends')).toBe(true)
  })
})

describe('changing the words for this one time', () => {
  const sheet = () => document.querySelector<HTMLElement>('[role=dialog]')
  const area = () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')
  const write = async (text: string) => {
    const field = area()
    if (!field) throw new Error('no field')
    field.value = text
    field.dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const press = async (words: string) => {
    const button = [...document.querySelectorAll<HTMLButtonElement>('[role=dialog] button')].find(one =>
      one.textContent?.includes(words),
    )
    button?.click()
    await flushPromises()
    return button
  }
  async function edited(title = '生日祝福') {
    const tab = await opened()
    await rowOf(tab, title).find('.script__words').trigger('click')
    await byText(tab, 'button', '改了再发').trigger('click')
    await vi.waitFor(() => expect(area()).not.toBeNull(), { timeout: 15_000 })
    return tab
  }

  it('sends and records what was written, and leaves the script as it is', async () => {
    const tab = await edited()
    expect(area()?.value).toBe('婉清姐，12月3日是阿姨的生日。')
    await write('婉清姐，阿姨生日快到了，周末来店里看看？')
    expect(sheet()?.textContent).toContain('只改这一次，话术还是原来的')
    await press('发给婉清姐')
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('已发出'))
    expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '婉清姐，阿姨生日快到了，周末来店里看看？' }])
    expect(starts()[0]?.body).toMatchObject({ script: { version: 3 } })
    expect(rowOf(tab, '生日祝福').text()).toContain('12月3日是阿姨的生日')
  })

  it('puts the words back, and sends none with a hole or nothing in them', async () => {
    await edited('问手围')
    expect(sheet()?.textContent).toContain('把{手围}换成要说的话')
    expect((await press('发给婉清姐'))?.disabled).toBe(true)
    await write('   ')
    expect(sheet()?.textContent).toContain('有一条是空的')
    await press('还原')
    expect(area()?.value).toBe('您的手围是 {手围} 吗')
    expect(starts()).toEqual([])
  })
})

describe('words that were changed and have not left', () => {
  const area = () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')
  const inSheet = async (act: () => unknown) => {
    await vi.waitFor(() => expect(area()).not.toBeNull(), { timeout: 15_000 })
    await act()
    await flushPromises()
  }
  const submit = () => document.querySelector<HTMLButtonElement>('[role=dialog] .acts button')?.click()
  const words = '婉清姐，周末来店里看看？'
  async function writtenWithoutNetwork() {
    const tab = await opened()
    await rowOf(tab, '生日祝福').find('.script__words').trigger('click')
    await byText(tab, 'button', '改了再发').trigger('click')
    stand.api.on('post', /\/sends$/, noNetwork)
    await inSheet(async () => {
      area()!.value = words
      area()!.dispatchEvent(new Event('input'))
      await flushPromises()
      submit()
    })
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).toContain('没有发出'))
    return tab
  }

  it('mark their row, and go out with its 发送 instead of the script’s', async () => {
    const tab = await writtenWithoutNetwork()
    expect(rowOf(tab, '生日祝福').text()).toContain('改过的话还没发')
    serveSends(stand.api)
    await rowOf(tab, '生日祝福').find('button.script__act').trigger('click')
    await vi.waitFor(() => expect(area()?.value).toBe(words), { timeout: 15_000 })
    expect(fakeBridge.sent).toEqual([])
    submit()
    await vi.waitFor(() => expect(fakeBridge.sent).toEqual([{ kind: 'text', text: words }]))
    await vi.waitFor(() => expect(rowOf(tab, '生日祝福').text()).not.toContain('改过的话还没发'))
  })

  it('mark it only in their chat, and still after another one', async () => {
    const tab = await writtenWithoutNetwork()
    await stand.turnTo(inChatWith('wmB'))
    expect(rowOf(tab, '生日祝福').text()).not.toContain('改过的话还没发')
    await stand.turnTo(inChatWith('wmA'))
    expect(rowOf(tab, '生日祝福').text()).toContain('改过的话还没发')
  })

  it('are no draft any more when a part of them may stand in the chat', async () => {
    const tab = await writtenWithoutNetwork()
    serveSends(stand.api)
    fakeBridge.sendToChat.mockResolvedValueOnce('unknown')
    await rowOf(tab, '生日祝福').find('button.script__act').trigger('click')
    await vi.waitFor(() => expect(area()?.value).toBe(words), { timeout: 15_000 })
    submit()
    await vi.waitFor(() => expect(stand.api.sentTo('post', /\/sends$/)).toHaveLength(2))
    await vi.waitFor(() =>
      expect(useDraftsStore().draftOf('wmA', `script:${idOf('生日祝福')}`)).toBeUndefined(),
    )
  })
})

describe('words changed for one time', () => {
  const area = () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')
  const dialog = () => document.querySelector('[role=dialog]')
  async function edited(title: string) {
    const tab = await opened()
    await rowOf(tab, title).find('.script__words').trigger('click')
    await byText(tab, 'button', '改了再发').trigger('click')
    await vi.waitFor(() => expect(area()).not.toBeNull(), { timeout: 15_000 })
  }
  async function write(words: string) {
    area()!.value = words
    area()!.dispatchEvent(new Event('input'))
    await flushPromises()
  }

  it.each(['您的手围是 {十六} 吗', '您的手围是 {十六 吗', '您的手围是 十六} 吗'])(
    'leave with no brace that was typed around: %s',
    async words => {
      await edited('问手围')
      await write(words)
      expect(dialog()?.textContent).toContain('把 { } 去掉')
      await write('您的手围是 16 吗')
      expect(dialog()?.textContent).not.toContain('把 { } 去掉')
    },
  )

  it('P28 stay off the device when they speak of a child’s day, and are kept there else', async () => {
    stand.leave()
    document.body.innerHTML = ''
    const child = { personId: newUuid(), relation: 'daughter', callName: null, isMinor: true }
    await arrive(inChatWith('wmA'), id => makeCard(id, { dates: [makeDate({ person: child })] }))
    const wish = script('孩子生日', 'birthdayChild', '{日子}是{家人称呼}的生日。', ['hai zi', 'hz'])
    const visit = script('请到店', 'visit', '来看看', ['qing dao dian', 'qdd'])
    stand.api.on('get', /^\/scripts$/, () => ok({ scripts: [wish, visit], recentIds: [] }))
    await edited('孩子生日')
    await write('女儿6月1日生日')
    expect(useDraftsStore().draftOf('wmA', `script:${wish.scriptId}`)?.isPageOnly).toBe(true)
    stand.leave()
    document.body.innerHTML = ''
    await arrive()
    stand.api.on('get', /^\/scripts$/, () => ok({ scripts: [visit], recentIds: [] }))
    await edited('请到店')
    await write('周末来看看')
    const kept = useDraftsStore().draftOf('wmA', `script:${visit.scriptId}`)
    expect(kept).toMatchObject({ value: ['周末来看看'] })
    expect(kept?.isPageOnly).toBeUndefined()
  })
})

describe('when nothing may leave', () => {
  it('先别写 locks the sends until the guide says what she waits for', async () => {
    stand.leave()
    const quiet = (id: string) =>
      makeCard(id, {
        contact: {
          ...makeCard(id).contact,
          quiet: { level: 'none', until: '2099-12-01', reason: null },
        },
        dates: [makeDate()],
      })
    await arrive(inChatWith('wmA'), quiet)
    const tab = await opened()
    const button = () => rowOf(tab, '生日祝福').find('button.script__act')
    expect(button().attributes('disabled')).toBeDefined()
    expect(tab.text()).toContain('先别写')
    await byText(tab, 'button', '有要紧事').trigger('click')
    expect(useCurrentCustomerStore().isRuleOpen).toBe(true)
    useCurrentCustomerStore().reasonClass = 'orderReady'
    await nextTick()
    expect(button().attributes('disabled')).toBeUndefined()
  })

  it("a contact's page leads to the chat", async () => {
    stand.leave()
    await arrive(inChatWith('wmA', false))
    const tab = await opened()
    expect(rowOf(tab, '生日祝福').find('button.script__act').text()).toBe('复制')
    await byText(tab, 'button', '去聊天').trigger('click')
    expect(fakeBridge.opened).toEqual(['wmA'])
  })
})

describe('where the client posts nothing', () => {
  it.each([
    ["a contact's page", { ...inChatWith('wmA'), canSend: false }, '打开和婉清姐的聊天再发'],
    ['the attachment bar', { kind: 'elsewhere', entry: 'chat_attachment' }, '附件栏里看不到是哪位客户'],
  ] as [string, Contact, string][])(
    '%s: says why and offers the words to be copied',
    async (_, contact, why) => {
      const written: string[] = []
      vi.stubGlobal('navigator', {
        ...navigator,
        clipboard: { writeText: async (text: string) => void written.push(text) },
      })
      stand.leave()
      await arrive(contact)
      const tab = await opened()
      expect(tab.text()).toContain(why)
      await rowOf(tab, '保养提醒').find('button.script__act').trigger('click')
      await vi.waitFor(() => expect(written).toEqual([expect.stringContaining('洗一洗')]))
      expect(toast.value?.text).toBe('已复制')
      expect(document.querySelector('[role=dialog]')).toBeNull()

      await rowOf(tab, '保养提醒').find('.script__words').trigger('click')
      await byText(tab, 'button', '逐条复制').trigger('click')
      await vi.waitFor(() => expect(document.querySelector('[role=dialog] textarea')).not.toBeNull())
      document.querySelector<HTMLButtonElement>('[aria-label="复制第 1 条"]')?.click()
      await vi.waitFor(() => expect(written).toHaveLength(2))
      const acts = [...document.querySelectorAll<HTMLButtonElement>('[role=dialog] .acts button')]
      expect(acts.map(button => [button.textContent?.trim(), button.className])).toEqual([['复制', 'button']])
      acts[0]?.click()
      await vi.waitFor(() => expect(written).toEqual(Array(3).fill(written[0])))
      expect(document.querySelector('[role=dialog]')?.textContent).not.toContain('发给')
      expect(fakeBridge.sent).toEqual([])
      expect(starts()).toEqual([])
    },
  )
})

describe('in a group', () => {
  beforeEach(async () => {
    stand.leave()
    await arrive(inGroup('wrG'))
    const scripts = [
      ...catalogue(),
      script('问候', 'daily', '{称呼|您好}，{门店|店里}今天开门。', ['wen hou', 'wh']),
      { ...script('本命年', 'birthdaySelf', '生日快乐', ['ben ming nian', 'bmn']), pinnedSlot: 1 },
    ]
    stand.api.on('get', /^\/scripts$/, () => ok({ scripts, recentIds: [] }))
  })

  it('a birthday wish never goes to a group: it stands last, under a closed head, and a tap says where to', async () => {
    const tab = await opened()
    expect(titles(tab)).not.toContain('本命年')
    expect(tab.find('.quick').exists()).toBe(false)
    const head = byText(tab, 'button', '要对一位客户说的')
    expect([head.text(), head.attributes('aria-expanded')]).toEqual(['要对一位客户说的 3', 'false'])
    await head.trigger('click')
    expect(titles(tab).slice(-3).sort()).toEqual(['保养提醒', '本命年', '生日祝福'].sort())
    const row = rowOf(tab, '本命年')
    await row.find('button.script__act').trigger('click')
    expect(row.text()).toContain('这条是说给一位客户的，去她的聊天里发')
    await row.find('button.script__words').trigger('click')
    expect(row.text()).not.toContain('改了再发')
    expect([starts(), fakeBridge.sent]).toEqual([[], []])
  })

  it('what was looked for is found also under the closed head', async () => {
    const tab = await opened()
    await tab.find('input').setValue('本命年')
    expect(titles(tab)).toEqual(['本命年'])
  })

  it('speaks to everybody: no fact of one customer is filled in', async () => {
    const tab = await opened()
    expect(rowOf(tab, '问候').text()).toContain('您好，国贸店今天开门。')
    await rowOf(tab, '问候').find('button.script__act').trigger('click')
    await vi.waitFor(() =>
      expect(fakeBridge.sent).toEqual([{ kind: 'text', text: '您好，国贸店今天开门。' }]),
    )
    expect(starts()[0]?.path).toBe('/groups/wrG/sends')
  })

  it('what needs one customer comes last, says so and cannot be tapped', async () => {
    const tab = await opened()
    expect(titles(tab)[0]).toBe('问候')
    const row = rowOf(tab, '问手围')
    expect(row.text()).toContain('这一条只适合单聊')
    expect(row.find('button.script__act').exists()).toBe(false)
  })
})
