import { lastQuietDay } from '../../../shared/rules/contactBudget.ts'
import { addWayText, channelText } from '../../../shared/rules/customerWords.ts'
import {
  because,
  ifSo,
  instant,
  member,
  named,
  namedEach,
  said,
  type ExportedTable,
} from './exportedTable.ts'

const hers = 't.customer_id = $customer'

/** She herself, and who serves her. */
export const exportedHerself: Readonly<Record<string, ExportedTable>> = {
  customers: {
    title: '本人',
    where: hers,
    order: 't.customer_id',
    columns: {
      name: '昵称',
      salutation: '称呼',
      gender: ['性别', said({ 0: '不知道', 1: '男', 2: '女' })],
      kind: ['用的是', said({ 1: '微信', 2: '企业微信' })],
      corp_name: '所在企业',
      external_user_id: '企业微信给您的编号',
      avatar_url: '头像',
      tier: '会员等级',
      ring_size: '戒圈',
      wrist_size: '手围',
      neck_size: '项链长度',
      wish: '心愿单',
      note: '备注',
      quiet_level: ['少打扰', said({ less: '少打扰', none: '勿扰' })],
      quiet_until: ['少打扰到哪天', until => lastQuietDay({ until: String(until) })],
      quiet_reason: '少打扰的原因',
      known_since: ['从什么时候起有这份资料', instant],
      synced_at: ['最近一次从企业微信更新', instant],
    },
    leftOut: {
      customer_id: because.ours,
      corp_id: because.corp,
      version: because.technical,
      quiet_version: because.technical,
    },
  },
  follows: {
    title: '好友关系',
    where: hers,
    order: 't.added_at, t.follow_id',
    columns: {
      staff_id: ['哪位成员', member],
      status: [
        '现在',
        said({ active: '是好友', lost: '您删除了好友', removed: '已不是好友', transferring: '正在交给同事' }),
      ],
      added_at: ['加好友的时间', instant],
      half_added_at: ['您先加、还没通过的时间', instant],
      joined_at: ['成为好友的时间', instant],
      add_way: ['怎样加的', way => addWayText(Number(way)) || '企业微信没有说'],
      channel: [
        '从哪里来',
        (channel, _row, { find }) =>
          find('channel', channel) ?? (channelText(String(channel)) || '一个渠道码'),
      ],
      ended_at: ['结束的时间', instant],
      end_reason: [
        '为什么结束',
        said({
          customerLeft: '您删除了好友',
          guideRemoved: '成员删除了好友',
          transferred: '交给了同事',
          notListed: '企业微信里已经没有',
        }),
      ],
      remark: '成员写的备注名',
      description: '企业微信里的描述',
      tag_ids: ['标签', namedEach('tag')],
      synced_at: ['最近一次从企业微信更新', instant],
    },
    leftOut: {
      follow_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      phones_sealed: '号码写在开头的「手机号」里',
      phone_tails: because.derived,
      search_key: because.derived,
      sort_key: because.derived,
      tags_settled_at: because.technical,
    },
  },
  tag_changes: {
    title: '标签改动',
    where: 't.follow_id in (select follow_id from follows where customer_id = $customer)',
    order: 't.changed_at, t.tag_id',
    columns: {
      follow_id: ['哪位成员', named('follow')],
      tag_id: ['标签', named('tag')],
      change: ['怎样改', said({ add: '加上', remove: '去掉' })],
      state: ['到了哪一步', said({ pending: '等着告诉企业微信', refused: '企业微信没有收下' })],
      reason: '原因',
      changed_at: ['时间', instant],
    },
    leftOut: { corp_id: because.corp, version: because.technical, is_attempted: because.technical },
  },
  transfers: {
    title: '交接',
    where: hers,
    order: 't.created_at, t.transfer_id',
    columns: {
      from_staff_id: ['从哪位成员', member],
      to_staff_id: ['交给哪位成员', member],
      is_resigned: ['原来的成员离职了', ifSo],
      state: [
        '到了哪一步',
        said({
          waiting: '等着交接',
          started: '正在交接',
          done: '交接完了',
          refused: '您没有同意',
          failed: '没有交成',
          cancelled: '取消了',
        }),
      ],
      reason: '原因',
      requested_by: ['谁安排的', member],
      created_at: ['安排的时间', instant],
      started_at: ['开始的时间', instant],
      ended_at: ['结束的时间', instant],
    },
    leftOut: {
      transfer_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      follow_id: '就是「从哪位成员」的那段关系',
    },
  },
  channel_arrivals: {
    title: '扫码记录',
    where: hers,
    order: 't.first_at',
    columns: {
      channel_code_id: ['哪个渠道码', named('channelCode')],
      staff_id: ['哪位成员', member],
      first_at: ['第一次扫的时间', instant],
      tagged_at: ['打上标签的时间', instant],
    },
    leftOut: { customer_id: because.whole },
  },
  group_members: {
    title: '客户群',
    where: 't.member_id = $external and t.kind = 2',
    order: 't.group_chat_id',
    columns: { group_chat_id: ['群', named('group')] },
    leftOut: {
      member_id: '就是「本人」里企业微信给您的编号',
      kind: '这里只有客户，没有成员',
    },
  },
}
