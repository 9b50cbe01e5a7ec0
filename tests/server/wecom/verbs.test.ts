import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WecomClient } from '../../../server/wecom/client.ts'
import { createTestDb, failureOf, ok, openWecomClients, refusing } from './wecomClients.ts'
import type { TestDb, WecomClients } from './wecomClients.ts'

let test: TestDb
let rig: WecomClients
let client: WecomClient
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())
beforeEach(async () => {
  rig = await openWecomClients(test)
  client = rig.open()
})
afterEach(() => rig.close())

const bodyOf = (api: string) => rig.server.askedFor(api)[0]?.body
const seconds = (iso: string) => Date.parse(iso) / 1000

describe('one customer', () => {
  const GET = 'externalcontact/get'
  const contact = { external_userid: 'wm1', name: '林婉清', avatar: '', type: 1, gender: 2 }
  const follower = (userid: string, given = {}) => ({
    userid,
    remark: '林姐',
    description: '',
    createtime: seconds('2026-03-02T03:00:00Z'),
    tags: [],
    remark_mobiles: ['13800001234'],
    add_way: 16,
    state: 'gm-cashier',
    ...given,
  })

  it('comes with her relations, corp tags by id, a member’s own tags left out', async () => {
    rig.server.answer[GET] = () => ({
      json: {
        errcode: 0,
        external_contact: contact,
        follow_user: [
          follower('chenlu', {
            tags: [
              { group_name: '风格', tag_name: '简约', type: 1, tag_id: 'et1' },
              { group_name: '', tag_name: '怕晒', type: 2 },
              { group_name: '门店', tag_name: '国贸', type: 3, tag_id: 'st3' },
            ],
          }),
        ],
      },
    })
    const customer = {
      externalUserId: 'wm1',
      name: '林婉清',
      avatarUrl: null,
      kind: 1,
      gender: 2,
      corpName: null,
    }
    expect(await client.getCustomer('wm1')).toEqual({
      customer,
      follows: [
        {
          customer,
          userId: 'chenlu',
          remark: '林姐',
          description: null,
          addedAt: new Date('2026-03-02T03:00:00Z'),
          tagIds: ['et1', 'st3'],
          mobiles: ['13800001234'],
          addWay: 16,
          channel: 'gm-cashier',
        },
      ],
    })
  })

  it('is read to the last page of her relations', async () => {
    const pages: Record<string, object> = {
      first: { follow_user: [follower('a'), follower('b')], next_cursor: 'second' },
      second: { follow_user: [follower('c')], next_cursor: '' },
    }
    rig.server.answer[GET] = ({ query }) => ({
      json: { errcode: 0, external_contact: contact, ...pages[query.cursor ?? 'first'] },
    })
    const { follows } = await client.getCustomer('wm1')
    expect(follows.map(({ userId }) => userId)).toEqual(['a', 'b', 'c'])
    expect(rig.server.askedFor(GET).map(({ query }) => query.cursor)).toEqual([undefined, 'second'])
  })

  it('ends also when WeCom gives the same page again and again', async () => {
    rig.server.answer[GET] = () => ({
      json: { errcode: 0, external_contact: contact, follow_user: [follower('a')], next_cursor: 'same' },
    })
    expect((await failureOf(client.getCustomer('wm1'))).trouble).toBe('unreadable')
    expect(rig.server.askedFor(GET)).toHaveLength(2)
  })

  it.each([84061, 40096])('who is nobody’s friend is a final refusal (%i)', async errcode => {
    rig.server.answer[GET] = refusing(errcode)
    expect(await failureOf(client.getCustomer('wm1'))).toMatchObject({ errcode, retry: 'final' })
  })
})

describe('a remark', () => {
  const REMARK = 'externalcontact/remark'
  it('changes what is given and nothing else', async () => {
    rig.server.answer[REMARK] = ok
    await client.remark({ userId: 'chenlu', externalUserId: 'wm1', remark: '林姐' })
    expect(bodyOf(REMARK)).toEqual({ userid: 'chenlu', external_userid: 'wm1', remark: '林姐' })
  })
  it.each([
    [['13800001234'], ['13800001234']],
    [[], ['']],
  ])('with the numbers %j sends %j, so that none clears them', async (mobiles, sent) => {
    rig.server.answer[REMARK] = ok
    await client.remark({ userId: 'chenlu', externalUserId: 'wm1', mobiles })
    expect(bodyOf(REMARK)).toMatchObject({ remark_mobiles: sent })
  })
})

