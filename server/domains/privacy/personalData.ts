/**
 * Where data of one person lies: every table that knows her by our number, by WeCom's id, or by one of her people, orders or
 * messages, and what of it her own file holds. A table that is in neither list fails a test, so that none is forgotten.
 */
export interface ExportedTable {
  /** the section of her file */
  title: string
  /** which rows of `t` are hers; `$customer` and `$external` stand for her number and WeCom's id */
  where: string
  /** columns that say nothing about her: keys of ours, what is derived, what is sealed */
  without?: readonly string[]
}

const hers = 't.customer_id = $customer'

export const exportedTables: Readonly<Record<string, ExportedTable>> = {
  customers: { title: '本人', where: hers },
  follows: {
    title: '好友关系',
    where: hers,
    // The numbers stand in the file in the clear, under 手机号.
    without: ['phones_sealed', 'phone_tails', 'search_key', 'sort_key'],
  },
  tag_changes: {
    title: '标签改动',
    where: 't.follow_id in (select follow_id from follows where customer_id = $customer)',
  },
  transfers: { title: '交接', where: hers },
  people: { title: '家人', where: hers },
  important_dates: { title: '重要日子', where: hers },
  guardian_consents: { title: '监护人同意', where: hers },
  reminders: { title: '提醒', where: hers },
  reminder_focus: { title: '提醒的打开', where: hers },
  sends: { title: '发给她的消息', where: hers },
  send_parts: {
    title: '消息的内容',
    where: 't.send_id in (select send_id from sends where customer_id = $customer)',
    without: ['attempt'],
  },
  touches: { title: '动态', where: hers },
  purchases: { title: '购买', where: hers },
  removed_purchases: { title: '刚删掉的购买', where: hers },
  purchase_traces: {
    title: '购买和消息的关联',
    where: 't.purchase_id in (select purchase_id from purchases where customer_id = $customer)',
  },
  engravings: { title: '刻字稿', where: hers },
  engraving_pictures: {
    title: '刻字图',
    where: 't.engraving_id in (select engraving_id from engravings where customer_id = $customer)',
  },
  family_undos: { title: '可撤销的删除', where: hers },
  coupons: { title: '优惠券', where: hers, without: ['holder'] },
  coupon_ledger: {
    title: '优惠券的经过',
    where: 't.coupon_id in (select coupon_id from coupons where customer_id = $customer)',
    without: ['idempotency_key'],
  },
  channel_arrivals: { title: '扫码记录', where: hers },
  welcomes: {
    title: '欢迎语',
    where: '(t.customer_id = $customer or t.external_user_id = $external)',
    without: ['code_hash', 'code_sealed'],
  },
  group_members: { title: '客户群', where: 't.member_id = $external and t.kind = 2' },
  outbox: { title: '等着送到企业微信的改动', where: hers },
  callback_events: {
    title: '企业微信的通知',
    where: "t.subject = 'customer:' || $external",
    without: ['content_hash', 'body_sealed'],
  },
  audit_entries: {
    title: '谁处理过她的资料',
    where: hers,
    without: ['hash', 'previous_hash', 'seq', 'request_id'],
  },
}

/** Tables with such a column that her file leaves out, each with its reason. */
export const notExportedTables: Readonly<Record<string, string>> = {
  personal_exports: '导出的文件本身，15 分钟后就没有了',
  erasures: '只有删除正在进行时才有她的编号，做完就没有了',
  coupon_issuer_debts: '只有券的编号，券在「优惠券」里',
  welcome_coupons: '只有一个算不回去的暗号，用来不重复送券；券在「优惠券」里',
  sync_leases: '哪台服务器正在处理，几秒后就没有了',
  script_days: '按天的合计，至多五个编号，用来不把少于五人的数分开',
  script_sums: '同上',
  coupon_months: '同上',
}

/** Columns of every table that tell nothing about anybody. */
export const plumbing: readonly string[] = ['corp_id']

/** What columns are called in her file. */
export const columnWords: Readonly<Record<string, string>> = {
  about: '关于什么',
  action: '做了什么',
  add_way: '添加方式（企业微信的编号）',
  added_at: '加好友的时间',
  allergies: '过敏',
  amount_fen: '金额（分）',
  at: '时间',
  avoids: '不喜欢',
  body: '内容',
  calendar: '公历或农历',
  call_name: '称呼',
  channel: '来源',
  code: '券码',
  created_at: '记下的时间',
  created_by: '谁记的',
  day: '日',
  description: '企业微信里的描述',
  detail: '细节',
  engraving: '刻字',
  external_user_id: '企业微信外部联系人 id',
  gender: '性别（1 男 2 女）',
  given_on: '同意的日子',
  guardian: '哪位监护人',
  how: '怎样同意的',
  is_leap_month: '闰月',
  kind: '类别',
  label: '名称',
  likes: '喜欢',
  lines: '刻的字',
  minor_until: '到哪天满 14 岁',
  month: '月',
  name: '昵称',
  neck_size: '项链长度',
  next_on: '下一次',
  note: '备注',
  outcome: '结果',
  piece: '款式',
  quiet_reason: '少打扰的原因',
  quiet_until: '少打扰到哪天',
  reason: '原因',
  recipient: '给谁买的',
  relation: '关系',
  remark: '导购写的备注名',
  ring_size: '戒圈',
  salutation: '称呼',
  staff_id: '哪位成员',
  state: '状态',
  status: '关系是否还在',
  tag_ids: '标签',
  tier: '会员等级',
  title: '标题',
  what: '事情',
  wish: '心愿单',
  wrist_size: '手围',
  year: '年',
}
