import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { CivilDay } from './time.ts'

export const CalendarKind = z.enum(['solar', 'lunar'])
export type CalendarKind = z.infer<typeof CalendarKind>
export const DateKind = z.enum(['birthday', 'wedding', 'firstPurchase', 'other'])
export type DateKind = z.infer<typeof DateKind>
export const LeapPolicy = z.enum(['leapElseOrdinary', 'both', 'leapOnly', 'sameMonth'])
export type LeapPolicy = z.infer<typeof LeapPolicy>

/** A date that comes back every year. Day 30 of a short lunar month falls on 29; 29 February on the 28th. */
export const YearlyDate = z.object({
  calendar: CalendarKind,
  month: z.number().int().min(1).max(12),
  day: z.number().int().min(1).max(31).nullable().meta({ description: '空为只知道月份，按第一天提醒' }),
  isLeapMonth: z.boolean().default(false),
  year: z.number().int().min(1900).max(2100).nullable().default(null),
  leapPolicy: LeapPolicy.default('leapElseOrdinary').meta({
    description: '闰月的日子：有闰月过闰月否则过平月、两个月都过、只在有闰月的年份过、总过平月',
  }),
})
export type YearlyDate = z.infer<typeof YearlyDate>

/** Longest lead a date may have of its own. */
export const MAX_LEAD_DAYS = 180
const leadDays = z.number().int().min(0).max(MAX_LEAD_DAYS)

/** A guardian's consent to keep a child's data (PIPL §31): who gave it, how and when. Names nobody. */
export const GuardianConsent = z.strictObject({
  guardian: z.enum(['customer', 'otherParent', 'otherGuardian']),
  how: z.enum(['inPerson', 'chat', 'phone', 'form']),
  givenOn: CivilDay,
})
export type GuardianConsent = z.infer<typeof GuardianConsent>

const size = z.string().trim().max(20).nullable()
const words = z.string().trim().max(60).nullable()

/** What may be known of a person beside the relation. Null means not noted; no phone, no school, no id number. */
export const PersonDetails = z.object({
  callName: z.string().trim().max(20).nullable().meta({ description: '怎么称呼，如 阿姨；空则按关系' }),
  ringSize: size.meta({ description: '戒圈' }),
  wristSize: size.meta({ description: '手围 / 手镯' }),
  neckSize: size.meta({ description: '项链长度' }),
  allergies: words.meta({ description: '对什么过敏' }),
  likes: words.meta({ description: '喜欢什么' }),
  avoids: words.meta({ description: '不要什么' }),
})
export type PersonDetails = z.infer<typeof PersonDetails>

