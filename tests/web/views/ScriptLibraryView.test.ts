import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ScriptImportPreview } from '../../../shared/contract/scriptFiles.ts'
import type { ManagedScript } from '../../../shared/contract/scriptLibrary.ts'
import { useSessionStore } from '../../../web/domains/session/session.store.ts'
import { router } from '../../../web/router.ts'
import { toast } from '../../../web/ui/undoToast.ts'
import { noNetwork, ok, problem } from '../../support/fakeApi.ts'
import { makeScript, makeSession, newUuid } from '../../support/makeCard.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork, whenDrawn } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const managed = (given: Partial<ManagedScript> = {}): ManagedScript => ({
  ...makeScript(),
  storeName: null,
  state: 'inForce',
  mayChange: true,
  by: '陈露',
  ...given,
})

let stand: Stand
let scripts: ManagedScript[]
async function stay(role: 'guide' | 'manager' | 'admin') {
  stand = await standAtWork(role)
  stand.api.on('get', /^\/scripts\/managed$/, () => ok({ scripts }))
  stand.api.on('get', /^\/stores$/, () =>
    ok({
      stores: [
        {
          departmentId: 3,
          departmentName: '国贸店',
          path: [],
          ownName: null,
          name: '国贸店',
          address: null,
          hours: null,
          phone: null,
          choice: 'auto',
          isStore: true,
          staffCount: 2,
          managers: [],
        },
      ],
    }),
  )
}
beforeEach(() => {
  scripts = [
    managed({ title: '生日祝福', scope: 'company' }),
    managed({
      title: '店庆',
      occasion: 'festival',
      scope: 'store',
      storeId: 3,
      storeName: '国贸店',
      state: 'notYet',
    }),
    managed({ title: '我的开场', occasion: 'newFriend', scope: 'personal', mine: true }),
    managed({ title: '旧的', scope: 'company', state: 'archived' }),
  ]
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})
const open = async (address: string, ready: string) => {
  const page = await openPage(stand, address)
  await whenDrawn(() => expect(page.text()).toContain(ready))
  return page
}
const rows = (page: VueWrapper) => page.findAll('.library-row h3').map(title => title.text())
const chips = (page: VueWrapper) => page.findAll('[aria-label="哪些话术"] button').map(chip => chip.text())

