import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams } from './ids.ts'
import { CivilDay } from './time.ts'

export const CalendarKind = z.enum(['solar', 'lunar'])
export type CalendarKind = z.infer<typeof CalendarKind>
export const DateKind = z.enum(['birthday', 'wedding', 'firstPurchase', 'other'])
export type DateKind = z.infer<typeof DateKind>
export const LeapPolicy = z.enum(['leapElseOrdinary', 'both', 'leapOnly'])

/** A date that comes back every year. Day 30 of a short lunar month falls on 29; 29 February on the 28th. */
export const YearlyDate = z.object({
  calendar: CalendarKind,
  month: z.number().int().min(1).max(12),
  day: z.number().int().min(1).max(31),
  isLeapMonth: z.boolean().default(false),
  year: z.number().int().min(1900).max(2100).nullable().default(null),
})
export type YearlyDate = z.infer<typeof YearlyDate>

/** Someone important to a customer. Minimum data: no phone, no school, no id number. */
export const Person = z
  .object({
    personId: z.uuid(),
    relation: z.string().meta({ description: '关系代码，见 shared/rules/relation.ts', example: 'mother' }),
    callName: z.string().nullable().meta({ description: '怎么称呼，如 阿姨；空则按关系' }),
    version: z.number().int(),
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof Person>

export const ImportantDate = z
  .object({
    dateId: z.uuid(),
    person: Person.pick({ personId: true, relation: true, callName: true }).nullable(),
    kind: DateKind,
    label: z.string().nullable().meta({ description: '自定义日子的名字，kind 为 other 时有' }),
    ...YearlyDate.shape,
    isLeapMonth: z.boolean(),
    year: z.number().int().nullable(),
    nextOn: CivilDay.meta({ description: '下一次落在哪个公历日，今天也算' }),
    version: z.number().int(),
  })
  .meta({ id: 'ImportantDate' })
export type ImportantDate = z.infer<typeof ImportantDate>

const relation = z.string().trim().min(1).max(20)
const callName = z.string().trim().min(1).max(20)

/** A date of the customer (`person: null`), of a person already noted, or of a new person noted along with it. */
export const DateDraft = z.strictObject({
  person: z
    .union([
      z.strictObject({ personId: z.uuid() }),
      z.strictObject({ relation, callName: callName.nullable().default(null) }),
    ])
    .nullable(),
  kind: DateKind.default('birthday'),
  label: z.string().trim().min(1).max(20).nullable().default(null),
  date: YearlyDate.strict(),
})
export type DateDraft = z.infer<typeof DateDraft>

export const Family = z.object({ people: z.array(Person), dates: z.array(ImportantDate) })
export type Family = z.infer<typeof Family>

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
  problems: ['guardian_consent_required', 'limit_reached', 'contact_mismatch'],
})

export const removeDate = endpoint({
  id: 'removeDate',
  method: 'delete',
  path: '/customers/{externalUserId}/dates/{dateId}',
  summary: '去掉一个日子；家人没有别的日子时一并去掉',
  params: CustomerParams.extend({ dateId: z.uuid() }),
  status: 204,
})
