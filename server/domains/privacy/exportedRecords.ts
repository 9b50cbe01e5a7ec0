import type { OutboxKind } from '../../../shared/contract/outbox.ts'
import { because, hers, instant, member, named, said, type ExportedTable } from './exportedTable.ts'

const outboxWords: Record<OutboxKind, string> = {
  tags: '标签',
  remark: '备注名',
  message: '给成员的通知',
  transfer: '交接',
  contactWay: '渠道码',
}

/** `ChangeType` of WeCom's callbacks about a customer. */
const changeWords = {
  add_external_contact: '加了好友',
  add_half_external_contact: '您加了成员，等着通过',
  edit_external_contact: '资料改了',
  del_external_contact: '成员删除了好友',
  del_follow_user: '您删除了好友',
  transfer_fail: '交接没有成',
  msg_audit_approved: '同意了会话存档',
}

/** What is on its way to WeCom or came from there, and who has dealt with her data. */
export const exportedRecords: Readonly<Record<string, ExportedTable>> = {
  outbox: {
    title: '等着送到企业微信的改动',
    where: hers,
    order: 't.created_at, t.outbox_id',
    columns: {
      kind: ['什么', said(outboxWords)],
      payload: [
        '内容',
        payload => {
          const { remark } = payload as { remark?: unknown }
          return typeof remark === 'string' ? remark : null
        },
      ],
      staff_id: ['哪位成员', member],
      state: [
        '到了哪一步',
        said({
          waiting: '等着送',
          sending: '正在送',
          done: '送到了',
          superseded: '后来又改了',
          refused: '企业微信没有收下',
          dead: '没有送到',
          cancelled: '取消了',
        }),
      ],
      reason: '原因',
      created_at: ['记下的时间', instant],
      ended_at: ['结束的时间', instant],
    },
    leftOut: {
      outbox_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      lane: because.technical,
      subject: because.technical,
      version: because.technical,
      tries: because.technical,
      lost_holders: because.technical,
      first_tried_at: because.technical,
      next_at: because.technical,
      errcode: because.technical,
    },
  },
  callback_events: {
    title: '企业微信的通知',
    where: "t.subject = 'customer:' || $external",
    order: 't.happened_at, t.event_id',
    columns: {
      change_type: ['什么事', said(changeWords)],
      happened_at: ['发生的时间', instant],
      received_at: ['收到的时间', instant],
      state: [
        '处理了没有',
        said({ waiting: '等着处理', done: '处理了', ignored: '不用处理', failed: '没有处理成' }),
      ],
    },
    leftOut: {
      event_id: because.ours,
      corp_id: because.corp,
      event: '这里都是客户的通知；是什么事写在「什么事」里',
      subject: because.whole,
      content_hash: because.secret,
      body_sealed: '企业微信的原文，加密存着，里面是上面这些和欢迎语的一次性密钥',
      tries: because.technical,
      next_at: because.technical,
      worked_at: because.technical,
      reason: '出错时给程序员看的英文',
      names_members: because.technical,
    },
  },
  audit_entries: {
    title: '谁处理过资料',
    where: hers,
    order: 't.at, t.entry_id',
    columns: {
      at: ['时间', instant],
      actor: ['谁', said({ staff: '成员', customer: '您', system: '系统' })],
      staff_id: ['哪位成员', member],
      entry_id: ['做了什么', named('audit')],
    },
    leftOut: {
      corp_id: because.corp,
      customer_id: because.whole,
      action: because.told,
      detail: because.told,
      subject_kind: because.told,
      subject_id: because.told,
      request_id: because.ours,
      seq: because.technical,
      previous_hash: because.secret,
      hash: because.secret,
    },
  },
}