describe('the list', () => {
  it('shows whose each is and what is not in use now; what was put away only where it is asked for', async () => {
    await stay('admin')
    const page = await open('/console/scripts', '生日祝福')
    expect(rows(page)).toEqual(['生日祝福', '店庆', '我的开场'])
    expect(chips(page)).toEqual(['全部 3', '公司 1', '门店 1', '我的 1', '未生效 1', '已停用 1'])
    expect(byText(page, '.library-row', '店庆').text()).toContain('未生效')
    await byText(page, '[aria-label="哪些话术"] button', '已停用').trigger('click')
    expect(rows(page)).toEqual(['旧的'])
    await page.find('input[type=search]').setValue('wdkc')
    expect(rows(page)).toEqual([])
  })

  it('a guide finds only her own, by the way of 我的', async () => {
    await stay('guide')
    const page = await open('/scripts', '我的开场')
    expect(rows(page)).toEqual(['我的开场'])
    expect(page.text()).not.toContain('导入、导出')
  })

  it('a manager finds the company’s after her own, makes a copy for her store, and changes that', async () => {
    await stay('manager')
    scripts = scripts.map(script => ({ ...script, mayChange: script.scope !== 'company' }))
    const copy = managed({ title: '生日祝福', scope: 'store', storeId: 3, storeName: '国贸店' })
    stand.api.on('post', /copy$/, () => ok(copy, 201))
    const page = await open('/console/scripts', '生日祝福')
    expect(rows(page)).toEqual(['店庆', '我的开场', '生日祝福'])
    await byText(page, 'button', '排顺序').trigger('click')
    expect(rows(page)).toEqual(['店庆', '我的开场'])
    await byText(page, 'button', '排好了').trigger('click')
    await router.push(`/console/scripts/${scripts[0]!.scriptId}`)
    await whenDrawn(() => expect(page.find('.preview__bubble').exists()).toBe(true))
    expect(page.find('textarea').exists()).toBe(false)
    await page.find('.copy__foot').trigger('submit')
    await whenDrawn(() => expect(page.find('textarea').exists()).toBe(true))
    expect(stand.api.sentTo('post', /copy$/).map(({ path, body }) => [path, body])).toEqual([
      [`/scripts/${scripts[0]!.scriptId}/copy`, { storeId: 3 }],
    ])
    expect(router.currentRoute.value.path).toBe(`/console/scripts/${copy.scriptId}`)
    expect(page.text()).toContain('国贸店')
  })

  it('two change places at once; when the server says no, the list is as it was', async () => {
    await stay('admin')
    stand.api.on('put', /^\/scripts\/order$/, () => ok(undefined, 204))
    const page = await open('/console/scripts', '生日祝福')
    await byText(page, 'button', '排顺序').trigger('click')
    await page.find('[aria-label="「店庆」往前移"]').trigger('click')
    expect(rows(page)).toEqual(['店庆', '生日祝福', '我的开场'])
    await flushPromises()
    expect(stand.api.sentTo('put', /order$/)[0]?.body).toEqual({
      scriptIds: [scripts[1]!.scriptId, scripts[0]!.scriptId],
    })
    stand.api.on('put', /^\/scripts\/order$/, noNetwork)
    await page.find('[aria-label="「我的开场」往前移"]').trigger('click')
    await vi.waitFor(() => expect(rows(page)).toEqual(['生日祝福', '店庆', '我的开场']))
    expect(toast.value?.text).toContain('顺序没有改')
  })

  it('a failed load can be tried again', async () => {
    await stay('admin')
    stand.api.on('get', /^\/scripts\/managed$/, noNetwork)
    const page = await openPage(stand, '/console/scripts')
    await whenDrawn(() => expect(page.text()).toContain('再取一次'))
    stand.api.on('get', /^\/scripts\/managed$/, () => ok({ scripts }))
    await byText(page, 'button', '再取一次').trigger('click')
    await whenDrawn(() => expect(rows(page)).toHaveLength(3))
  })
})

