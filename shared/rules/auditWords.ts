import type { AuditAction, AuditDetail, AuditRow, AuditTopic } from '../contract/audit.ts'
import { retentionWords } from './privacyWords.ts'

/** What admins look for, in the order in which it is offered. */
export const auditTopics: Record<AuditTopic, { word: string; actions: readonly AuditAction[] }> = {
  phone: { word: '看号码', actions: ['phoneRevealed'] },
  minor: { word: '看孩子的资料', actions: ['minorRead'] },
  denial: { word: '被拒', actions: ['denied', 'deniedMore'] },
  login: { word: '登录', actions: ['loggedIn', 'loggedOut', 'sessionsEnded'] },
  settings: {
    word: '设置',
    actions: [
      'contactRulesChanged',
      'reminderRulesChanged',
      'traceWindowsChanged',
      'storeChanged',
      'managerAdded',
      'managerRemoved',
      'couponTemplateChanged',
      'channelCodeChanged',
      'retentionChanged',
    ],
  },
  coupon: {
    word: '券',
    actions: ['couponRedeemed', 'couponRedeemUndone', 'couponRevoked', 'couponShareWithdrawn'],
  },
  transfer: { word: '交接', actions: ['customerTransferred'] },
  privacy: {
    word: '隐私',
    actions: [
      'personExported',
      'personExportFetched',
      'erasureAsked',
      'personErased',
      'bulkExportAsked',
      'bulkExportApproved',
      'bulkExportRefused',
      'bulkExportMade',
      'bulkExportFetched',
      'retentionApplied',
    ],
  },
  record: {
    word: '记录本身',
    actions: ['auditExported', 'auditTrimmed', 'backupWritten', 'backupRestored'],
  },
}

const templateStates: Record<string, string> = {
  draft: '草稿',
  running: '进行中',
  paused: '暂停',
  stopped: '停止',
}
const codeChanges: Record<string, string> = { added: '建了', changed: '改了', removed: '删了' }
const denialWords: Record<string, string> = {
  forbidden: '这个操作要店长或管理员',
  not_found: '没有这一条，或不归她看',
  not_a_member: '不在应用的可见范围里',
}
export const appWords: Record<string, string> = { wecom: '企业微信', wechat: '微信', browser: '浏览器' }
export const platformWords: Record<string, string> = {
  android: '安卓',
  ios: 'iPhone',
  windows: 'Windows',
  mac: 'Mac',
  harmony: '鸿蒙',
}

/** `企业微信 · 安卓`; what is not known is left out. */
export const clientWords = (app: string, platform: string): string =>
  [appWords[app], platformWords[platform]].filter(Boolean).join(' · ') || '不认得的设备'

const text = (detail: AuditDetail, name: string): string => {
  const value = detail[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
const because = (words: string) => (words ? ` · 理由：${words}` : '')

type Told = Pick<AuditRow, 'action' | 'customer' | 'about' | 'detail'>

/** What was done, as it stands behind the name of who did it: `查看了 李女士 的手机号 · 理由：约取货`. */
export function auditWords({ action, customer, about, detail }: Told): string {
  const her = customer?.name ?? '一位已删除的客户'
  const what = about ?? '已不在的一项'
  const coupon = `${about ?? '一张券'}${customer ? `，${customer.name} 的` : ''}`
  const words: Record<AuditAction, () => string> = {
    loggedIn: () => `登录 · ${clientWords(text(detail, 'app'), text(detail, 'platform'))}`,
    loggedOut: () => '退出登录',
    sessionsEnded: () =>
      about ? `让 ${about} 在 ${text(detail, 'count')} 台设备上退出` : '退出了自己的一台设备',
    denied: () =>
      `被拒：${denialWords[text(detail, 'code')] ?? text(detail, 'code')} · ${about ?? text(detail, 'operation')}`,
    deniedMore: () => `一小时里共被拒 ${text(detail, 'count')} 次`,
    phoneRevealed: () => `查看了 ${her} 的手机号${because(text(detail, 'reason'))}`,
    minorRead: () => `查看了 ${her} 家孩子的资料`,
    contactRulesChanged: () => '改了克制规则',
    reminderRulesChanged: () => '改了提醒规则',
    traceWindowsChanged: () => '改了购买算给消息的天数',
    storeChanged: () => `改了门店 ${what}`,
    managerAdded: () => `让 ${what} 当店长`,
    managerRemoved: () => `不再让 ${what} 当店长`,
    couponTemplateChanged: () => {
      const [from, to] = [text(detail, 'from'), text(detail, 'to')]
      if (!from) return `建了券 ${what}`
      return from === to
        ? `改了券 ${what}`
        : `把券 ${what} 从${templateStates[from] ?? from}改为${templateStates[to] ?? to}`
    },
    customerTransferred: () => `把 ${her} 交给 ${what}`,
    couponRedeemed: () => `核销了 ${coupon}`,
    couponRedeemUndone: () => `撤销了核销 ${coupon}`,
    couponRevoked: () => `收回了 ${coupon}`,
    couponShareWithdrawn: () => `收回了群里的券 ${what}`,
    channelCodeChanged: () => `${codeChanges[text(detail, 'change')] ?? '改了'}渠道活码 ${what}`,
    auditExported: () => `导出了操作记录 ${text(detail, 'rows')} 行`,
    auditTrimmed: () => `到期清理，第 ${text(detail, 'throughSeq')} 行以前的不再保留`,
    personExported: () => `导出了 ${her} 的全部资料${because(text(detail, 'reason'))}`,
    personExportFetched: () => `取走了 ${her} 的资料文件`,
    erasureAsked: () => `要求删除 ${her} 的全部资料${because(text(detail, 'reason'))}`,
    personErased: () => '删完了一位客户的全部资料',
    bulkExportAsked: () => `申请批量导出，${text(detail, 'number')} 号${because(text(detail, 'reason'))}`,
    bulkExportApproved: () => `批准了批量导出 ${what}`,
    bulkExportRefused: () => `没有批准批量导出 ${what}`,
    bulkExportMade: () => `生成了批量导出 ${what}，${text(detail, 'rows')} 行`,
    bulkExportFetched: () => `下载了批量导出 ${what}，${text(detail, 'rows')} 行`,
    retentionChanged: () => {
      const changes = Object.entries(retentionWords).flatMap(([name, { word, unit }]) => {
        const change = detail[name]
        return Array.isArray(change) ? [`${word}从 ${change[0]} ${unit}改为 ${change[1]} ${unit}`] : []
      })
      return changes.length > 0 ? `改了保留期限：${changes.join('，')}` : '改了保留期限'
    },
    retentionApplied: () =>
      `到期清理：${[
        text(detail, 'lines') && `动态 ${text(detail, 'lines')} 行`,
        text(detail, 'words') && `消息原话 ${text(detail, 'words')} 条`,
        text(detail, 'people') && '一位久不联系的客户',
      ]
        .filter(Boolean)
        .join('，')}`,
    backupWritten: () =>
      `备份了全部数据，${text(detail, 'rows')} 行${detail['isEncrypted'] === false ? '，没有加密' : ''}`,
    backupRestored: () =>
      `从备份恢复了全部数据，备份于 ${text(detail, 'takenAt').slice(0, 16).replace('T', ' ')} UTC；之后的记录不在了`,
  }
  return words[action]()
}

/** Who did it. */
export const auditWho = ({ by, who }: Pick<AuditRow, 'by' | 'who'>): string =>
  by === 'staff' ? (who?.name ?? '一位成员') : by === 'customer' ? '客户' : '系统'
