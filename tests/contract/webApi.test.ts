import { AxiosHeaders } from 'axios'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { api } from '../../shared/contract/api.ts'
import { Card } from '../../shared/contract/customers.ts'
import { JssdkSignatures, Session } from '../../shared/contract/session.ts'
import { WecomError } from '../../server/wecom/errors.ts'
import { http } from '../../web/api/client.ts'
import { ApiError } from '../../web/api/apiError.ts'
import { newIdempotencyKey } from '../../web/api/idempotencyKey.ts'
import * as audit from '../../web/api/audit.ts'
import * as channelCodes from '../../web/api/channelCodes.ts'
import * as contactRules from '../../web/api/contactRules.ts'
import * as couponResults from '../../web/api/couponResults.ts'
import * as coupons from '../../web/api/coupons.ts'
import * as couponPieces from '../../web/api/couponPieces.ts'
import * as couponShares from '../../web/api/couponShares.ts'
import * as couponTemplates from '../../web/api/couponTemplates.ts'
import * as customers from '../../web/api/customers.ts'
import * as facts from '../../web/api/facts.ts'
import * as engravings from '../../web/api/engravings.ts'
import * as firstScreen from '../../web/api/firstScreen.ts'
import * as groups from '../../web/api/groups.ts'
import * as health from '../../web/api/health.ts'
import * as outbox from '../../web/api/outbox.ts'
import * as notices from '../../web/api/notices.ts'
import * as people from '../../web/api/people.ts'
import * as privacy from '../../web/api/privacy.ts'
import * as purchases from '../../web/api/purchases.ts'
import * as redemptions from '../../web/api/redemptions.ts'
import * as reminderRules from '../../web/api/reminderRules.ts'
import * as reminders from '../../web/api/reminders.ts'
import * as scriptLibrary from '../../web/api/scriptLibrary.ts'
import * as scripts from '../../web/api/scripts.ts'
import * as sends from '../../web/api/sends.ts'
import * as session from '../../web/api/session.ts'
import * as staff from '../../web/api/staff.ts'
import * as stats from '../../web/api/stats.ts'
import * as sync from '../../web/api/sync.ts'
import * as tags from '../../web/api/tags.ts'
import { createTestApp, TEST_PUBLIC_URL, type SignedIn, type TestApp } from '../support/createTestApp.ts'
import { aFollow, aMember } from '../support/fakeWecom.ts'
import { TEST_NOW, type MadeTagGroup } from '../support/make.ts'

/** The browser's side talks to the server's side, without a network between them: what one sends the other must read. */
let test: TestApp
let guide: SignedIn
let customer: { externalUserId: string; customerId: number }
let tagGroup: MadeTagGroup
let templateId: string
const usualAdapter = http.defaults.adapter
/** operations that have been called, by id */
const called = new Set<string>()