describe('writing', () => {
  const textarea = (page: VueWrapper) => page.find('textarea')
  const preview = (page: VueWrapper) => page.findAll('.preview__bubble').map(bubble => bubble.text())
  const save = async (page: VueWrapper) => {
    await page.find('form').trigger('submit')
    await flushPromises()
  }

  it('puts a variable where the caret stands, shows it filled, and says what stops a send', async () => {
    await stay('guide')
    const page = await open('/scripts/new', '第 1 条')
    await textarea(page).setValue('您好，生日快乐')
    const field = textarea(page).element
    field.setSelectionRange(0, 2)
    await byText(page, 'button', '插入变量').trigger('click')
    await byText(page, '.words__picker li button', '称呼').trigger('click')
    expect(field.value).toBe('{称呼}，生日快乐')
    expect(field.selectionStart).toBe(4)
    expect(preview(page)).toEqual(['婉清姐，生日快乐'])
    expect(page.text()).toContain('不知道「称呼」时，这条发不出去')
    await byText(page, '[role=radio]', '只加了好友').trigger('click')
    expect(page.text()).toContain('对这位客户发不出去')
    await byText(page, 'button', '写上备用的词').trigger('click')
    expect(field.value).toBe('{称呼|}，生日快乐')
    expect(field.selectionStart).toBe(4)
  })

  it('names an unknown variable with what was meant, and puts it right with one tap', async () => {
    await stay('guide')
    const page = await open('/scripts/new', '第 1 条')
    await textarea(page).setValue('{称乎|您}好')
    expect(page.find('.words__trouble').text()).toBe('没有「称乎」这个变量，是不是「称呼」？')
    await byText(page, 'button', '改成「称呼」').trigger('click')
    expect(textarea(page).element.value).toBe('{称呼|您}好')
    expect(page.find('.words__trouble').exists()).toBe(false)
  })

  it('nothing is sent until everything is right, and then once', async () => {
    await stay('admin')
    const made = managed({ title: '新的', scope: 'store', storeId: 3 })
    stand.api.on('post', /^\/scripts$/, () => ok(made, 201))
    const page = await open('/console/scripts/new', '第 1 条')
    await save(page)
    expect(page.text()).toContain('标题要写')
    expect(page.text()).toContain('这一条还没有字')
    expect(stand.api.sentTo('post', /^\/scripts$/)).toEqual([])
    const title = page.find('input[maxlength="40"]')
    expect(document.activeElement).toBe(title.element)
    expect(page.find(`[id="${title.attributes('aria-describedby')}"]`).text()).toContain('标题要写')
    await title.setValue('新的')
    await textarea(page).setValue('{称呼|您}好')
    // Nothing is chosen for her: a script in the wrong folder is found by nobody.
    const occasion = page.find('select')
    expect(occasion.element.value).toBe('')
    await save(page)
    expect(document.activeElement).toBe(occasion.element)
    expect(page.text()).toContain('选一个，要用的时候才找得到')
    await occasion.setValue('visit')
    await byText(page, '[aria-label=谁能用] button', '门店').trigger('click')
    await Promise.all([page.find('form').trigger('submit'), page.find('form').trigger('submit')])
    await flushPromises()
    expect(stand.api.sentTo('post', /^\/scripts$/).map(({ body }) => body)).toEqual([
      {
        title: '新的',
        occasion: 'visit',
        scope: 'store',
        storeId: 3,
        parts: [{ kind: 'text', text: '{称呼|您}好' }],
        effectiveFrom: null,
        effectiveUntil: null,
      },
    ])
    await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/console/scripts'))
  })

  it('parts are added, moved and taken away, nine at most', async () => {
    await stay('guide')
    const page = await open('/scripts/new', '第 1 条')
    await textarea(page).setValue('一')
    const addPart = async (word: string) => {
      await byText(page, 'button', '再加一条').trigger('click')
      await byText(page, '[aria-label=加一条什么] button', word).trigger('click')
    }
    await addPart('链接')
    expect(preview(page)).toHaveLength(2)
    await page.find('[aria-label="第 2 条往前移"]').trigger('click')
    expect(preview(page)[1]).toBe('一')
    await page.find('[aria-label="去掉第 1 条"]').trigger('click')
    expect(preview(page)).toEqual(['一'])
    for (let count = 1; count < 9; count++) await addPart('文字')
    expect(page.text()).not.toContain('再加一条')
  })

  it('a picture is put up and shown; one that is too large never leaves the phone', async () => {
    await stay('guide')
    const assetId = newUuid()
    stand.api.on('post', /^\/script-assets$/, () =>
      ok({ assetId, kind: 'image', name: 'a.jpg', bytes: 3 }, 201),
    )
    const page = await open('/scripts/new', '第 1 条')
    await byText(page, 'button', '再加一条').trigger('click')
    await byText(page, '[aria-label=加一条什么] button', '图片').trigger('click')
    const input = page.find<HTMLInputElement>('input[type=file]')
    const choose = async (file: File) => {
      Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
      await input.trigger('change')
      await flushPromises()
    }
    const large = new File(['x'], 'a.jpg')
    Object.defineProperty(large, 'size', { value: 3 * 1024 * 1024 })
    await choose(large)
    expect(page.text()).toContain('图片最大 2 MB')
    await choose(new File(['abc'], 'a.jpg'))
    await vi.waitFor(() =>
      expect(page.find('.asset img').attributes('src')).toBe(`/api/script-assets/${assetId}`),
    )
    expect(stand.api.sentTo('post', /^\/script-assets$/)).toHaveLength(1)
  })

  it('what is written stays when the page is left, until it is thrown away', async () => {
    await stay('admin')
    const address = `/console/scripts/${scripts[0]!.scriptId}`
    const first = await open(address, '第 1 条')
    const before = textarea(first).element.value
    await textarea(first).setValue('改到一半')
    first.unmount()
    const second = await open(address, '第 1 条')
    await vi.waitFor(() => expect(textarea(second).element.value).toBe('改到一半'))
    expect(second.text()).toContain('未保存的草稿')
    await byText(second, 'button', '丢弃').trigger('click')
    expect(textarea(second).element.value).toBe(before)
    expect(second.text()).not.toContain('未保存的草稿')
  })

  it('a new one begun for others is not taken for one of her own', async () => {
    await stay('admin')
    stand.api.on('post', /^\/scripts$/, ({ body }) => ok(managed(body as Partial<ManagedScript>), 201))
    const forOthers = await open('/console/scripts/new', '第 1 条')
    await textarea(forOthers).setValue('给全公司的话')
    forOthers.unmount()
    const own = await open('/scripts/new', '第 1 条')
    await flushPromises()
    expect(textarea(own).element.value).toBe('')
    await own.find('input[maxlength="40"]').setValue('我的')
    await textarea(own).setValue('我自己的话')
    await own.find('select').setValue('visit')
    await save(own)
    expect(stand.api.sentTo('post', /^\/scripts$/).map(({ body }) => body)).toMatchObject([
      { scope: 'personal', storeId: null, parts: [{ kind: 'text', text: '我自己的话' }] },
    ])
    own.unmount()
    const again = await open('/console/scripts/new', '第 1 条')
    await vi.waitFor(() => expect(textarea(again).element.value).toBe('给全公司的话'))
  })

  it('what was begun for everybody while she might is no longer for everybody once she may not', async () => {
    await stay('admin')
    stand.api.on('post', /^\/scripts$/, ({ body }) => ok(managed(body as Partial<ManagedScript>), 201))
    const first = await open('/console/scripts/new', '第 1 条')
    await first.find('input[maxlength="40"]').setValue('新的')
    await textarea(first).setValue('给全公司的话')
    first.unmount()
    const session = makeSession()
    useSessionStore().begin({ ...session, staff: { ...session.staff, role: 'manager' } })
    const second = await open('/console/scripts/new', '第 1 条')
    await vi.waitFor(() => expect(textarea(second).element.value).toBe('给全公司的话'))
    await second.find('select').setValue('visit')
    await save(second)
    expect(stand.api.sentTo('post', /^\/scripts$/).map(({ body }) => body)).toMatchObject([
      { scope: 'store', storeId: 3 },
    ])
  })

  it('another script at the same place is written with its own words', async () => {
    await stay('admin')
    scripts[0] = managed({ ...scripts[0], parts: [{ kind: 'text', text: '一号' }] })
    scripts[1] = managed({ ...scripts[1], parts: [{ kind: 'text', text: '二号' }] })
    const page = await open(`/console/scripts/${scripts[0]!.scriptId}`, '第 1 条')
    expect(textarea(page).element.value).toBe('一号')
    await router.push(`/console/scripts/${scripts[1]!.scriptId}`)
    await whenDrawn(() => expect(textarea(page).element.value).toBe('二号'))
    await router.push('/console/scripts/new')
    await whenDrawn(() => expect(textarea(page).element.value).toBe(''))
  })

  it('somebody else was faster: what was written stays, and goes on upon the newest', async () => {
    await stay('admin')
    stand.api.on('patch', /^\/scripts\//, () => problem('version_conflict'))
    const page = await open(`/console/scripts/${scripts[0]!.scriptId}`, '第 1 条')
    await textarea(page).setValue('改过的')
    await save(page)
    expect(page.text()).toContain('别人刚改过，请看最新的再改')
    expect(textarea(page).element.value).toBe('改过的')
    scripts[0] = managed({ ...scripts[0], version: 2, parts: [{ kind: 'text', text: '她改的' }] })
    await byText(page, 'button', '在最新的上接着改').trigger('click')
    await vi.waitFor(() => expect(page.text()).toContain('这条后来改过，你写的还在'))
    expect(textarea(page).element.value).toBe('改过的')
    await byText(page, 'button', '丢弃').trigger('click')
    expect(textarea(page).element.value).toBe('她改的')
  })

  it('what the server finds wrong stands at its field', async () => {
    await stay('admin')
    stand.api.on('patch', /^\/scripts\//, () => ({
      ...problem('validation_failed'),
      body: {
        ...(problem('validation_failed').body as object),
        errors: [{ path: 'parts.0.text', code: 'invalid', message: '这里不行' }],
      },
    }))
    const page = await open(`/console/scripts/${scripts[0]!.scriptId}`, '第 1 条')
    await textarea(page).setValue('改过的')
    await save(page)
    expect(page.find('.words__trouble').text()).toBe('这里不行')
    expect(document.activeElement).toBe(textarea(page).element)
    expect(textarea(page).attributes('aria-describedby')).toBe(page.find('.words__trouble').attributes('id'))
  })

  it('a former version is taken over and saved as the newest', async () => {
    await stay('admin')
    const version = {
      title: '从前',
      occasion: 'visit',
      effectiveFrom: null,
      effectiveUntil: null,
      by: '周敏',
    }
    stand.api.on('get', /versions$/, () =>
      ok({
        versions: [
          { ...version, version: 1, parts: [{ kind: 'text', text: '新' }], at: '2026-11-20T02:00:00Z' },
          { ...version, version: 0, parts: [{ kind: 'text', text: '旧' }], at: '2026-11-01T02:00:00Z' },
        ],
      }),
    )
    const page = await open(`/console/scripts/${scripts[0]!.scriptId}`, '第 1 条')
    await byText(page, 'button', '以前的版本').trigger('click')
    const take = () =>
      [...document.querySelectorAll('button')].find(button => button.textContent.includes('用这一版'))
    await whenDrawn(() => expect(take()).toBeDefined())
    const current = [...document.querySelectorAll('.versions li')].filter(one =>
      one.textContent.includes('现在用的'),
    )
    expect(current.map(one => one.textContent)).toEqual([expect.stringContaining('第 1 版')])
    take()?.click()
    await vi.waitFor(() => expect(textarea(page).element.value).toBe('旧'))
  })

  it('putting away can be taken back', async () => {
    await stay('admin')
    const inForce = scripts[0]!
    stand.api.on('delete', /^\/scripts\//, () => {
      scripts[0] = { ...inForce, state: 'archived' }
      return ok(undefined, 204)
    })
    stand.api.on('post', /restore$/, () => ok((scripts[0] = inForce)))
    const page = await open(`/console/scripts/${scripts[0]!.scriptId}`, '第 1 条')
    await byText(page, 'button', '停用这条').trigger('click')
    await whenDrawn(() => expect(rows(page)).toEqual(['店庆', '我的开场']))
    toast.value?.undo?.()
    await vi.waitFor(() => expect(rows(page)).toEqual(['生日祝福', '店庆', '我的开场']))
  })
})

