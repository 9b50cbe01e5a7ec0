import { COUPON_STATE_LABELS_FOR_CUSTOMER } from '../../../shared/rules/coupon.ts'
import { isRelationCode, relationLabel } from '../../../shared/rules/relation.ts'
import { strengthWords } from '../../../shared/rules/traceWords.ts'
import { unsentWords } from '../../../shared/rules/touchWords.ts'
import {
  because,
  hers,
  ifSo,
  instant,
  member,
  named,
  namedEach,
  said,
  saidOrWritten,
  yuan,
  type ExportedTable,
  type Row,
  type Say,
} from './exportedTable.ts'

const couponState = said(COUPON_STATE_LABELS_FOR_CUSTOMER)

/** `staff:7`, `customer`, `job:coupons.expire`, `system:welcome` */
const ledgerActor: Say = (actor, row, glossary) => {
  const [who, id] = String(actor).split(':')
  if (who === 'staff') return member(id, row, glossary)
  return who === 'customer' ? '您' : '系统'
}

const ledgerReasons = {
  ...unsentWords,
  deadline: '没有按时发出',
  lastDay: '过了最后一天',
  notSent: '欢迎语没有发出',
  issuer: '发券方没有答应',
  usedElsewhere: '在别处用了',
  withdrawn: '群里的券收回了',
  erased: '资料删除了',
}

/** What she bought and was given. */
export const exportedPurchases: Readonly<Record<string, ExportedTable>> = {
  purchases: {
    title: '购买',
    where: hers,
    order: 't.day, t.purchase_id',
    columns: {
      day: '哪天',
      piece: '款式',
      amount_fen: ['金额', yuan],
      recipient: [
        '送给',
        code => (isRelationCode(String(code)) ? relationLabel(String(code)) : String(code)),
      ],
      person_id: ['送给哪位家人', named('person')],
      is_custom: ['定制', ifSo],
      engraving: '刻字',
      coupon_id: ['用的券', named('coupon')],
      import_id: ['从收银系统的文件里来', () => '是'],
      created_by: ['谁记的', member],
      created_at: ['记下的时间', instant],
    },
    leftOut: {
      purchase_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      version: because.technical,
    },
  },
  removed_purchases: {
    title: '刚删掉的购买',
    where: hers,
    order: 't.removed_at',
    columns: {
      purchase: ['原来的购买', (purchase, _row, { describe }) => describe('purchases', purchase as Row)],
      removed_at: ['删掉的时间', instant],
    },
    leftOut: { purchase_id: because.ours, corp_id: because.corp, customer_id: because.whole },
  },
  purchase_traces: {
    title: '购买和消息的关联',
    where: 't.purchase_id in (select purchase_id from purchases where customer_id = $customer)',
    order: 't.purchase_id',
    columns: {
      purchase_id: ['哪次购买', named('purchase')],
      send_id: ['哪条消息', named('send')],
      strength: ['怎样有关', said(strengthWords)],
      staff_ids: ['算在哪些成员名下', namedEach('member')],
    },
    leftOut: { corp_id: because.corp },
  },
  coupons: {
    title: '优惠券',
    where: hers,
    order: 't.reserved_at, t.coupon_id',
    columns: {
      template_id: ['哪种券', named('template')],
      code: '券码',
      state: ['状态', couponState],
      staff_id: ['谁送的', member],
      origin: ['怎样来的', said({ chat: '聊天里送的', share: '客户群里领的', welcome: '加好友时的见面礼' })],
      issued_at: ['送出的时间', instant],
      claimed_at: ['领取的时间', instant],
      expires_on: '最后一天',
      redeemed_at: ['使用的时间', instant],
      redeemed_by: ['谁核销的', member],
      redeemed_store_id: ['在哪家门店用的', named('store')],
      amount_fen: ['当时的金额', yuan],
      discount_fen: ['省了', yuan],
    },
    leftOut: {
      coupon_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      token: because.secret,
      holder: because.secret,
      slot: because.technical,
      pool: because.technical,
      reserved_at: because.technical,
      deadline: because.technical,
      share_id: because.ours,
    },
  },
  coupon_ledger: {
    title: '优惠券的经过',
    where: 't.coupon_id in (select coupon_id from coupons where customer_id = $customer)',
    order: 't.entry_id',
    columns: {
      at: ['时间', instant],
      coupon_id: ['哪张券', named('coupon')],
      from_state: ['原来', couponState],
      to_state: ['变成', couponState],
      actor: ['谁', ledgerActor],
      reason: ['原因', saidOrWritten(ledgerReasons)],
      store_id: ['门店', named('store')],
      amount_fen: ['当时的金额', yuan],
      discount_fen: ['省了', yuan],
    },
    leftOut: {
      entry_id: because.ours,
      corp_id: because.corp,
      template_id: '就是「哪张券」的那一种',
      idempotency_key: because.secret,
      pool: because.technical,
      pool_effect: because.technical,
    },
  },
}
