import type { CalendarKind, LeapPolicy } from '../../../shared/contract/people.ts'
import { guardianWords, howWords } from '../../../shared/rules/consentWords.ts'
import {
  engravingPiece,
  faceOf,
  fontLabels,
  isPieceId,
  metalLabels,
} from '../../../shared/rules/engravingPieces.ts'
import { relationLabel } from '../../../shared/rules/relation.ts'
import { leapPolicyWords, yearlyDateText } from '../../../shared/rules/yearlyDateText.ts'
import { dateKindWords } from '../customers/importantDate.ts'
import { skipWords } from '../reminders/reminders.service.ts'
import {
  because,
  days,
  hers,
  ifSo,
  instant,
  member,
  named,
  said,
  saidOrWritten,
  yuan,
  type ExportedTable,
  type Row,
} from './exportedTable.ts'
import { undoneWords } from './undoneWords.ts'

/** Of `important_dates`. */
const dayOf = ({ calendar, month, day, is_leap_month }: Row): string =>
  yearlyDateText({
    calendar: calendar as CalendarKind,
    month: Number(month),
    day: typeof day === 'number' ? day : null,
    isLeapMonth: is_leap_month === true,
  })

const leapWords = Object.fromEntries(leapPolicyWords.map(({ policy, words }) => [policy, words])) as Record<
  LeapPolicy,
  string
>

/** `戒指`; a piece may have gone from the catalogue since. */
export const pieceLabel = (id: unknown): string =>
  typeof id === 'string' && isPieceId(id) ? engravingPiece(id).label : '已经不做的款式'

/** Her family, their days, what is kept to be in time for them. */
export const exportedFamily: Readonly<Record<string, ExportedTable>> = {
  people: {
    title: '家人',
    where: hers,
    order: 't.created_at, t.person_id',
    columns: {
      relation: ['关系', code => relationLabel(String(code))],
      call_name: '称呼',
      ring_size: '戒圈',
      wrist_size: '手围',
      neck_size: '项链长度',
      likes: '喜欢',
      avoids: '不喜欢',
      allergies: '过敏',
      minor_until: ['当孩子保护到哪天', saidOrWritten({ infinity: '没有写出生年份，一直保护' })],
      created_by: ['谁记的', member],
      created_at: ['记下的时间', instant],
    },
    leftOut: {
      person_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      version: because.technical,
    },
  },
  important_dates: {
    title: '重要日子',
    where: hers,
    order: 't.created_at, t.date_id',
    columns: {
      person_id: ['谁的', named('person')],
      kind: ['什么日子', said(dateKindWords)],
      label: '名称',
      month: ['哪一天', (_month, row) => dayOf(row)],
      year: ['哪一年', year => `${Number(year)} 年`],
      leap_policy: [
        '没有这个闰月的年份',
        (policy, row, glossary) =>
          row['is_leap_month'] === true ? said(leapWords)(policy, row, glossary) : null,
      ],
      next_on: '下一次',
      remind_on: '从哪天起提醒',
      lead_days: ['提前多久提醒', days],
      own_lead_days: ['其中单独定的', days],
      last_order_on: '最晚哪天下单',
      created_by: ['谁记的', member],
      created_at: ['记下的时间', instant],
    },
    leftOut: {
      date_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      calendar: because.told,
      day: because.told,
      is_leap_month: because.told,
      version: because.technical,
    },
  },
  guardian_consents: {
    title: '监护人同意',
    where: hers,
    order: 't.recorded_at, t.consent_id',
    columns: {
      person_id: ['哪个孩子', named('person')],
      guardian: ['谁同意的', said(guardianWords)],
      how: ['怎样同意的', said(howWords)],
      given_on: '哪天同意的',
      recorded_by: ['谁记的', member],
      recorded_at: ['记下的时间', instant],
      withdrawn_by: ['收回是谁记的', member],
      withdrawn_at: ['收回的时间', instant],
    },
    leftOut: { consent_id: because.ours, corp_id: because.corp, customer_id: because.whole },
  },
  reminders: {
    title: '提醒',
    where: hers,
    order: 't.occurrence, t.reminder_id',
    columns: {
      staff_id: ['提醒哪位成员', member],
      kind: [
        '为什么',
        said({
          date: '重要日子',
          newFriend: '新加的好友',
          lost: '离开的客户',
          coupon: '券快到期',
          promise: '答应的事',
          care: '该保养了',
        }),
      ],
      date_id: ['哪个日子', named('date')],
      coupon_id: ['哪张券', named('coupon')],
      purchase_id: ['买的哪一件', named('purchase')],
      about: '关于什么',
      care: '哪种保养',
      occurrence: '那一天',
      due_on: '从哪天起提醒',
      state: [
        '做了没有',
        said({
          pending: '还没做',
          snoozed: '推迟了',
          sent: '已发出',
          done: '做了',
          skipped: '跳过了',
          expired: '过期了',
        }),
      ],
      done_how: ['怎样做的', said({ inPerson: '当面说的', inChat: '聊天里说的' })],
      snoozed_until: '推迟到',
      skip_reason: [
        '为什么没做',
        saidOrWritten({
          ...skipWords,
          settled: '券已经用了或结束了',
          left: '成员离职了',
        }),
      ],
      is_late: ['记下时已经晚了', ifSo],
      acted_at: ['做的时间', instant],
      created_at: ['记下的时间', instant],
    },
    leftOut: {
      reminder_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      subject: because.technical,
    },
  },
  reminder_focus: {
    title: '提醒的打开',
    where: hers,
    order: 't.at',
    columns: {
      staff_id: ['哪位成员', member],
      reminder_id: ['哪条提醒', named('reminder')],
      at: ['时间', instant],
    },
    leftOut: { corp_id: because.corp, customer_id: because.whole },
  },
  engravings: {
    title: '刻字稿',
    where: hers,
    order: 't.created_at, t.engraving_id',
    columns: {
      person_id: ['给谁的', named('person')],
      piece_id: ['款式', id => pieceLabel(id)],
      metal: ['材质', said(metalLabels)],
      face: [
        '刻在哪里',
        (face, { piece_id: id }) =>
          typeof id === 'string' && isPieceId(id) ? faceOf(engravingPiece(id), String(face)).label : null,
      ],
      font: ['字体', said(fontLabels)],
      lines: '刻的字',
      price_fen: ['价钱', yuan],
      ready_on: '哪天能取',
      staff_id: ['哪位成员', member],
      created_at: ['记下的时间', instant],
      updated_at: ['改过的时间', instant],
    },
    leftOut: {
      engraving_id: because.ours,
      corp_id: because.corp,
      customer_id: because.whole,
      version: because.technical,
    },
  },
  engraving_pictures: {
    title: '刻字图',
    where: 't.engraving_id in (select engraving_id from engravings where customer_id = $customer)',
    order: 't.engraving_id',
    columns: { engraving_id: ['哪份刻字稿', named('engraving')] },
    leftOut: { corp_id: because.corp, file_id: '图是用刻字稿里的款式和字画出来的' },
  },
  family_undos: {
    title: '可撤销的删除',
    where: hers,
    order: 't.created_at, t.undo_id',
    columns: {
      content: ['能找回什么', undoneWords],
      staff_id: ['谁改的', member],
      created_at: ['时间', instant],
    },
    leftOut: { undo_id: because.ours, corp_id: because.corp, customer_id: because.whole },
  },
}
