import type { WecomClient } from '../../server/wecom/client.ts'
import type { WecomRetry } from '../../server/wecom/errors.ts'

/**
 * WeCom's own rules for every endpoint the product calls, written from the facts sheet (wecom/server-api.md, its sections
 * in `source`) and from neither implementation: the sandbox and the product's client are both held against it.
 */

/** The shape of an answer: fields by name; `optional` ones may be missing, lists hold at least one item of their shape. */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | { list: Shape; mayBeEmpty?: boolean }
  | { optional: Shape }
  | { fields: Record<string, Shape> }

/** Things of the little jeweller that examples speak of. */
export interface Cast {
  corpId: string
  secret: string
  agentId: number
  userId: string
  colleagueId: string
  /** follows of `userId` */
  externalUserId: string
  /** a customer of the corp whom `userId` does not follow */
  strangerId: string
  /** a member who has left, and a customer of hers */
  leaverId: string
  leftCustomerId: string
  tagId: string
  chatId: string
  /** an authorisation code, good once */
  code: string
  /** what came with `strangerId` adding `userId` a moment ago */
  welcomeCode: string
}

type Parameters = Record<string, unknown>

export interface WecomEndpoint {
  api: string
  method: 'GET' | 'POST'
  source: string
  /** verbs of the client that call it; none: it is called beside the client's verbs, or only the sandbox has it */
  verbs: (keyof WecomClient)[]
  needsToken?: false
  /** texts go in the query, files as parts of a form */
  isUpload?: true
  /** the errmsg of success, where it is not `ok` */
  okText?: ''
  required: string[]
  optional: string[]
  /** of these optional ones at least one must be there */
  oneOf?: string[]
  /** @param before what the call in `after` answered */
  example(cast: Cast, before: Parameters): Parameters
  /** the endpoint whose example must have been called before */
  after?: string
  answer: Record<string, Shape>
  /** what an app made after 2022-06-20 never gets */
  never?: string[]
  /** documented codes for parameters that are missing; for the others the sheet only says "bad params" */
  missing?: Record<string, number>
  /** codes the sheet names for this endpoint */
  failures: number[]
  /** requests that earn one of these codes */
  refusals: { why: string; change(cast: Cast): Parameters; errcodes: number[] }[]
}

const text: Shape = 'string'
const number: Shape = 'number'
const list = (item: Shape): Shape => ({ list: item })
const perhapsEmpty = (item: Shape): Shape => ({ list: item, mayBeEmpty: true })
const optional = (shape: Shape): Shape => ({ optional: shape })
const object = (fields: Record<string, Shape>): Shape => ({ fields })

/** A file that begins like a JPEG. */
const pictureOf = (size: number) =>
  new File([Uint8Array.from({ length: size }, (_, at) => [0xff, 0xd8, 0xff][at] ?? 0)], 'ring.jpg', {
    type: 'image/jpeg',
  })

const videoOf = (size: number) =>
  new File(
    [Uint8Array.from({ length: size }, (_, at) => [0, 0, 0, 24, 102, 116, 121, 112][at] ?? 0)],
    'ring.mp4',
    {
      type: 'video/mp4',
    },
  )

const noMember = [40003, 60111]
const outOfRange = [50002, 60011, 60021, 60111, 92000]

const externalContact = object({
  external_userid: text,
  name: text,
  avatar: text,
  type: number,
  gender: number,
  unionid: optional(text),
  position: optional(text),
  corp_name: optional(text),
  corp_full_name: optional(text),
  external_profile: optional(object({ external_attr: perhapsEmpty(object({})) })),
})
const follow = {
  userid: text,
  remark: text,
  description: text,
  createtime: number,
  remark_corp_name: optional(text),
  remark_mobiles: perhapsEmpty(text),
  oper_userid: text,
  add_way: number,
  state: optional(text),
}
const unknownUser = {
  why: 'an unknown member',
  change: () => ({ userid: 'nobody_at_all' }),
  errcodes: noMember,
}
const unknownCustomer = {
  why: 'an unknown customer',
  change: () => ({ external_userid: 'wmNobodyAtAll' }),
  errcodes: [40096],
}
const noFriend = {
  why: 'a customer who is not this member’s friend',
  change: ({ strangerId }: Cast) => ({ external_userid: strangerId }),
  errcodes: [84061],
}
const foreignCursor = {
  why: 'a cursor nobody gave out',
  change: () => ({ cursor: 'invented' }),
  errcodes: [50100],
}