describe('files', () => {
  const previewOf = (given: Partial<ScriptImportPreview> = {}): ScriptImportPreview => ({
    ignored: ['备注'],
    missing: [],
    fresh: 2,
    changed: 1,
    same: 0,
    wrong: 0,
    errors: [],
    lines: [{ line: 2, title: '问候', occasion: '日常', scope: '公司', parts: 1, change: 'new' }],
    ...given,
  })
  const choose = async (page: VueWrapper) => {
    const input = page.find<HTMLInputElement>('input[type=file]')
    Object.defineProperty(input.element, 'files', { value: [new File(['a'], 'a.csv')], configurable: true })
    await input.trigger('change')
    await flushPromises()
  }

  it('shows what a file would do, and does it with one tap', async () => {
    await stay('manager')
    stand.api.on('post', /preview$/, () => ok(previewOf()))
    stand.api.on('post', /^\/script-imports$/, () => ok({ added: 2, changed: 1, same: 0 }, 201))
    const page = await open('/console/scripts/files', '导入')
    await choose(page)
    expect(page.text()).toContain('新增 2 条，改 1 条')
    expect(page.text()).toContain('不认识、不会导入的列：备注')
    expect(stand.api.sentTo('post', /^\/script-imports$/)).toEqual([])
    await page.find('.files__foot button').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('导好了，新增 2 条，改 1 条')
  })

  it('with a wrong line nothing can be taken over', async () => {
    await stay('manager')
    const errors = [{ line: 3, column: '第1条', message: '没有「称乎」这个变量' }]
    stand.api.on('post', /preview$/, () => ok(previewOf({ wrong: 1, errors })))
    const page = await open('/console/scripts/files', '导入')
    await choose(page)
    expect(page.text()).toContain('第 3 行「第1条」：没有「称乎」这个变量')
    expect(page.find('.files__foot').exists()).toBe(false)
  })
})