describe('P21 a notice', () => {
  const SEND = 'message/send'
  const notice = {
    userIds: ['ChenLu', 'zhoumin'],
    title: '提'.repeat(130),
    description: '😀'.repeat(513),
    url: 'https://guidebar.example.com/today',
    buttonText: '现在就去看',
  }

  it('goes out as a card with WeCom’s duplicate check on, cut to its lengths at whole characters', async () => {
    rig.server.answer[SEND] = ok
    expect(await client.sendNotice(notice)).toEqual({ invalidUserIds: [] })
    expect(bodyOf(SEND)).toEqual({
      touser: 'ChenLu|zhoumin',
      msgtype: 'textcard',
      agentid: 1000002,
      textcard: {
        title: '提'.repeat(128),
        description: '😀'.repeat(512),
        url: notice.url,
        btntxt: '现在就去',
      },
      enable_duplicate_check: 1,
      duplicate_check_interval: 1800,
    })
  })

  it.each([
    [600, 600],
    [999_999, 14_400],
  ])('asks for %i s of duplicate check and gets %i', async (repeatWithinSeconds, sent) => {
    rig.server.answer[SEND] = ok
    await client.sendNotice({ ...notice, repeatWithinSeconds })
    expect(bodyOf(SEND)).toMatchObject({ duplicate_check_interval: sent })
  })

  it('says whom it did not reach, in our spelling', async () => {
    rig.server.answer[SEND] = () => ({ json: { errcode: 0, invaliduser: 'chenlu' } })
    expect(await client.sendNotice(notice)).toEqual({ invalidUserIds: ['ChenLu'] })
  })

  it('that reaches nobody is no failure', async () => {
    rig.server.answer[SEND] = refusing(81013)
    expect(await client.sendNotice(notice)).toEqual({ invalidUserIds: ['ChenLu', 'zhoumin'] })
  })
})

describe('a transfer', () => {
  const asked = { fromUserId: 'sunli', toUserId: 'chenlu', externalUserIds: ['wm1', 'wm2'] }

  it.each([
    [false, 'externalcontact/transfer_customer', { transfer_success_msg: '您'.repeat(200) }],
    [true, 'externalcontact/resigned/transfer_customer', {}],
  ])(
    'of a member who has left (%s) is asked at %s, and answers per customer',
    async (isResigned, api, extra) => {
      rig.server.answer[api] = () => ({
        json: {
          errcode: 0,
          customer: [
            { external_userid: 'wm1', errcode: 0 },
            { external_userid: 'wm2', errcode: 40128 },
          ],
        },
      })
      expect(await client.transferCustomers({ ...asked, isResigned, message: '您'.repeat(201) })).toEqual([
        { externalUserId: 'wm1', errcode: 0 },
        { externalUserId: 'wm2', errcode: 40128 },
      ])
      expect(bodyOf(api)).toEqual({
        handover_userid: 'sunli',
        takeover_userid: 'chenlu',
        external_userid: ['wm1', 'wm2'],
        ...extra,
      })
    },
  )

  it.each([
    ['no answer', 'drop'],
    ['half an answer', { raw: '{"errcode":0,"customer":[' }],
    ['a gateway’s page', { raw: '<html>504</html>', status: 504 }],
  ] as const)('after %s is not repeated: it may have started', async (_, reply) => {
    rig.server.answer['externalcontact/transfer_customer'] = () => reply
    const error = await failureOf(client.transferCustomers({ ...asked, isResigned: false }))
    expect(error).toMatchObject({ retry: 'quick', mayHaveActed: true })
    expect(rig.server.askedFor('externalcontact/transfer_customer')).toHaveLength(1)
  })

  it('is repeated after WeCom said that it was busy', async () => {
    let tries = 0
    rig.server.answer['externalcontact/transfer_customer'] = () =>
      ++tries < 3
        ? refusing(-1)()
        : { json: { errcode: 0, customer: [{ external_userid: 'wm1', errcode: 0 }] } }
    expect(await client.transferCustomers({ ...asked, isResigned: false })).toHaveLength(1)
    expect(tries).toBe(3)
  })

  it('tells how it went, the time only when it is done', async () => {
    const at = seconds('2026-11-21T04:00:00Z')
    rig.server.answer['externalcontact/resigned/transfer_result'] = ({ body }) => ({
      json: {
        errcode: 0,
        customer: [1, 2, 3, 4, 9].map(status => ({
          external_userid: `wm${status}`,
          status,
          takeover_time: at,
        })),
        next_cursor: (body as { cursor: string }).cursor === 'before' ? 'more' : '',
      },
    })
    const { results, nextCursor } = await client.listTransferResults({
      fromUserId: 'sunli',
      toUserId: 'chenlu',
      isResigned: true,
      cursor: 'before',
    })
    expect(nextCursor).toBe('more')
    expect(results.map(({ status, takenOverAt }) => [status, takenOverAt])).toEqual([
      ['done', new Date(at * 1000)],
      ['waiting', null],
      ['refused', null],
      ['full', null],
      ['unknown', null],
    ])
  })
})