const unknownWay = {
  why: 'a code that is none of ours',
  change: () => ({ config_id: 'invented' }),
  errcodes: [41044],
}
const contactWayCodes = [41037, 41038, 41039, 41040, 41041, 41042, 41043, 41044, 41045, 41054, 40098]

function transfer(api: string, isResigned: boolean): WecomEndpoint {
  const parties = (cast: Cast) => ({
    handover_userid: isResigned ? cast.leaverId : cast.userId,
    takeover_userid: cast.colleagueId,
  })
  return {
    api,
    method: 'POST',
    source: '§8',
    verbs: ['transferCustomers'],
    required: ['handover_userid', 'takeover_userid', 'external_userid'],
    optional: isResigned ? [] : ['transfer_success_msg'],
    example: cast => ({
      ...parties(cast),
      external_userid: [isResigned ? cast.leftCustomerId : cast.externalUserId],
    }),
    answer: { customer: list(object({ external_userid: text, errcode: number })) },
    failures: [40096, 40097, 40098, 40099, 40100, 40128, 40129, 40130, 40131, 40143, 40205],
    refusals: [],
  }
}

const transferResult = (api: string, isResigned: boolean): WecomEndpoint => ({
  api,
  method: 'POST',
  source: '§8',
  verbs: ['listTransferResults'],
  required: ['handover_userid', 'takeover_userid'],
  optional: ['cursor'],
  after: api.replace('transfer_result', 'transfer_customer'),
  example: cast => ({
    handover_userid: isResigned ? cast.leaverId : cast.userId,
    takeover_userid: cast.colleagueId,
  }),
  answer: {
    customer: list(object({ external_userid: text, status: number, takeover_time: number })),
    next_cursor: optional(text),
  },
  failures: [50100],
  refusals: [foreignCursor],
})