beforeAll(async () => {
  test = await createTestApp()
  const shop = await test.make.store(test.corp)
  const actor = await test.make.staff(test.corp, { role: 'manager', store: shop, manages: [shop] })
  guide = await test.signIn(actor)
  tagGroup = await test.make.tagGroup(test.corp)
  customer = await test.make.followed(test.corp, actor, {
    salutation: '婉清姐',
    tags: tagGroup.tags.slice(0, 1),
  })
  const job = { kind: 'job', corpId: test.corp.corpId, name: 'test' } as const
  await test.services.scripts.installStarter(job)
  await test.services.groups.upsertGroup(
    test.db,
    job,
    {
      chatId: 'wr1',
      name: '老友群',
      ownerUserId: actor.userId,
      members: [
        { id: actor.userId, kind: 'staff' },
        { id: customer.externalUserId, kind: 'external' },
      ],
    },
    TEST_NOW,
  )
  templateId = await test.services.couponTemplates.install(job, {
    name: '足金饰品券',
    face: {
      kind: 'amountOff',
      amountFen: 20_000,
      percent: null,
      words: null,
      thresholdFen: 300_000,
      goods: null,
    },
    validity: { kind: 'daysAfterClaim', days: 30 },
    terms: '每人一张',
    stock: 10,
    perPerson: 2,
    sort: 1,
  })

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const method = (init.method ?? 'GET').toLowerCase()
    const { pathname } = new URL(path, TEST_PUBLIC_URL)
    const operation = Object.values(api).find(
      ({ method: own, path: template }) =>
        own === method && new RegExp(`^/api${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
    )
    if (operation) called.add(operation.id)
    return guide.fetch(path, init)
  }
  http.defaults.adapter = async config => {
    const path = http.getUri(config)
    const answer = await send(path, {
      method: config.method?.toUpperCase(),
      headers: Object.fromEntries(
        Object.entries(config.headers.toJSON()).map(([name, value]) => [name, String(value)]),
      ),
      body: config.data as string | Blob | undefined,
    })
    const text = await answer.text()
    const isJson = /json/.test(answer.headers.get('content-type') ?? '')
    return {
      status: answer.status,
      statusText: '',
      data: isJson ? (JSON.parse(text) as unknown) : text,
      headers: new AxiosHeaders(Object.fromEntries(answer.headers)),
      config,
    }
  }
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => send(path, init))
})
afterEach(() => test.clock.set(TEST_NOW))
afterAll(async () => {
  http.defaults.adapter = usualAdapter
  vi.unstubAllGlobals()
  await test.close()
})

const key = newIdempotencyKey
const text = (words: string) => ({ kind: 'text' as const, text: words })

describe('the browser’s calls', () => {
  it('open the first screen', async () => {
    expect(
      Card.strict().parse(await firstScreen.getCard(customer.externalUserId)).customer.externalUserId,
    ).toBe(customer.externalUserId)
    expect(Session.parse(await firstScreen.getSession())).toEqual(await session.getSession())
    const page = `${TEST_PUBLIC_URL}/sidebar/`
    expect(JssdkSignatures.parse(await firstScreen.getSignatures(page)).url).toBe(page)
  })

  it('find customers, edit what is known of them, and note a purchase', async () => {
    const found = await customers.listCustomers({ q: 'wanqing' })
    expect(found.items.map(({ address }) => address)).toEqual(['婉清姐'])
    const { customer: before } = await firstScreen.getCard(customer.externalUserId)
    const profile = await customers.changeProfile(
      customer.externalUserId,
      { ringSize: '13' },
      before.profile.version,
    )
    expect(profile.ringSize).toBe('13')
    const draft = { day: '2026-05-18', piece: '足金手链', amountFen: 358_000 }
    await purchases.addPurchase(customer.externalUserId, draft, key())
    expect((await purchases.listPurchases(customer.externalUserId)).items).toMatchObject([draft])
    const kinds = (await customers.listTimeline(customer.externalUserId)).items.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['purchase', 'profileChanged']))
  })

  it('edit a purchase, take it away and back, and take a file of them over', async () => {
    const { externalUserId } = customer
    const draft = { day: '2026-11-19', piece: '金锁', amountFen: 99_000 }
    const { purchaseId, version } = await purchases.addPurchase(externalUserId, draft, key())
    const edited = await purchases.changePurchase(externalUserId, purchaseId, { recipient: 'son' }, version)
    expect(edited).toMatchObject({ ...draft, recipient: 'son', version: 2 })
    await purchases.removePurchase(externalUserId, purchaseId)
    expect(await purchases.restorePurchase(externalUserId, purchaseId)).toEqual(edited)
    await expect(purchases.answerTrace(externalUserId, purchaseId, true)).rejects.toMatchObject({
      problem: { code: 'state_conflict' },
    })

    const file = new File(
      [`外部联系人id,日期,商品,金额\n${externalUserId},2026/11/18,金戒指,1200`],
      '11月.csv',
    )
    const preview = await purchases.previewImport(file, undefined)
    expect(preview).toMatchObject({ fresh: 1, wrong: 0, lines: [{ customer: '婉清姐', day: '2026-11-18' }] })
    const made = await purchases.importPurchases(
      file,
      { columns: preview.columns, withoutWrong: false },
      key(),
    )
    expect(made).toMatchObject({ fileName: '11月.csv', added: 1, canUndo: true })
    expect((await purchases.listImports()).imports).toEqual([made])
    expect(await purchases.undoImport(made.importId, key())).toMatchObject({ state: 'undone' })
    expect(await purchases.getTraceWindows()).toEqual({ customDays: 30, otherDays: 14 })

    expect((await stats.getMyResults()).months.at(-1)).toMatchObject({ month: '2026-11', purchases: 1 })
    expect((await stats.getTeamResults('store')).rows).toEqual([])
    expect((await stats.getMyScriptResults()).rows).toEqual([])
    expect((await stats.getScriptResults()).countedAt).toBeNull()
    expect((await stats.listWatchedScripts()).scripts).toEqual([])
    const months = { from: '2026-10', until: '2026-11' }
    expect(await couponResults.getMyCouponResults({ ...months, by: 'script' })).toMatchObject({ rows: [] })
    expect(await couponResults.getCouponResults({ ...months, by: 'guide' })).toMatchObject({
      ...months,
      rows: [],
    })
  })

  it('add and remove tags', async () => {
    const [worn, free] = tagGroup.tags
    const names: string[] = []
    await tags.loadTagGroups(({ groups }) =>
      groups.forEach(group => names.push(...group.tags.map(({ name }) => name))),
    )
    expect(names).toContain('古法')
    const change = { add: [free?.tagId ?? ''], remove: [worn?.tagId ?? ''] }
    const after = await tags.changeTags(customer.externalUserId, change, key())
    expect(after.tags).toMatchObject([{ tagId: free?.tagId, sync: 'pending' }])
    await test.runQueued()
    expect((await tags.listCustomerTags(customer.externalUserId)).tags).toMatchObject([{ sync: 'done' }])
    expect(test.wecom.callsOf('markTag')).toHaveLength(1)
    expect((await tags.setTagChoice(tagGroup.groupId, 'single')).choice).toBe('single')
  })

  it('give a customer another name, and decide on what WeCom refused', async () => {
    const former = (await firstScreen.getCard(customer.externalUserId)).follow.remark
    test.wecom.fail('remark', new WecomError('externalcontact/remark', { errcode: 40058 }), 3)
    const refuseOnce = async (remark: string) => {
      expect(await customers.changeRemark(customer.externalUserId, remark, key())).toEqual({
        remark,
        sync: 'pending',
      })
      await test.runQueued()
      const { items } = await outbox.listUnsent()
      expect(items).toMatchObject([{ kind: 'remark', what: `备注名 ${remark}`, state: 'refused' }])
      return items[0]?.outboxId ?? ''
    }
    await outbox.dismissUnsent(await refuseOnce('王姐'))
    await outbox.retryUnsent(await refuseOnce('王芳'), key())
    expect(await outbox.listUnsent()).toMatchObject({ items: [], waiting: 1 })
    await test.runQueued()
    expect((await firstScreen.getCard(customer.externalUserId)).follow.remark).toBe(former)
  })

  it('draft an engraving, put its picture, send it, and take it away', async () => {
    const { externalUserId } = customer
    const draft = {
      pieceId: 'roundPendant',
      metal: 'gold',
      face: 'front',
      font: 'song',
      priceFen: 428_000,
    } as const
    const lines = ['妈妈']
    expect((await engravings.listOffers()).offers.map(({ pieceId }) => pieceId)).toContain(draft.pieceId)
    const added = await engravings.addEngraving(externalUserId, { ...draft, lines }, key())
    const changed = await engravings.changeEngraving(externalUserId, added, { ...draft, lines, font: 'kai' })
    expect((await engravings.listEngravings(externalUserId)).map(({ font }) => font)).toEqual(['kai'])
    const picture = new Blob([Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])], { type: 'image/jpeg' })
    await engravings.putPicture(externalUserId, changed, picture)
    const to = { kind: 'customer', externalUserId } as const
    const { engravingId } = changed
    const message = {
      title: '刻字预览',
      parts: [text('¥4,280')],
      script: null,
      reminderId: null,
      engravingId,
    }
    const { parts } = await sends.startSend(to, message, key())
    expect(parts.map(({ body }) => body.kind)).toEqual(['image', 'text'])
    await engravings.removeEngraving(externalUserId, engravingId)
    expect(await engravings.listEngravings(externalUserId)).toEqual([])
    await expect(engravings.changeOffer('ring', { productionDays: 9 }, 0)).rejects.toMatchObject({
      problem: { code: 'forbidden' },
    })
  })

  it('note a date, meet its reminder, and take the date back', async () => {
    const date = await people.addDate(
      customer.externalUserId,
      {
        person: { relation: 'mother', callName: null },
        date: { calendar: 'solar', month: 11, day: 28, isLeapMonth: false, year: null },
      },
      key(),
    )
    expect((await people.listPeople(customer.externalUserId)).dates.map(({ dateId }) => dateId)).toEqual([
      date.dateId,
    ])
    const [reminder] = (await firstScreen.getCard(customer.externalUserId)).reminders
    expect(reminder?.date?.dateId).toBe(date.dateId)
    const later = await reminders.actOnReminder(
      reminder?.reminderId ?? '',
      { action: 'snooze', until: '2026-11-22' },
      key(),
    )
    expect(later.state).toBe('snoozed')
    await reminders.getToday()
    const lead = { leadDays: 10 }
    const changed = await people.changeDate(customer.externalUserId, date.dateId, lead, date.version, key())
    expect(changed).toMatchObject({ leadDays: 10, ownLeadDays: 10, version: date.version + 1 })
    await people.removeDate(customer.externalUserId, date.dateId, key())
    expect((await people.listPeople(customer.externalUserId)).dates).toEqual([])
  })

  it('keep a promise, come to it from 今日, and say when to be told', async () => {
    const draft = { words: '今天回复价格', day: '2026-11-21' }
    const promised = await reminders.addPromise(customer.externalUserId, draft, key())
    await reminders.focusReminder(promised.reminderId)
    const [first] = (await firstScreen.getCard(customer.externalUserId)).reminders
    expect(first).toMatchObject({ reminderId: promised.reminderId, about: '今天回复价格' })
    const done = await reminders.actOnReminder(promised.reminderId, { action: 'done', how: 'inChat' }, key())
    expect(done.state).toBe('done')
    const slip = await reminders.addPromise(customer.externalUserId, draft, key())
    await reminders.removePromise(slip.reminderId)
    const settings = await notices.getNoticeSettings()
    const changed = { ...settings, digestAt: '10:10' }
    expect(await notices.changeNoticeSettings(changed)).toEqual(changed)
    expect((await reminderRules.getReminderRules()).version).toBe(0)
    const none = { leads: [], closures: [], cares: [] }
    await expect(reminderRules.changeReminderRules(none, 0)).rejects.toMatchObject({
      problem: { code: 'forbidden' },
    })
  })

  it('note that she wants to be left in peace, and read how often we may write', async () => {
    const { externalUserId } = customer
    const wish = { level: 'none', until: '2026-12-01', reason: '忙' } as const
    const noted = await contactRules.changeQuiet(externalUserId, wish, 0)
    expect(noted).toEqual({ quiet: wish, version: 1 })
    expect((await firstScreen.getCard(externalUserId)).contact).toMatchObject({
      quiet: wish,
      quietVersion: 1,
    })
    expect(await contactRules.changeQuiet(externalUserId, null, 1)).toEqual({ quiet: null, version: 2 })
    expect(await contactRules.getContactRules()).toMatchObject({ rules: [], version: 0 })
    const quietHours = {
      isOn: false,
      from: '21:00',
      until: '09:00',
      hardness: 'soft' as const,
      bypass: [],
    }
    await expect(contactRules.changeContactRules({ rules: [], quietHours }, 0)).rejects.toMatchObject({
      problem: { code: 'forbidden' },
    })
  })

  it('note what one line said, edit the people it spoke of, and take things back', async () => {
    const { externalUserId } = customer
    const family = () => people.listPeople(externalUserId)
    const line = { people: [{ person: { relation: 'mother' }, changes: { ringSize: '13' } }], note: '要包装' }
    const noted = await facts.noteFacts(externalUserId, line, key())
    expect((await people.undoFamily(externalUserId, noted.undoId, key())).people).toEqual([])
    await facts.noteFacts(externalUserId, line, key())
    const [mother] = (await family()).people
    const personId = mother?.personId ?? ''
    const edit = { avoids: '银' }
    const edited = await people.changePerson(externalUserId, personId, edit, mother?.version ?? 0, key())
    expect(edited).toMatchObject({ ringSize: '13', avoids: '银' })
    await people.removePerson(externalUserId, personId, key())
    const child = await people.addDate(
      externalUserId,
      {
        person: { relation: 'daughter' },
        date: { calendar: 'solar', month: 6, day: 1 },
        consent: { guardian: 'customer', how: 'chat', givenOn: '2026-11-21' },
      },
      key(),
    )
    await people.withdrawConsent(externalUserId, child.person?.personId ?? '', key())
    expect(await family()).toEqual({ people: [], dates: [] })
  })

  it('write scripts, with pictures, and bring them in and out as files', async () => {
    const picture = new File([Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4])], '店面.JPG')
    const shares: number[] = []
    const asset = await scriptLibrary.addScriptAsset(picture, key(), share => shares.push(share))
    expect(asset).toMatchObject({ kind: 'image', name: '店面.JPG', bytes: 8 })
    expect(await scriptLibrary.getScriptAsset(asset.assetId)).toBeTruthy()
    const parts = [text('{称呼|您好}，来坐坐'), { kind: 'image' as const, assetId: asset.assetId }]
    const draft = { title: '店里什么样', occasion: 'visit' as const, scope: 'personal' as const, parts }
    const added = await scriptLibrary.addScript(draft, key())
    expect(added).toMatchObject({ version: 1, mine: true, state: 'inForce' })
    const second = await scriptLibrary.addScript({ ...draft, title: '再来' }, key())
    const changed = await scriptLibrary.changeScript(added.scriptId, { title: '我们店' }, 1)
    expect((await scriptLibrary.listScriptVersions(changed.scriptId)).versions).toHaveLength(2)
    await scriptLibrary.orderScripts([second.scriptId, added.scriptId])
    await scriptLibrary.archiveScript(second.scriptId)
    expect((await scriptLibrary.restoreScript(second.scriptId)).state).toBe('inForce')
    const mine = async () => (await scriptLibrary.listManagedScripts()).scripts.filter(script => script.mine)
    expect((await mine()).map(({ title }) => title)).toEqual(['再来', '我们店'])
    const { rows: stores } = await test.db.pool.query<{ id: number }>(
      `select department_id as id from stores where store_id = $1`,
      [guide.actor.store?.storeId],
    )
    const own = stores[0]?.id ?? 0
    const copy = await scriptLibrary.copyScript(added.scriptId, own, key())
    expect(copy).toMatchObject({ scope: 'store', storeId: own, mayChange: true, title: '我们店' })
    await scriptLibrary.archiveScript(copy.scriptId)
    await scriptLibrary.markFavourite(added.scriptId, true)
    await scriptLibrary.pinScripts([added.scriptId])
    expect((await mine()).map(({ isFavourite, pinnedSlot }) => [isFavourite, pinnedSlot])).toEqual([
      [false, null],
      [true, 1],
    ])
    const file = new File(['标题,场合,范围,第1条\n问候,日常,我的,您好\n'], '话术.csv')
    expect(await scriptLibrary.previewScriptImport(file)).toMatchObject({ fresh: 1, errors: [] })
    expect(await scriptLibrary.importScripts(file, key())).toEqual({ added: 1, changed: 0, same: 0 })
    expect(String(await scriptLibrary.exportScripts('csv'))).toContain('问候,日常,我的,,,您好')
  })

  it('send words to a customer and to a group', async () => {
    let count = 0
    await scripts.loadScripts(found => (count = found.scripts.length))
    expect(count).toBeGreaterThanOrEqual(30)
    for (const to of [
      { kind: 'customer', externalUserId: customer.externalUserId },
      { kind: 'group', chatId: 'wr1' },
    ] as const) {
      const draft = { title: '问候', parts: [text('早上好'), text('上新了')], script: null, reminderId: null }
      const { sendId } = await sends.startSend(to, draft, key())
      const first = { results: [{ index: 0, outcome: 'ok' as const }], next: 1 }
      expect((await sends.finishSend(to, sendId, first, key())).parts[1]?.state).toBe('leaving')
      // An engraving of before is still open as well.
      const open = async () => (await sends.listOpenSends(to)).sends.find(send => send.sendId === sendId)
      expect((await open())?.outcome).toBe('partial')
      const second = { results: [{ index: 1, outcome: 'ok' as const }] }
      expect((await sends.finishSend(to, sendId, second, key())).outcome).toBe('ok')
      expect(await open()).toBeUndefined()
    }
    const [touch] = (await customers.listTimeline(customer.externalUserId)).items
    expect(await sends.getSend(customer.externalUserId, touch?.sendId ?? '')).toMatchObject({
      title: '问候',
      parts: [{ body: text('早上好'), state: 'ok' }, { body: text('上新了') }],
    })
    expect(await groups.getGroup('wr1')).toMatchObject({ name: '老友群', mine: [{ address: '婉清姐' }] })
  })

  it('make a code to add a friend by, change it and delete it', async () => {
    const draft = {
      name: '国贸店收银台',
      guideUserIds: [guide.actor.userId],
      tagIds: [tagGroup.tags[0]!.tagId],
      welcomeText: '{称呼}，您好，我是{导购姓名}',
      templateId,
      skipVerify: true,
    }
    const code = await channelCodes.addChannelCode(draft, key())
    expect(code).toMatchObject({ sync: 'pending', qrCodeUrl: null, coupon: { templateId }, added: 0 })
    await expect(
      channelCodes.addChannelCode({ ...draft, welcomeText: '{生日}' }, key()),
    ).rejects.toMatchObject({
      problem: { code: 'validation_failed' },
    })
    await test.runQueued()
    const made = await channelCodes.getChannelCode(code.channelCodeId)
    expect(made).toMatchObject({ sync: 'done', version: 1 })
    expect(made.qrCodeUrl).not.toBeNull()
    const changed = await channelCodes.changeChannelCode(made, { ...draft, name: '国贸店橱窗' }, key())
    expect((await channelCodes.listChannelCodes()).codes).toMatchObject([{ name: '国贸店橱窗' }])
    await channelCodes.removeChannelCode(changed)
    expect(await channelCodes.listChannelCodes()).toEqual({ codes: [], total: 0 })
  })

  it('reserve a coupon, confirm one and give one back', async () => {
    const shelf = await coupons.listCustomerCoupons(customer.externalUserId)
    expect(shelf.offers).toMatchObject([{ templateId, stockLeft: 10, refusal: null }])
    const reserve = () =>
      coupons.reserveCoupon({ templateId, externalUserId: customer.externalUserId, reminderId: null }, key())
    const kept = await reserve()
    expect(kept.card.link).toMatch(new RegExp(`^${TEST_PUBLIC_URL}/c/`))
    expect((await coupons.confirmCoupon(kept.couponId, key())).state).toBe('issued')
    const returned = await reserve()
    const released = await coupons.releaseCoupon(
      returned.couponId,
      { outcome: 'cancelled', reason: null },
      key(),
    )
    expect(released.state).toBe('released')
    expect((await coupons.listCustomerCoupons(customer.externalUserId)).offers).toMatchObject([
      { stockLeft: 9 },
    ])
  })

  it('make a template, run it, redeem one of its coupons, take that back, and the coupon too', async () => {
    const [shop] = (
      await sql<{ departmentId: number }>`select department_id as "departmentId" from stores`.execute(test.db)
    ).rows
    const picture = await couponTemplates.addCouponPicture(
      { bytes: new Blob([Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4])]), type: 'image/jpeg' },
      key(),
    )
    const draft = await couponTemplates.addCouponTemplate(
      {
        name: '满千减百',
        face: { kind: 'amountOff', amountFen: 10_000, thresholdFen: 100_000 },
        validity: { kind: 'daysAfterClaim', days: 30 },
        stock: 40,
        storeIds: [shop?.departmentId ?? 0],
        pictureId: picture.pictureId,
      },
      key(),
    )
    expect(draft).toMatchObject({ state: 'draft', stockLeft: 40, pictureUrl: picture.url, mayChange: true })
    const running = await couponTemplates.changeCouponTemplate(
      draft.templateId,
      { state: 'running' },
      draft.version,
      key(),
    )
    const request = {
      templateId: running.templateId,
      externalUserId: customer.externalUserId,
      reminderId: null,
      confirmed: true,
    }
    const given = await coupons.reserveCoupon(request, key())
    const token = given.card.link.slice(given.card.link.lastIndexOf('/') + 1)
    await test.services.coupons.claim(token)
    const shown = await coupons.findCoupon({ token })
    expect(shown).toMatchObject({ name: '满千减百', state: 'claimed', refusal: null })
    const use = { code: shown.code, amountFen: 120_000, piece: null }
    const used = await coupons.redeemCoupon(shown.couponId, use, key())
    expect(used.redemption).toMatchObject({ amountFen: 120_000, discountFen: 10_000 })
    await expect(coupons.redeemCoupon(shown.couponId, use, key())).rejects.toMatchObject({
      problem: { code: 'coupon_not_redeemable', reason: 'used' },
    })
    expect(await redemptions.listRedemptions()).toMatchObject({
      redemptions: [{ name: '满千减百', redemption: { discountFen: 10_000 } }],
      total: { count: 1, amountFen: 120_000, discountFen: 10_000 },
    })
    expect((await couponTemplates.getCouponTemplate(running.templateId)).pieces).toEqual({
      reserved: 0,
      issued: 0,
      claimed: 0,
      redeemed: 1,
    })
    expect((await coupons.undoRedeem(shown.couponId, '客户退货', key())).state).toBe('claimed')
    expect(await redemptions.listRedemptions()).toMatchObject({
      undone: [{ couponId: shown.couponId, amountFen: 120_000 }],
      total: { count: 0 },
    })
    expect((await coupons.revokeCoupon(shown.couponId, '活动取消', key())).state).toBe('revoked')
    expect(await couponTemplates.getCouponTemplate(running.templateId)).toMatchObject({
      live: 0,
      isIssued: true,
    })
    expect(await couponTemplates.listCustomerTiers()).toEqual({ tiers: [] })
    expect((await couponTemplates.listCouponTemplates('running')).templates.map(each => each.name)).toContain(
      '满千减百',
    )
  })

  it('look through the pieces of a template', async () => {
    const found = await couponPieces.listCouponPieces(templateId)
    for (const piece of found.items) expect(piece.by).not.toBe('')
    const redeemed = await couponPieces.listCouponPieces(templateId, { which: 'redeemed' })
    expect(redeemed.items.every(({ state }) => state === 'redeemed')).toBe(true)
    expect(await couponPieces.findCouponPiece(templateId, 'AAAA BBBB CCCC')).toBeUndefined()
  })

  it('give a group a link of coupons, and take another one back', async () => {
    const shelf = await couponShares.listGroupCoupons('wr1')
    expect(shelf.shares).toEqual([])
    expect(shelf.offers.map(offer => offer.templateId)).toContain(templateId)
    const ask = { templateId, chatId: 'wr1', count: 2, confirmed: true }
    const given = await couponShares.reserveCouponShare(ask, key())
    expect(given).toMatchObject({ count: 2, card: { title: '足金饰品券 ¥200' } })
    expect((await couponShares.confirmCouponShare(given.shareId, key())).state).toBe('issued')
    const other = await couponShares.reserveCouponShare(ask, key())
    const outcome = { outcome: 'cancelled', reason: null } as const
    expect((await couponShares.releaseCouponShare(other.shareId, outcome, key())).state).toBe('released')
    expect((await couponShares.listGroupCoupons('wr1')).shares).toMatchObject([
      { shareId: given.shareId, count: 2, claimed: 0, mayWithdraw: true },
    ])
    expect((await couponShares.withdrawCouponShare(given.shareId, key())).state).toBe('ended')
  })

  it('hear a refusal in the words of the contract', async () => {
    const refused = await customers
      .changeProfile(customer.externalUserId, { note: '' }, 999)
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ApiError)
    expect((refused as ApiError).problem).toMatchObject({ status: 412, code: 'version_conflict' })
  })

  it('run the corp: stores and their managers, customers of who has left, sync and health', async () => {
    const former = guide
    const { wecom, services, corp } = test
    const place = { departmentIds: [3], mainDepartmentId: 3 }
    const members = [
      aMember('hq_admin', { name: '方致远' }),
      aMember(former.actor.userId),
      aMember('zhoumin', { name: '周敏', ...place }),
      aMember('leaver', { name: '离职的', ...place }),
    ]
    Object.assign(wecom, {
      departments: [
        { id: 1, name: '云锦珠宝', parentId: 0 },
        { id: 3, name: '国贸店', parentId: 1 },
      ],
      members,
      followUserIds: ['zhoumin', 'leaver'],
      follows: [aFollow('leaver', 'wmWaiting')],
    })
    await services.sync.pull({ isFresh: false }, new AbortController().signal)
    const { rows } = await test.db.pool.query<{ staff_id: number }>(
      `select staff_id from staff where corp_id = $1 and user_id = 'hq_admin'`,
      [corp.corpId],
    )
    guide = await test.signIn({
      ...(await test.make.staff(corp, { role: 'admin' })),
      staffId: rows[0]?.staff_id ?? 0,
      userId: 'hq_admin',
    })
    try {
      expect((await staff.listStaff({})).items.map(({ name }) => name)).toContain('周敏')
      expect((await staff.listStores()).stores).toMatchObject([{ departmentId: 1 }, { departmentId: 3 }])
      expect((await staff.changeStore(3, { ownName: '国贸旗舰店' })).name).toBe('国贸旗舰店')
      const managersAre = (names: string[]) => ({ managers: names.map(name => ({ name, source: 'manual' })) })
      expect(await staff.addManager(3, 'zhoumin')).toMatchObject(managersAre(['周敏']))
      expect(await staff.removeManager(3, 'zhoumin')).toMatchObject(managersAre([]))

      wecom.members = members.filter(({ userId }) => userId !== 'leaver')
      test.clock.advance({ minutes: 10 })
      await services.staff.poll(new AbortController().signal)
      expect((await staff.listLeavers()).leavers).toMatchObject([{ userId: 'leaver', waiting: 1 }])
      expect((await staff.listWaiting('leaver', {})).items).toMatchObject([{ externalUserId: 'wmWaiting' }])
      const draft = { fromUserId: 'leaver', toUserId: 'zhoumin', externalUserIds: ['wmWaiting'] }
      expect(await staff.transferCustomers(draft, key())).toEqual({ accepted: 1 })

      expect(await purchases.changeTraceWindows({ customDays: 45, otherDays: 14 })).toMatchObject({
        customDays: 45,
      })
      expect((await sync.getSync()).pull).toMatchObject({ state: 'done', isRunning: false })
      expect((await sync.pullNow(key())).events.waiting).toBe(0)
      expect((await people.getMinorReport(2026)).consents).toMatchObject({ recorded: 1, withdrawn: 1 })
      expect(await session.listDevicesOf('zhoumin')).toEqual({ devices: [] })
      expect(await session.endSessionsOf('zhoumin')).toEqual({ ended: 0 })
      const [latest] = (await audit.listAudit({ topic: 'transfer' })).items
      expect(latest).toMatchObject({
        action: 'customerTransferred',
        who: { userId: 'hq_admin' },
        customer: { externalUserId: 'wmWaiting' },
        about: '周敏',
      })
      expect(String(await audit.exportAudit({ topic: 'transfer' }))).toContain('交给 周敏')
      const her = await test.make.followed(corp, former.actor, { name: '要走的人' })
      expect((await privacy.findHeldPeople('要走的人')).items).toMatchObject([
        { externalUserId: her.externalUserId, guides: [expect.any(String)], erasureId: null },
      ])
      const { exportId } = await privacy.exportPerson(her.externalUserId, '她要一份', key())
      expect(JSON.stringify(await privacy.fetchPersonalExport(exportId))).toContain('要走的人')
      const { erasureId } = await privacy.erasePerson(her.externalUserId, '她要求删除', key())
      await services.erasures.run(erasureId)
      expect(await privacy.getErasure(erasureId)).toMatchObject({ state: 'done', askedBy: '方致远' })
      expect((await privacy.listErasures()).items).toHaveLength(1)
      const second = await test.signIn(await test.make.staff(corp, { role: 'admin' }))
      const bulk = {
        reason: '盘点',
        store: null,
        tag: null,
        columns: ['name' as const],
        format: 'csv' as const,
      }
      const { bulkExportId } = await privacy.askBulkExport(bulk, key())
      const first = guide
      guide = second
      expect((await privacy.decideBulkExport(bulkExportId, true)).state).toBe('working')
      guide = first
      await services.bulkExports.work(bulkExportId, new AbortController().signal)
      expect((await privacy.listBulkExports()).items).toMatchObject([{ state: 'ready', canFetch: true }])
      expect(String(await privacy.fetchBulkExport(bulkExportId))).toContain('水印')
      const { version, auditMonths, ...kept } = await privacy.getRetention()
      expect([version, auditMonths]).toEqual([0, 36])
      expect((await privacy.changeRetention({ ...kept, lostMonths: 12 }, version)).lostMonths).toBe(12)
      const { checks } = await health.checkHealth()
      expect(checks.find(check => check.key === 'database')?.state).not.toBe('unknown')
    } finally {
      guide = former
    }
  })

  it('look at a number with a reason, and at where they are signed in', async () => {
    expect(await customers.revealPhones(customer.externalUserId, '约取货')).toEqual({ phones: [] })
    await test.signIn(guide.actor)
    await test.signIn(guide.actor)
    const { devices } = await session.listDevices()
    const other = devices.find(({ isThis }) => !isThis)
    expect(devices.filter(({ isThis }) => isThis)).toHaveLength(1)
    await session.endDevice(other?.sessionId ?? '')
    const { ended } = await session.endOtherDevices()
    expect(ended).toBe(devices.length - 2)
    expect((await session.listDevices()).devices).toMatchObject([{ isThis: true }])
  })

  it('sign out, having used every operation there is', async () => {
    await session.endSession()
    await expect(session.getSession()).rejects.toMatchObject({ problem: { code: 'session_revoked' } })
    expect(Object.keys(api).filter(id => !called.has(id))).toEqual([])
  })
})