it.each([
  [false, 'more', 'more'],
  [true, 'a cursor for the next time', ''],
])('customers nobody has taken over come in pages (last: %s)', async (is_last, next_cursor, nextCursor) => {
  rig.server.answer['externalcontact/get_unassigned_list'] = () => ({
    json: {
      errcode: 0,
      info: [
        {
          handover_userid: 'sunli',
          external_userid: 'wm1',
          dimission_time: seconds('2026-11-01T00:00:00Z'),
        },
      ],
      is_last,
      next_cursor,
    },
  })
  expect(await client.listUnassigned('')).toEqual({
    items: [{ handoverUserId: 'sunli', externalUserId: 'wm1', leftAt: new Date('2026-11-01T00:00:00Z') }],
    nextCursor,
  })
})

it('the app tells its home, its trusted domain and whether it is switched off', async () => {
  rig.server.answer['agent/get'] = () => ({
    json: {
      errcode: 0,
      name: '导购侧边栏',
      close: 1,
      home_url: 'https://guidebar.example.com/today',
      redirect_domain: 'guidebar.example.com',
      allow_partys: { partyid: [1] },
    },
  })
  expect(await client.getAgent()).toEqual({
    name: '导购侧边栏',
    userIds: [],
    departmentIds: [1],
    homeUrl: 'https://guidebar.example.com/today',
    redirectDomain: 'guidebar.example.com',
    isClosed: true,
  })
})

it('WeCom tells where its callbacks come from', async () => {
  rig.server.answer.getcallbackip = () => ({ json: { errcode: 0, ip_list: ['101.226.103.0/25', '1.2.3.4'] } })
  expect(await client.listCallbackIps()).toEqual(['101.226.103.0/25', '1.2.3.4'])
})

it('a picture goes as the one part of a form, with its name and length, and its kind in the query', async () => {
  rig.server.answer['media/upload'] = () => ({
    json: { errcode: 0, errmsg: '', type: 'image', media_id: '3a-1', created_at: '1763700000' },
  })
  const bytes = Buffer.from('\xff\xd8 not more than this', 'latin1')
  const fileName = 'engraving.jpg'
  expect(await client.uploadMedia({ kind: 'image', bytes, contentType: 'image/jpeg', fileName })).toBe('3a-1')
  const [asked] = rig.server.askedFor('media/upload')
  expect(asked?.query).toMatchObject({ type: 'image' })
  expect(asked?.body).toContain(
    `form-data; name="media"; filename="engraving.jpg"; filelength=${bytes.length}\r\nContent-Type: image/jpeg\r\n\r\n`,
  )
})