/** Someone important to a customer. */
export const Person = z
  .object({
    personId: z.uuid(),
    relation: z.string().meta({ description: '关系代码，见 shared/rules/relation.ts', example: 'mother' }),
    ...PersonDetails.shape,
    isMinor: z.boolean().meta({ description: '不满 14 岁' }),
    consent: z
      .object({ ...GuardianConsent.shape, recordedBy: z.string(), recordedOn: CivilDay })
      .nullable()
      .meta({ description: '监护人的同意；只有孩子有' }),
    version: z.number().int(),
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof Person>

export const ImportantDate = z
  .object({
    dateId: z.uuid(),
    person: Person.pick({ personId: true, relation: true, callName: true, isMinor: true }).nullable(),
    kind: DateKind,
    label: z.string().nullable().meta({ description: '自定义日子的名字，kind 为 other 时有' }),
    ...YearlyDate.shape,
    isLeapMonth: z.boolean(),
    year: z.number().int().nullable(),
    leapPolicy: LeapPolicy,
    leadDays: leadDays.meta({ description: '提前几天提醒' }),
    ownLeadDays: leadDays.nullable().meta({ description: '单独为这个日子定的；空为按规则' }),
    nextOn: CivilDay.meta({ description: '下一次落在哪个公历日，今天也算' }),
    years: z
      .number()
      .int()
      .nullable()
      .meta({ description: '下一次满几周岁；不是生日的是第几周年。不知道年份为空' }),
    nominalYears: z.number().int().nullable().meta({ description: '下一次虚岁多少；只有农历生日有' }),
    version: z.number().int(),
  })
  .meta({ id: 'ImportantDate' })
export type ImportantDate = z.infer<typeof ImportantDate>

const relation = z.string().trim().min(1).max(20)
const callName = z.string().trim().min(1).max(20)

export const KnownPerson = z.strictObject({ personId: z.uuid() })

/** Somebody not noted yet. `isMinor` is what was said of the age; null goes by year of birth and relation. */
export const NewPerson = z.strictObject({
  relation,
  callName: callName.nullable().default(null),
  isMinor: z.boolean().nullable().default(null),
})

/** A yearly date of whoever it stands with. */
export const DateFacts = z.strictObject({
  kind: DateKind.default('birthday'),
  label: z.string().trim().min(1).max(20).nullable().default(null),
  date: YearlyDate.strict(),
  leadDays: leadDays.nullable().default(null).meta({ description: '提前几天提醒；空为按规则' }),
  isAnother: z
    .boolean()
    .optional()
    .meta({ description: '这个人已经有一个生日（结婚纪念日），这是另一个，两个都记' }),
})
export type DateFacts = z.infer<typeof DateFacts>

/** A date of the customer (`person: null`), of a person already noted, or of a new person noted along with it. */
export const DateDraft = DateFacts.extend({
  person: z.union([KnownPerson, NewPerson]).nullable(),
  consent: GuardianConsent.nullable().default(null),
})
export type DateDraft = z.infer<typeof DateDraft>

export const DateChange = z.strictObject({
  kind: DateKind.optional(),
  label: z.string().trim().min(1).max(20).nullable().optional(),
  date: YearlyDate.strict().optional(),
  leadDays: leadDays.nullable().optional(),
  consent: GuardianConsent.nullable().default(null),
})
export type DateChange = z.infer<typeof DateChange>

export const PersonChange = z.strictObject({
  relation: relation.optional(),
  ...PersonDetails.partial().shape,
  isMinor: z.boolean().nullable().optional(),
  consent: GuardianConsent.nullable().default(null),
})
export type PersonChange = z.infer<typeof PersonChange>

export const Family = z.object({ people: z.array(Person), dates: z.array(ImportantDate) })
export type Family = z.infer<typeof Family>

/** What was done can be taken back for some minutes under this id, by who did it. */
export const Undoable = z.object({ undoId: z.uuid() }).meta({ id: 'Undoable' })
export type Undoable = z.infer<typeof Undoable>

const DateParams = CustomerParams.extend({ dateId: z.uuid() })
const PersonParams = CustomerParams.extend({ personId: z.uuid() })

export const listPeople = endpoint({
  id: 'listPeople',
  method: 'get',
  path: '/customers/{externalUserId}/people',
  summary: '家人与日子',
  params: CustomerParams,
  answer: Family,
  status: 200,
})

export const addDate = endpoint({
  id: 'addDate',
  method: 'post',
  path: '/customers/{externalUserId}/dates',
  summary: '记一个日子（可连同家人一起记）',
  params: CustomerParams,
  body: DateDraft,
  answer: ImportantDate,
  status: 201,
  idempotency: 'accepted',
  problems: ['guardian_consent_required', 'limit_reached', 'contact_mismatch', 'state_conflict'],
})

export const changeDate = endpoint({
  id: 'changeDate',
  method: 'patch',
  path: '/customers/{externalUserId}/dates/{dateId}',
  summary: '改一个日子；还没发的提醒跟着动',
  params: DateParams,
  body: DateChange,
  answer: ImportantDate,
  status: 200,
  versioned: true,
  idempotency: 'accepted',
  problems: ['guardian_consent_required'],
})

export const removeDate = endpoint({
  id: 'removeDate',
  method: 'delete',
  path: '/customers/{externalUserId}/dates/{dateId}',
  summary: '去掉一个日子；家人没有别的可记时一并去掉',
  params: DateParams,
  answer: Undoable,
  status: 200,
  idempotency: 'accepted',
})

export const changePerson = endpoint({
  id: 'changePerson',
  method: 'patch',
  path: '/customers/{externalUserId}/people/{personId}',
  summary: '改一位家人的资料',
  params: PersonParams,
  body: PersonChange,
  answer: Person,
  status: 200,
  versioned: true,
  idempotency: 'accepted',
  problems: ['guardian_consent_required'],
})

export const removePerson = endpoint({
  id: 'removePerson',
  method: 'delete',
  path: '/customers/{externalUserId}/people/{personId}',
  summary: '去掉一位家人和他的日子',
  params: PersonParams,
  answer: Undoable,
  status: 200,
  idempotency: 'accepted',
})

export const withdrawConsent = endpoint({
  id: 'withdrawConsent',
  method: 'post',
  path: '/customers/{externalUserId}/people/{personId}/withdrawal',
  summary: '监护人收回同意：孩子的资料随即删除，不能撤销',
  params: PersonParams,
  status: 204,
  idempotency: 'accepted',
})

export const undoFamily = endpoint({
  id: 'undoFamily',
  method: 'post',
  path: '/customers/{externalUserId}/undo/{undoId}',
  summary: '撤销刚才的去掉或一次记下的几项',
  params: CustomerParams.extend({ undoId: z.uuid() }),
  answer: Family,
  status: 200,
  idempotency: 'accepted',
  problems: ['state_conflict'],
})

/** How the data of children under 14 was treated in one year; names colleagues, never a child. */
export const MinorReport = z
  .object({
    year: z.number().int(),
    heldNow: z.number().int().meta({ description: '现在记着的孩子数' }),
    consents: z.object({
      recorded: z.number().int(),
      withdrawn: z.number().int(),
      byHow: z.array(z.object({ how: GuardianConsent.shape.how, count: z.number().int() })),
    }),
    reads: z.number().int().meta({ description: '查看次数：一个人十分钟里看一个孩子算一次' }),
    staff: z.array(
      z.object({
        name: z.string(),
        store: z.string().nullable(),
        consents: z.number().int(),
        withdrawals: z.number().int(),
        reads: z.number().int(),
        children: z.number().int().meta({ description: '看过几个不同的孩子' }),
      }),
    ),
  })
  .meta({ id: 'MinorReport' })
export type MinorReport = z.infer<typeof MinorReport>

export const getMinorReport = endpoint({
  id: 'getMinorReport',
  method: 'get',
  path: '/minor-report',
  summary: '未成年人资料年度报告（管理员）',
  query: z.object({ year: z.coerce.number().int().min(2000).max(2100) }),
  answer: MinorReport,
  status: 200,
})