export const wecomEndpoints: WecomEndpoint[] = [
  {
    api: 'gettoken',
    method: 'GET',
    source: '§1',
    verbs: [],
    needsToken: false,
    required: ['corpid', 'corpsecret'],
    optional: [],
    example: ({ corpId, secret }) => ({ corpid: corpId, corpsecret: secret }),
    answer: { access_token: text, expires_in: number },
    missing: { corpid: 41002, corpsecret: 41004 },
    failures: [40001, 40013, 40091, 41002, 41004, 50003, 60020, 45009],
    refusals: [
      { why: 'a wrong secret', change: () => ({ corpsecret: 'wrong' }), errcodes: [40001] },
      { why: 'another corp', change: () => ({ corpid: 'wwNobody' }), errcodes: [40013] },
    ],
  },
  {
    api: 'get_jsapi_ticket',
    method: 'GET',
    source: '§1',
    verbs: ['getTicket'],
    required: [],
    optional: [],
    example: () => ({}),
    answer: { ticket: text, expires_in: number },
    failures: [45009],
    refusals: [],
  },
  {
    api: 'ticket/get',
    method: 'GET',
    source: '§1',
    verbs: ['getTicket'],
    required: ['type'],
    optional: [],
    example: () => ({ type: 'agent_config' }),
    answer: { ticket: text, expires_in: number },
    missing: { type: 91040 },
    failures: [91040, 45009],
    refusals: [{ why: 'another type', change: () => ({ type: 'jsapi' }), errcodes: [91040] }],
  },
  {
    api: 'auth/getuserinfo',
    method: 'GET',
    source: '§2',
    verbs: ['findLoginUser', 'findVisitor'],
    required: ['code'],
    optional: [],
    example: ({ code }) => ({ code }),
    answer: { userid: text, user_ticket: optional(text) },
    failures: [40029, 42003, 42022, 50001],
    refusals: [{ why: 'an invented code', change: () => ({ code: 'guess' }), errcodes: [40029] }],
  },
  {
    api: 'agent/get',
    method: 'GET',
    source: '§2',
    verbs: ['getAgent'],
    required: ['agentid'],
    optional: [],
    example: ({ agentId }) => ({ agentid: agentId }),
    answer: {
      agentid: number,
      name: text,
      allow_userinfos: object({ user: perhapsEmpty(object({ userid: text })) }),
      allow_partys: object({ partyid: list(number) }),
      allow_tags: object({ tagid: perhapsEmpty(number) }),
      close: number,
      redirect_domain: text,
      home_url: text,
    },
    failures: [301002],
    refusals: [{ why: 'another app', change: () => ({ agentid: 7 }), errcodes: [301002] }],
  },
  {
    api: 'user/get',
    method: 'GET',
    source: '§2',
    verbs: ['getMember'],
    required: ['userid'],
    optional: [],
    example: ({ userId }) => ({ userid: userId }),
    answer: {
      userid: text,
      name: text,
      department: list(number),
      order: list(number),
      position: text,
      is_leader_in_dept: list(number),
      direct_leader: perhapsEmpty(text),
      telephone: text,
      alias: text,
      main_department: number,
      extattr: object({ attrs: perhapsEmpty(object({})) }),
      status: number,
    },
    never: ['avatar', 'thumb_avatar', 'gender', 'mobile', 'email', 'biz_mail', 'qr_code', 'address'],
    failures: outOfRange,
    refusals: [unknownUser],
  },
  {
    api: 'user/simplelist',
    method: 'GET',
    source: '§2',
    verbs: ['listDepartmentUserIds'],
    required: ['department_id'],
    optional: [],
    example: () => ({ department_id: 3 }),
    answer: {
      userlist: list(
        object({ userid: text, name: text, department: list(number), open_userid: optional(text) }),
      ),
    },
    failures: [60011],
    refusals: [],
  },
  {
    api: 'department/list',
    method: 'GET',
    source: '§2',
    verbs: ['listDepartments'],
    required: [],
    optional: ['id'],
    example: () => ({}),
    answer: {
      department: list(
        object({
          id: number,
          name: text,
          name_en: text,
          department_leader: perhapsEmpty(text),
          parentid: number,
          order: number,
        }),
      ),
    },
    failures: [60011],
    refusals: [],
  },
  {
    api: 'department/simplelist',
    method: 'GET',
    source: '§2',
    verbs: [],
    required: [],
    optional: ['id'],
    example: () => ({}),
    answer: { department_id: list(object({ id: number, parentid: number, order: number })) },
    failures: [60011],
    refusals: [],
  },
  {
    api: 'media/upload',
    method: 'POST',
    source: '§10',
    verbs: ['uploadMedia'],
    isUpload: true,
    okText: '',
    required: ['type', 'media'],
    optional: [],
    example: () => ({ type: 'image', media: pictureOf(64) }),
    answer: { type: text, media_id: text, created_at: text },
    missing: { type: 40005, media: 44001 },
    failures: [40004, 40005, 40006, 40009, 44001, 45001],
    refusals: [
      { why: 'another type', change: () => ({ type: 'drawing' }), errcodes: [40004, 40005] },
      { why: 'a picture of five bytes', change: () => ({ media: pictureOf(5) }), errcodes: [40006] },
      {
        why: 'a picture over 10 MB',
        change: () => ({ media: pictureOf(10 * 1024 * 1024 + 1) }),
        errcodes: [40006, 40009, 45001],
      },
      {
        why: 'a picture that is called a video',
        change: () => ({ type: 'video' }),
        errcodes: [40004, 40005],
      },
      {
        why: 'a video over 10 MB',
        change: () => ({ type: 'video', media: videoOf(10 * 1024 * 1024 + 1) }),
        errcodes: [45001],
      },
      {
        why: 'a file over 20 MB',
        change: () => ({ type: 'file', media: videoOf(20 * 1024 * 1024 + 1) }),
        errcodes: [45001],
      },
    ],
  },
  {
    api: 'externalcontact/get_follow_user_list',
    method: 'GET',
    source: '§3',
    verbs: ['listFollowUserIds'],
    required: [],
    optional: [],
    example: () => ({}),
    answer: { follow_user: list(text) },
    failures: [48002],
    refusals: [],
  },
  {
    api: 'externalcontact/list',
    method: 'GET',
    source: '§3',
    verbs: [],
    required: ['userid'],
    optional: [],
    example: ({ userId }) => ({ userid: userId }),
    answer: { external_userid: list(text) },
    failures: [84061, ...outOfRange],
    refusals: [
      unknownUser,
      { why: 'a member without customers', change: () => ({ userid: 'gaofeng' }), errcodes: [84061] },
    ],
  },
  {
    api: 'externalcontact/get',
    method: 'GET',
    source: '§3',
    verbs: ['getCustomer'],
    required: ['external_userid'],
    optional: ['cursor'],
    example: ({ externalUserId }) => ({ external_userid: externalUserId }),
    answer: {
      external_contact: externalContact,
      follow_user: list(
        object({
          ...follow,
          tags: perhapsEmpty(
            object({ group_name: text, tag_name: text, type: number, tag_id: optional(text) }),
          ),
        }),
      ),
      next_cursor: optional(text),
    },
    missing: { external_userid: 40096 },
    failures: [84061, 40096, 45033, 48002, 48011, 50100],
    refusals: [unknownCustomer, foreignCursor],
  },
  {
    api: 'externalcontact/batch/get_by_user',
    method: 'POST',
    source: '§3',
    verbs: ['listFollows'],
    required: ['userid_list'],
    optional: ['cursor', 'limit'],
    example: ({ userId }) => ({ userid_list: [userId] }),
    answer: {
      external_contact_list: list(
        object({
          external_contact: externalContact,
          follow_info: object({ ...follow, tag_id: perhapsEmpty(text) }),
        }),
      ),
      next_cursor: text,
      fail_info: optional(object({ unlicensed_userid_list: list(text) })),
    },
    failures: [50100, 45033, 48002, ...outOfRange],
    refusals: [
      foreignCursor,
      { why: 'an unknown member', change: () => ({ userid_list: ['nobody_at_all'] }), errcodes: noMember },
      {
        why: 'more than 100 members',
        change: ({ userId }) => ({ userid_list: Array.from({ length: 101 }, () => userId) }),
        errcodes: [40035, 40058],
      },
    ],
  },
  {
    api: 'externalcontact/remark',
    method: 'POST',
    source: '§3',
    verbs: ['remark'],
    required: ['userid', 'external_userid'],
    optional: ['remark', 'description', 'remark_company', 'remark_mobiles', 'remark_pic_mediaid'],
    oneOf: ['remark', 'description', 'remark_company', 'remark_mobiles', 'remark_pic_mediaid'],
    example: ({ userId, externalUserId }) => ({
      userid: userId,
      external_userid: externalUserId,
      remark: '新备注',
    }),
    answer: {},
    failures: [84061, 40096, 45033, 45035, 48002],
    refusals: [unknownUser, unknownCustomer, noFriend],
  },
  {
    api: 'externalcontact/get_corp_tag_list',
    method: 'POST',
    source: '§4',
    verbs: ['listTagGroups'],
    required: [],
    optional: ['tag_id', 'group_id'],
    example: () => ({}),
    answer: {
      tag_group: list(
        object({
          group_id: text,
          group_name: text,
          create_time: number,
          order: number,
          deleted: optional('boolean'),
          tag: list(
            object({
              id: text,
              name: text,
              create_time: number,
              order: number,
              deleted: optional('boolean'),
            }),
          ),
        }),
      ),
    },
    failures: [41111, 40068, 48002],
    refusals: [
      {
        why: 'more than 1000 ids',
        change: ({ tagId }) => ({ tag_id: Array.from({ length: 1001 }, () => tagId) }),
        errcodes: [41111],
      },
    ],
  },
  {
    api: 'externalcontact/mark_tag',
    method: 'POST',
    source: '§4',
    verbs: ['markTag'],
    required: ['userid', 'external_userid'],
    optional: ['add_tag', 'remove_tag'],
    oneOf: ['add_tag', 'remove_tag'],
    example: ({ userId, externalUserId, tagId }) => ({
      userid: userId,
      external_userid: externalUserId,
      add_tag: [tagId],
    }),
    answer: {},
    failures: [84061, 40068, 40144, 45033, 45035, 48002],
    refusals: [
      unknownUser,
      unknownCustomer,
      noFriend,
      { why: 'an unknown tag', change: () => ({ add_tag: ['etNobody'] }), errcodes: [40068] },
    ],
  },
  {
    api: 'externalcontact/groupchat/list',
    method: 'POST',
    source: '§7',
    verbs: ['listGroupChatIds'],
    required: ['limit'],
    optional: ['status_filter', 'owner_filter', 'cursor'],
    example: () => ({ limit: 100 }),
    answer: { group_chat_list: list(object({ chat_id: text, status: number })), next_cursor: optional(text) },
    failures: [81017, 50100, 48002],
    refusals: [foreignCursor],
  },
  {
    api: 'externalcontact/groupchat/get',
    method: 'POST',
    source: '§7',
    verbs: ['getGroupChat'],
    required: ['chat_id'],
    optional: ['need_name'],
    example: ({ chatId }) => ({ chat_id: chatId, need_name: 1 }),
    answer: {
      group_chat: object({
        chat_id: text,
        name: text,
        owner: text,
        create_time: number,
        notice: optional(text),
        member_list: list(
          object({
            userid: text,
            type: number,
            unionid: optional(text),
            join_time: number,
            join_scene: number,
            invitor: optional(object({ userid: text })),
            group_nickname: text,
            name: optional(text),
          }),
        ),
        admin_list: perhapsEmpty(object({ userid: text })),
        member_version: text,
      }),
    },
    failures: [49008, 86001, 86003, 90501, 48002],
    refusals: [
      { why: 'an unknown group', change: () => ({ chat_id: 'wrNobody' }), errcodes: [86001, 86003, 90501] },
    ],
  },
  {
    api: 'message/send',
    method: 'POST',
    source: '§9',
    verbs: ['sendNotice'],
    required: ['msgtype', 'agentid'],
    optional: [
      'touser',
      'toparty',
      'totag',
      'textcard',
      'safe',
      'enable_id_trans',
      'enable_duplicate_check',
      'duplicate_check_interval',
    ],
    example: ({ userId, agentId }) => ({
      touser: userId,
      msgtype: 'textcard',
      agentid: agentId,
      textcard: { title: '今天', description: '三位客户明天生日', url: 'https://sidebar.test/today' },
    }),
    answer: {
      invaliduser: text,
      invalidparty: text,
      invalidtag: text,
      unlicenseduser: text,
      msgid: text,
      response_code: optional(text),
    },
    failures: [81013, 301002, 43012],
    refusals: [
      { why: 'nobody valid', change: () => ({ touser: 'nobody_at_all' }), errcodes: [81013] },
      { why: 'another app', change: () => ({ agentid: 7 }), errcodes: [301002] },
    ],
  },
  {
    api: 'message/recall',
    method: 'POST',
    source: '§9',
    verbs: [],
    required: ['msgid'],
    optional: [],
    after: 'message/send',
    example: (_, { msgid }) => ({ msgid }),
    answer: {},
    failures: [42052],
    refusals: [],
  },
  transfer('externalcontact/transfer_customer', false),
  transferResult('externalcontact/transfer_result', false),
  transfer('externalcontact/resigned/transfer_customer', true),
  transferResult('externalcontact/resigned/transfer_result', true),
  {
    api: 'externalcontact/get_unassigned_list',
    method: 'POST',
    source: '§8',
    verbs: ['listUnassigned'],
    required: [],
    optional: ['cursor', 'page_size'],
    example: () => ({}),
    answer: {
      info: list(object({ handover_userid: text, external_userid: text, dimission_time: number })),
      is_last: 'boolean',
      next_cursor: text,
    },
    failures: [50100],
    refusals: [foreignCursor],
  },
  {
    api: 'externalcontact/add_contact_way',
    method: 'POST',
    source: '§5',
    verbs: ['addContactWay'],
    required: ['type', 'scene'],
    optional: ['style', 'remark', 'skip_verify', 'state', 'user', 'party', 'is_exclusive'],
    example: ({ userId }) => ({ type: 2, scene: 2, user: [userId], state: 'gbTill', skip_verify: true }),
    answer: { config_id: text, qr_code: text },
    missing: { type: 41037, scene: 41039 },
    failures: contactWayCodes,
    refusals: [
      { why: 'another type', change: () => ({ type: 3 }), errcodes: [41038] },
      { why: 'another scene', change: () => ({ scene: 3 }), errcodes: [41040] },
      { why: 'an unknown member', change: () => ({ user: ['nobody_at_all'] }), errcodes: noMember },
      {
        why: 'two members for a code of one',
        change: ({ userId, colleagueId }) => ({ type: 1, user: [userId, colleagueId] }),
        errcodes: [40058],
      },
      { why: 'a state of 31 characters', change: () => ({ state: 'x'.repeat(31) }), errcodes: [40058] },
    ],
  },
  {
    api: 'externalcontact/update_contact_way',
    method: 'POST',
    source: '§5',
    verbs: ['updateContactWay'],
    required: ['config_id'],
    optional: ['style', 'remark', 'skip_verify', 'state', 'user', 'party'],
    after: 'externalcontact/add_contact_way',
    example: ({ colleagueId }, { config_id }) => ({ config_id, user: [colleagueId], state: 'gbTill' }),
    answer: {},
    missing: { config_id: 41043 },
    failures: contactWayCodes,
    refusals: [unknownWay],
  },
  {
    api: 'externalcontact/del_contact_way',
    method: 'POST',
    source: '§5',
    verbs: ['deleteContactWay'],
    required: ['config_id'],
    optional: [],
    after: 'externalcontact/add_contact_way',
    example: (_cast, { config_id }) => ({ config_id }),
    answer: {},
    missing: { config_id: 41043 },
    failures: [41043, 41044],
    refusals: [unknownWay],
  },
  {
    api: 'externalcontact/get_contact_way',
    method: 'POST',
    source: '§5',
    verbs: ['findContactWay'],
    required: ['config_id'],
    optional: [],
    after: 'externalcontact/add_contact_way',
    example: (_cast, { config_id }) => ({ config_id }),
    answer: {
      contact_way: object({
        config_id: text,
        type: number,
        scene: number,
        style: optional(number),
        remark: text,
        skip_verify: 'boolean',
        state: text,
        qr_code: text,
        user: list(text),
        party: perhapsEmpty(number),
        is_temp: optional('boolean'),
      }),
    },
    missing: { config_id: 41043 },
    failures: [41043, 41044],
    refusals: [unknownWay],
  },
  {
    api: 'externalcontact/list_contact_way',
    method: 'POST',
    source: '§5',
    verbs: ['findContactWay'],
    required: [],
    optional: ['start_time', 'end_time', 'cursor', 'limit'],
    after: 'externalcontact/add_contact_way',
    example: () => ({}),
    answer: { contact_way: list(object({ config_id: text })), next_cursor: optional(text) },
    failures: [50100],
    refusals: [foreignCursor],
  },
  {
    api: 'externalcontact/send_welcome_msg',
    method: 'POST',
    source: '§6',
    verbs: ['sendWelcome'],
    required: ['welcome_code'],
    optional: ['text', 'attachments'],
    oneOf: ['text', 'attachments'],
    example: ({ welcomeCode }) => ({ welcome_code: welcomeCode, text: { content: '欢迎' } }),
    answer: {},
    missing: { welcome_code: 41050 },
    failures: [41050, 41051, 41053, 41064, 41065, 41096, 40096],
    refusals: [
      { why: 'an invented code', change: () => ({ welcome_code: 'guess' }), errcodes: [41050] },
      {
        why: 'ten attachments',
        change: () => ({
          attachments: Array.from({ length: 10 }, () => ({
            msgtype: 'link',
            link: { title: '券', url: 'https://sidebar.test/c/1' },
          })),
        }),
        errcodes: [41064],
      },
      {
        why: 'an attachment of no known kind',
        change: () => ({ attachments: [{ msgtype: 'voice', voice: { media_id: 'm' } }] }),
        errcodes: [41065],
      },
    ],
  },
  {
    api: 'getcallbackip',
    method: 'GET',
    source: '§12',
    verbs: ['listCallbackIps'],
    required: [],
    optional: [],
    example: () => ({}),
    answer: { ip_list: list(text) },
    failures: [60020],
    refusals: [],
  },
  {
    api: 'get_api_domain_ip',
    method: 'GET',
    source: '§12',
    verbs: [],
    required: [],
    optional: [],
    example: () => ({}),
    answer: { ip_list: list(text) },
    failures: [60020],
    refusals: [],
  },
]