describe('联系我 [D92228]', () => {
  const draft = {
    userIds: ['chenlu', 'zhoumin'],
    state: 'gb-cashier',
    remark: '国贸店'.repeat(20),
    skipVerify: false,
  }
  const fields = {
    user: ['chenlu', 'zhoumin'],
    state: 'gb-cashier',
    remark: '国贸店'.repeat(10),
    skip_verify: false,
  }

  it('is made as a QR code of several members, its remark cut at 30 characters', async () => {
    rig.server.answer['externalcontact/add_contact_way'] = () => ({
      json: {
        errcode: 0,
        config_id: '42b34949e138eb6e027c123cba77fad7',
        qr_code: 'https://wework.example/qr',
      },
    })
    expect(await client.addContactWay(draft)).toEqual({
      configId: '42b34949e138eb6e027c123cba77fad7',
      qrCodeUrl: 'https://wework.example/qr',
    })
    expect(bodyOf('externalcontact/add_contact_way')).toEqual({ type: 2, scene: 2, ...fields })
  })

  it('is changed without its type and scene, which cannot change; members are overwritten', async () => {
    rig.server.answer['externalcontact/update_contact_way'] = ok
    await client.updateContactWay('config-1', draft)
    expect(bodyOf('externalcontact/update_contact_way')).toEqual({ config_id: 'config-1', ...fields })
  })

  it('that is gone is deleted; another refusal is not', async () => {
    const DELETE = 'externalcontact/del_contact_way'
    rig.server.answer[DELETE] = refusing(41044)
    await client.deleteContactWay('config-1')
    expect(bodyOf(DELETE)).toEqual({ config_id: 'config-1' })
    rig.server.answer[DELETE] = refusing(48002)
    expect(await failureOf(client.deleteContactWay('config-1'))).toMatchObject({ errcode: 48002 })
    rig.server.answer['externalcontact/update_contact_way'] = refusing(41044)
    expect(await failureOf(client.updateContactWay('config-1', draft))).toMatchObject({
      errcode: 41044,
      retry: 'final',
    })
  })

  it('is looked for by its state, page by page, among those made in that time', async () => {
    const LIST = 'externalcontact/list_contact_way'
    const pages: Record<string, object> = {
      '': { contact_way: [{ config_id: 'a' }, { config_id: 'b' }], next_cursor: 'more' },
      more: { contact_way: [{ config_id: 'c' }], next_cursor: '' },
    }
    rig.server.answer[LIST] = ({ body }) => ({
      json: { errcode: 0, ...pages[(body as { cursor: string }).cursor] },
    })
    rig.server.answer['externalcontact/get_contact_way'] = ({ body }) => {
      const { config_id } = body as { config_id: string }
      const contact_way = {
        config_id,
        qr_code: `https://wework.example/${config_id}`,
        state: `gb-${config_id}`,
      }
      return { json: { errcode: 0, contact_way } }
    }
    const made = { from: new Date('2026-11-20T00:00:00Z'), until: new Date('2026-11-21T00:00:00Z') }
    expect(await client.findContactWay('gb-c', made)).toEqual({
      configId: 'c',
      qrCodeUrl: 'https://wework.example/c',
    })
    const between = { start_time: seconds('2026-11-20T00:00:00Z'), end_time: seconds('2026-11-21T00:00:00Z') }
    expect(rig.server.askedFor(LIST).map(({ body }) => body)).toEqual([
      { ...between, cursor: '', limit: 100 },
      { ...between, cursor: 'more', limit: 100 },
    ])
    expect(await client.findContactWay('gb-nobody', made)).toBeUndefined()
  })
})

describe('a welcome [D92137]', () => {
  const SEND = 'externalcontact/send_welcome_msg'
  const link = {
    title: '券'.repeat(60),
    description: '满减'.repeat(100),
    url: 'https://shop.test/c/a',
    imageUrl: 'https://shop.test/a.png',
  }
  const welcome = { welcomeCode: 'CODE', text: '您好', link }

  it('is text and link, each cut at the bytes WeCom takes', async () => {
    rig.server.answer[SEND] = ok
    await client.sendWelcome({ ...welcome, text: '您'.repeat(2000) })
    expect(bodyOf(SEND)).toEqual({
      welcome_code: 'CODE',
      text: { content: '您'.repeat(1333) },
      attachments: [
        {
          msgtype: 'link',
          link: { title: '券'.repeat(42), desc: '满减'.repeat(85), url: link.url, picurl: link.imageUrl },
        },
      ],
    })
  })

  it.each([
    ['text alone', { ...welcome, link: null }, { text: { content: '您好' } }],
    ['a link alone', { ...welcome, text: '' }, { attachments: [{ msgtype: 'link' }] }],
  ])('may be %s', async (_, sent, body) => {
    rig.server.answer[SEND] = ok
    await client.sendWelcome(sent)
    expect(bodyOf(SEND)).toMatchObject(body)
    expect(Object.keys(bodyOf(SEND) as object)).toHaveLength(2)
  })

  it.each([
    [41050, 'final'],
    [41051, 'final'],
    [41053, 'final'],
    [41096, 'quick'],
    [-1, 'quick'],
  ])(
    'that is refused with %i is not tried again unseen: what 41051 means then depends on it',
    async (errcode, retry) => {
      rig.server.answer[SEND] = refusing(errcode)
      expect(await failureOf(client.sendWelcome(welcome))).toMatchObject({
        errcode,
        retry,
        mayHaveActed: false,
      })
      expect(rig.server.askedFor(SEND)).toHaveLength(1)
    },
  )

  it('whose answer was lost is not sent again', async () => {
    rig.server.answer[SEND] = () => 'drop'
    expect(await failureOf(client.sendWelcome(welcome))).toMatchObject({ mayHaveActed: true })
    expect(rig.server.askedFor(SEND)).toHaveLength(1)
  })
})
