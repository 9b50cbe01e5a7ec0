import type { TouchKind } from '../../../shared/contract/customers.ts'
import type { SendPart } from '../../../shared/contract/sends.ts'
import { REASON_WORDS } from '../../../shared/rules/contactRuleWords.ts'
import { platformWords } from '../../../shared/rules/auditWords.ts'
import { touchVerbs, unsentWords } from '../../../shared/rules/touchWords.ts'
import type { WelcomeCoupon } from '../coupons/coupons.service.ts'
import {
  because,
  hers,
  ifSo,
  instant,
  member,
  named,
  said,
  type ExportedTable,
  type Say,
} from './exportedTable.ts'

type Refused = Extract<WelcomeCoupon, { refusal: unknown }>['refusal']

const sentWords = { ok: '已送到', ...unsentWords }

const partWords = {
  text: '文字',
  news: '链接',
  image: '图片',
  video: '视频',
  file: '文件',
  miniprogram: '小程序',
} satisfies Record<SendPart['kind'], string>

/** Who has the link of a coupon has the coupon (S0): the card is told without it. */
const messagePart: Say = (body, row, glossary) => {
  const { send_id: sendId } = row
  const { kind, text, title, description, name, link } = body as Record<string, unknown>
  const words = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  return Object.fromEntries(
    Object.entries({
      类型: said(partWords)(kind, row, glossary),
      文字: words(text),
      标题: words(title),
      说明: words(description),
      文件名: words(name),
      链接: glossary.isOfCoupon(sendId) ? null : words(link),
    }).filter(([, value]) => value !== null),
  )
}

const isTouchKind = (kind: unknown): kind is TouchKind => typeof kind === 'string' && kind in touchVerbs

/** What was written to her and by her, and what happened. */
export const exportedTalks: Readonly<Record<string, ExportedTable>> = {
  sends: {
    title: '发过的消息',
    where: hers,
    order: 't.started_at, t.send_id',
    columns: {
      title: '标题',
      staff_id: ['哪位成员', member],
      started_at: ['开始发的时间', instant],
      finished_at: ['发完的时间', instant],
      stopped_at: ['剩下的不发了', instant],
      outcome: ['结果', said(sentWords)],
      replied_at: ['您回复的时间', instant],
      script_id: ['用的话术', named('script')],
      group_chat_id: ['群', named('group')],
      reminder_id: ['因为哪条提醒', named('reminder')],
      coupon_id: ['带的券', named('coupon')],
      engraving_id: ['带的刻字稿', named('engraving')],
      reason_class: ['为什么写', said(REASON_WORDS)],
      is_answer: ['是回您的消息', ifSo],
      lifted_by: [
        '到了联系次数的上限，为什么照常写',
        said({ confirmed: '成员看过提醒', reason: '有上面的理由' }),
      ],
      client_platform: ['从哪里发的', said(platformWords)],
    },
    leftOut: {
      send_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      script_version: because.technical,
      client_version: because.technical,
      lifted_rule_id: '理由写在「为什么照常写」里',
      counted_at: '什么时候算进了统计，统计里没有她',
      share_id: because.ours,
    },
  },
  send_parts: {
    title: '消息的内容',
    where: 't.send_id in (select send_id from sends where customer_id = $customer)',
    order: '(select s.started_at from sends s where s.send_id = t.send_id), t.send_id, t.index',
    columns: {
      send_id: ['哪条消息', named('send')],
      index: ['第几条', index => Number(index) + 1],
      body: ['内容', messagePart],
      outcome: ['结果', said(sentWords)],
      handed_at: ['交给企业微信的时间', instant],
      answered_at: ['知道结果的时间', instant],
    },
    leftOut: {
      attempt: because.ours,
      reason: '企业微信客户端的英文出错信息；结果写在「结果」里',
    },
  },
  touches: {
    title: '动态',
    where: hers,
    order: 't.at, t.touch_id',
    columns: {
      at: ['时间', instant],
      what: [
        '事情',
        (what, { kind }) => {
          const [before, after] = isTouchKind(kind) ? touchVerbs[kind] : ['', '']
          return `${before}${String(what)}${after}`
        },
      ],
      detail: '细节',
      actor: ['谁', said({ staff: '成员', customer: '您', system: '系统' })],
      staff_id: ['哪位成员', member],
      outcome: ['结果', said(sentWords)],
      send_id: ['哪条消息', named('send')],
      purchase_id: ['哪次购买', named('purchase')],
    },
    leftOut: {
      touch_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      kind: because.told,
    },
  },
  welcomes: {
    title: '欢迎语',
    where: '(t.customer_id = $customer or t.external_user_id = $external)',
    order: 't.received_at',
    columns: {
      channel_code_id: ['哪个渠道码', named('channelCode')],
      staff_id: ['哪位成员', member],
      state: [
        '结果',
        said({
          waiting: '还没发',
          sending: '正在发',
          sent: '已送到',
          refused: '企业微信没有收下',
          unknown: '不知道发出没有',
        }),
      ],
      reason_class: ['为什么写', said(REASON_WORDS)],
      coupon_id: ['带的券', named('coupon')],
      coupon_refusal: [
        '为什么没有带券',
        said({
          soldOut: '券发完了',
          alreadyHad: '已经送过',
          notRunning: '这种券没有在发',
          tier: '会员等级不符',
        } satisfies Record<Refused, string>),
      ],
      received_at: ['您加好友的时间', instant],
      ended_at: ['发完的时间', instant],
    },
    leftOut: {
      welcome_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      external_user_id: because.whole,
      code_hash: because.secret,
      code_sealed: because.secret,
      claimed_at: because.technical,
      errcode: because.technical,
    },
  },
}
