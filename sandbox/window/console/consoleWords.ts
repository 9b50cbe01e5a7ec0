import type { CallbackLine } from '../../callbacks/callbacks.ts'
import type { Verdict } from '../../callbacks/verify.ts'
import type { ApiCall, Fault, Follow, Member } from '../../world/types.ts'

/** The console's words for what WeCom spells in English and numbers. */

const events: Record<string, string> = {
  'change_external_contact/add_external_contact': '添加客户',
  'change_external_contact/add_half_external_contact': '免验证添加客户',
  'change_external_contact/edit_external_contact': '修改客户',
  'change_external_contact/del_external_contact': '删除客户',
  'change_external_contact/del_follow_user': '客户删除导购',
  'change_external_contact/transfer_fail': '转接没成',
  'change_external_chat/create': '建客户群',
  'change_external_chat/update': '客户群变动',
  'change_external_chat/dismiss': '解散客户群',
  'change_external_tag/create': '新建标签',
  'change_external_tag/update': '修改标签',
  'change_external_tag/delete': '删除标签',
  'change_external_tag/shuffle': '标签换顺序',
  'raw/raw': '手写的消息',
}
const chatDetails: Record<string, string> = {
  add_member: '有人进群',
  del_member: '有人离群',
  change_owner: '换群主',
  change_name: '改群名',
  change_notice: '改群公告',
}

export function eventWords({ event, changeType, xml }: Pick<CallbackLine, 'event' | 'changeType' | 'xml'>) {
  const detail = /<UpdateDetail><!\[CDATA\[(\w+)]]>/.exec(xml)?.[1] ?? ''
  return chatDetails[detail] ?? events[`${event}/${changeType}`] ?? `${event} ${changeType}`
}

/** Whom an event is about, by name where one is known. */
export function eventSubject(xml: string, nameOf: (id: string) => string | undefined): string {
  const element = (name: string) => new RegExp(`<${name}><!\\[CDATA\\[(.*?)]]>`).exec(xml)?.[1] ?? ''
  const ids = [element('UserID'), element('ExternalUserID') || element('ChatId') || element('Id')]
  return ids
    .filter(Boolean)
    .map(id => nameOf(id) ?? shortened(id))
    .join(' · ')
}

/** Both ends of a long id are enough to tell it from another; the whole stands in the plaintext. */
const shortened = (id: string) => (id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id)

export function outcomeWords({ outcome }: Pick<CallbackLine, 'outcome'>): string {
  if (outcome === 200) return '已送到'
  if (outcome === 'lost') return '丢了，没有发'
  if (outcome === 'timeout') return '5 秒没有答复'
  if (outcome === 'network') return '连不上'
  return `应用答了 ${outcome}`
}

const problems: Record<NonNullable<Verdict['problem']>, string> = {
  notConfigured: '沙盒没有设接收地址',
  timeout: '1 秒内没有答复',
  network: '连不上接收地址',
  status: '应用没有答 200',
  byteOrderMark: '答复开头多了 BOM',
  quotes: '答复多了引号',
  newline: '答复多了换行或空格',
  wrongText: '答复不是解开的原文，多半是 Token 或 AESKey 不一样',
}

export function verdictWords({ isRight, problem, outcome, ms }: Verdict): string {
  if (isRight) return `通过，${ms} 毫秒`
  const status = problem === 'status' && outcome !== undefined ? `（答了 ${outcome}）` : ''
  return `没通过：${problem ? problems[problem] : '答复不对'}${status}`
}

