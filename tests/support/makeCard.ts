import type { Card } from '../../shared/contract/customers.ts'
import type { ImportantDate, Person } from '../../shared/contract/people.ts'
import type { Reminder } from '../../shared/contract/reminders.ts'
import type { Session } from '../../shared/contract/session.ts'

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
let count = 0
export const newUuid = () => uuid(++count)

/** What the web tests show; every name stands for itself. */
export const makeSession = (given: Partial<Session> = {}): Session => ({
  staff: { userId: 'chenlu', name: '陈露', role: 'guide', store: { name: '国贸店', address: null } },
  corp: { corpId: 'wwtest', agentId: '1000002', name: '金禾珠宝', timeZone: 'Asia/Shanghai' },
  today: '2026-11-21',
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
  })),
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
  },
  colleagues: [],
  contact: {
    lastAt: null,
    lastByName: null,
    lastByMe: false,
    lastWhat: null,
    sentInPeriod: 0,
    quietUntil: null,
    rule: { maxCount: 4, periodDays: 30, hardness: 'soft' },
  },
  tags: { tags: [], suggested: [], refused: [] },
  dates: [],
  reminders: [],
  coupons: { live: 0, expiringOn: null },
  today: '2026-11-21',
  ...given,
})