/** What to do about each code: server-api.md §0 and §14, reliability.md §6. What the sheet does not class is not here. */
export const retryOfCode: Record<WecomRetry, number[]> = {
  quick: [-1, 6000, 45033, 45035, 45036, 41096],
  refreshToken: [40014, 42001],
  stop: [40001, 40013, 40091, 50001, 50003, 60020, 48001, 48002, 48005, 60031],
  breaker: [45009],
  final: [
    // business: stored, not repeated
    84061, 40096, 40068, 40144, 40097, 40098, 40099, 40100, 40128, 40129, 40130, 40131, 40143, 81013, 42052,
    50100, 610023, 610024, 701008, 49008, 86001, 86003, 90501,
    // members who are unknown or out of range
    40003, 60111, 60011, 60021, 50002, 92000, 60030,
    // our own mistakes
    40033, 40035, 40058, 40063,
    // of a code to add a friend, and of a welcome
    41037, 41038, 41041, 41044, 41045, 41050, 41051, 41053, 41054, 41064, 41065,
    // of a login, and of a page's signature: another attempt needs another code or ticket
    40029, 42003, 42022, 40093, 42012,
  ],
}

/** Codes after which a member is stale or hidden (§14). */
export const memberIsGone = [40003, 60111, 60011, 60021, 50002, 92000, 60030]