/** Every API of the sandbox by what it does, in the order of a list to choose from. */
export const apiNames: Record<string, string> = {
  gettoken: '取令牌',
  get_jsapi_ticket: '取企业票据',
  'ticket/get': '取应用票据',
  'auth/getuserinfo': '登录',
  'user/get': '读成员',
  'user/simplelist': '列部门成员',
  'department/list': '列部门',
  'department/simplelist': '列部门编号',
  'department/get': '读部门',
  'agent/get': '读应用',
  'externalcontact/get_follow_user_list': '列能加客户的成员',
  'externalcontact/list': '列客户',
  'externalcontact/get': '读客户',
  'externalcontact/batch/get_by_user': '成批读客户',
  'externalcontact/remark': '改备注',
  'externalcontact/get_corp_tag_list': '列标签',
  'externalcontact/add_corp_tag': '新建标签',
  'externalcontact/edit_corp_tag': '改标签',
  'externalcontact/del_corp_tag': '删标签',
  'externalcontact/mark_tag': '给客户打标签',
  'externalcontact/groupchat/list': '列客户群',
  'externalcontact/groupchat/get': '读客户群',
  'externalcontact/transfer_customer': '在职转接',
  'externalcontact/transfer_result': '在职转接结果',
  'externalcontact/resigned/transfer_customer': '离职转接',
  'externalcontact/resigned/transfer_result': '离职转接结果',
  'externalcontact/get_unassigned_list': '列待分配客户',
  'externalcontact/groupchat/onjob_transfer': '在职转群',
  'externalcontact/groupchat/transfer': '离职转群',
  'media/upload': '传素材',
  'message/send': '发应用消息',
  'message/recall': '撤回应用消息',
  getcallbackip: '列回调来源 IP',
  get_api_domain_ip: '列接口 IP',
}

export function apiWords(api: string): string {
  if (api === '*') return '所有接口'
  if (api === 'externalcontact/*') return '客户联系的所有接口'
  return apiNames[api] ?? '没有这个接口'
}

/** Errcodes worth trying, with what they mean to a reader. */
export const errcodes: Record<number, string> = {
  [-1]: '企业微信繁忙',
  45009: '调用太频繁',
  45033: '同时调用太多',
  45035: '同一位客户正在被改',
  40014: '令牌不认识',
  42001: '令牌过期',
  40001: '密钥不对',
  60020: '来访 IP 不可信',
  48001: '没有接口权限',
  48002: '接口被停用',
  60011: '不在可见范围',
  60111: '没有这个成员',
  40096: '没有这位客户',
  84061: '不是好友',
  40068: '没有这个标签',
  40071: '标签名不能用',
  81011: '不能改这个标签',
  40126: '标签太多',
  40144: '客户身上标签太多',
  81017: '要指定群主',
  49008: '群已解散',
  86003: '看不到这个群',
  40128: '转接太频繁',
  40129: '已在转接中',
  40099: '接手的人客户满了',
  81013: '收的人都无效',
  301002: '不是自己的应用',
  701008: '没有接口许可',
  610023: '客户数到了上限',
  40058: '参数不对',
  50003: '应用被停用',
}

export function resultWords({ errcode, fault }: Pick<ApiCall, 'errcode' | 'fault'>): string {
  const lost = fault ? `，${faultWords[fault]}` : ''
  if (errcode === 0) return fault ? `做成了${lost}` : '正常'
  return `${errcode} ${errcodes[errcode] ?? ''}`.trim() + lost
}

const faultWords: Record<NonNullable<ApiCall['fault']>, string> = {
  drop: '断线',
  html: '答成网页',
  http500: '答成 500',
  slowBody: '答到一半停住',
  late: '答复来迟',
}

/** `读客户：45009 调用太频繁，还有 3 次，每次一半可能` */
export function faultSentence({ api, times, rate, errcode, delayMs, break: broken, afterEffect }: Fault) {
  const what = [
    errcode !== undefined && `${errcode} ${errcodes[errcode] ?? ''}`.trim(),
    broken && faultWords[broken],
    delayMs !== undefined && delayMs > 0 && `慢 ${delayMs / 1000} 秒`,
  ].filter(Boolean)
  const when = [
    times < 0 ? '一直' : `还有 ${times} 次`,
    rate !== undefined && rate < 1 && `每次 ${Math.round(rate * 100)}% 会这样`,
    afterEffect && '其实已经做成',
  ].filter(Boolean)
  return `${apiWords(api)}：${[...what, ...when].join('，')}`
}

export const relationWords: Record<Follow['status'], string> = {
  active: '互为好友',
  lost: '客户已删除导购',
  removed: '导购已删除客户',
  half: '客户已加，等导购通过',
}

export function memberWords({ status, inVisibleRange, hasCustomerContact }: Member): string {
  const state = { 1: '在职', 2: '已停用', 4: '没激活', 5: '已离职' }[status]
  return [state, !inVisibleRange && '不在可见范围', !hasCustomerContact && '没有客户联系权限']
    .filter(Boolean)
    .join('，')
}
