import type { Card } from '../../shared/contract/customers.ts'
import type { ImportantDate, Person } from '../../shared/contract/people.ts'
import type { Reminder } from '../../shared/contract/reminders.ts'
import type { Script, ScriptPart } from '../../shared/contract/scripts.ts'
import type { SendPart } from '../../shared/contract/sends.ts'
import type { Session } from '../../shared/contract/session.ts'

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
let count = 0
export const newUuid = () => uuid(++count)

/** What the web tests show; every name stands for itself. */
export const makeSession = (given: Partial<Session> = {}): Session => ({
  staff: {
    userId: 'chenlu',
    name: '陈露',
    role: 'guide',
    store: { name: '国贸店', address: null, hours: null, phone: null },
  },
  corp: { corpId: 'wwtest', agentId: '1000002', name: '金禾珠宝', timeZone: 'Asia/Shanghai' },
  today: '2026-11-21',
  now: new Date().toISOString(),
  import: { state: 'done', doneStaff: 1, totalStaff: 1, customers: 1, reason: null },
  ...given,
})

export const makeDate = (given: Partial<ImportantDate> = {}): ImportantDate => ({
  dateId: newUuid(),
  person: { personId: newUuid(), relation: 'mother', callName: null, isMinor: false },
  kind: 'birthday',
  label: null,
  calendar: 'lunar',
  month: 10,
  day: 25,
  isLeapMonth: false,
  year: null,
  leapPolicy: 'leapElseOrdinary',
  leadDays: 14,
  ownLeadDays: null,
  nextOn: '2026-12-03',
  years: null,
  nominalYears: null,
  version: 1,
  ...given,
})

export const makePerson = (given: Partial<Person> = {}): Person => ({
  personId: newUuid(),
  relation: 'mother',
  callName: null,
  ringSize: null,
  wristSize: null,
  neckSize: null,
  allergies: null,
  likes: null,
  avoids: null,
  isMinor: false,
  consent: null,
  version: 1,
  ...given,
})

export const makeReminder = (
  given: Partial<Reminder> = {},
  texts = ['{称呼}，{日子}是{家人称呼}的生日。'],
): Reminder => ({
  reminderId: newUuid(),
  kind: 'date',
  state: 'pending',
  date: makeDate(),
  occurrence: '2026-12-03',
  dueOn: '2026-11-19',
  because: '妈妈生日还有 12 天',
  about: null,
  cared: null,
  order: null,
  gift: null,
  scripts: texts.map((text, index) => ({
    scriptId: newUuid(),
    version: 1,
    title: `话术 ${index + 1}`,
    parts: [{ kind: 'text', text }],
    why: '',
  })),
  coupon: null,
  ...given,
})

export const makeRule = (given: Partial<Card['contact']['rules'][number]> = {}) => ({
  scope: 'customer' as const,
  channel: 'private' as const,
  periodDays: 30,
  maxCount: 4,
  hardness: 'soft' as const,
  bypass: ['orderReady' as const, 'afterSales' as const, 'answer' as const],
  used: 0,
  freeOn: null,
  ...given,
})

export const makeCard = (externalUserId: string, given: Partial<Card> = {}): Card => ({
  customer: {
    externalUserId,
    name: '李婉清',
    kind: 'wechat',
    gender: 'female',
    avatarUrl: null,
    corpName: null,
    profile: {
      salutation: '婉清姐',
      tier: '金卡',
      ringSize: '13',
      wristSize: null,
      neckSize: null,
      wish: null,
      note: null,
      version: 1,
    },
    lastPurchase: null,
  },
  follow: {
    isMine: true,
    guide: null,
    isWaiting: false,
    isHalfAdded: false,
    remark: null,
    addedAt: '2026-03-02T10:00:00+08:00',
    remarkSync: 'done',
    addWay: 1,
    channel: null,
    phones: [],
  },
  colleagues: [],
  contact: {
    lastAt: null,
    lastByName: null,
    lastByMe: false,
    lastWhat: null,
    wroteAt: null,
    rules: [makeRule()],
    quiet: null,
    quietVersion: 0,
    less: null,
    quietHours: null,
  },
  tags: { tags: [], suggested: [], refused: [] },
  dates: [],
  reminders: [],
  coupons: { live: 0, expiringOn: null, latest: null },
  recentScripts: [],
  unfinishedSend: null,
  today: '2026-11-21',
  now: new Date().toISOString(),
  ...given,
})

export const makeScript = (given: Partial<Script> = {}): Script => ({
  scriptId: newUuid(),
  version: 1,
  title: '生日祝福',
  occasion: 'birthdaySelf',
  scope: 'company',
  storeId: null,
  mine: false,
  moments: null,
  parts: [{ kind: 'text', text: '生日快乐' }],
  pinyin: 'sheng ri zhu fu',
  initials: 'srzf',
  sort: 0,
  uses: 0,
  worked: null,
  isFavourite: false,
  pinnedSlot: null,
  effectiveFrom: null,
  effectiveUntil: null,
  updatedAt: '2026-11-01T10:00:00.000+08:00',
  ...given,
})

/** A part as the server answers it when a send starts: WeCom has the asset. */
export const toSendPart = (part: ScriptPart): SendPart =>
  part.kind === 'image' || part.kind === 'video' || part.kind === 'file'
    ? { ...part, mediaId: `media-of-${part.assetId}` }
    : part