/** Every code server-api.md, limits.md and callbacks.md name. */
export const namedCodes = [
  -1, 6000, 40001, 40003, 40004, 40005, 40006, 40007, 40009, 40011, 40013, 40014, 40029, 40033, 40035, 40058,
  40063, 40068, 40071, 40091, 40093, 40096, 40097, 40098, 40099, 40100, 40126, 40128, 40129, 40130, 40131,
  40143, 40144, 40145, 40201, 40205, 41001, 41002, 41004, 41037, 41038, 41039, 41040, 41041, 41042, 41043,
  41044, 41045, 41048, 41050, 41051, 41053, 41054, 41059, 41060, 41061, 41062, 41063, 41064, 41065, 41067,
  41078, 41079, 41089, 41093, 41094, 41096, 41111, 41210, 42001, 42003, 42012, 42022, 42052, 43012, 44001,
  45001, 45009, 45033, 45035, 45036, 48001, 48002, 48005, 48009, 48010, 48011, 49008, 50001, 50002, 50003,
  50100, 60011, 60020, 60021, 60030, 60031, 60111, 610023, 610024, 701008, 80001, 81011, 81013, 81017, 84025,
  84061, 85004, 85005, 85008, 85111, 86001, 86003, 90500, 90501, 90502, 90503, 90504, 90505, 90506, 90507,
  90508, 91040, 92000, 301002, 301016, 301017, 830002,
]

/** Worked examples of §1: two that must come out, two that show what goes wrong. */
export const signatureVectors = [
  {
    why: 'our worked example',
    ticket: 'kgt8ON7yVITDhtdwci0qeZg4L-Dj1O5WF42Nog47n_0aGF4WPJDIF2UA9MeS8GSAMPLE',
    nonceStr: 'a1b2c3d4e5f6',
    timestamp: 1767225600,
    url: 'https://sidebar.example.com/app/index.html?corp=ww1234567890abcdef&code=CODE01&state=s1',
    signature: 'c8f741f88b4750c7b792f31eb6e81d77f1276d1a',
  },
  {
    why: 'the official one',
    ticket: 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg',
    nonceStr: 'Wm3WZYTPz0wzccnW',
    timestamp: 1414587457,
    url: 'http://mp.weixin.qq.com?params=value',
    signature: '0f9de62fce790f9a083d5c99e95740ceb90c27ed',
  },
]
/** What the first example's signature would be with `#/customer` left on its url, and with the url percent-encoded. */
export const wrongSignatures = {
  withHash: '5f80f96a33e9e384c2e9399b724393ad439e6603',
  encoded: '51e3ffe2b0f05e4afb1856057c8cffabc77cc037',
}
