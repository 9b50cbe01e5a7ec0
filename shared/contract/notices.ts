import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CivilDay } from './time.ts'

/** A time of day in the corp's time zone. */
export const TimeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .meta({ description: '一天里的时刻，企业所在时区', example: '09:15' })

export const NoticeSettings = z.object({
  digestAt: TimeOfDay.meta({ description: '早上几点收到今日提醒；整点半点企业微信最挤，不能选' }),
  quietFrom: TimeOfDay.meta({ description: '从几点起不打扰' }),
  quietUntil: TimeOfDay.meta({ description: '到几点为止不打扰' }),
  doNotDisturbUntil: CivilDay.nullable().meta({ description: '勿扰到哪天为止（那天也算）' }),
})
export type NoticeSettings = z.infer<typeof NoticeSettings>

export const getNoticeSettings = endpoint({
  id: 'getNoticeSettings',
  method: 'get',
  path: '/me/notices',
  summary: '我的提醒时间',
  answer: NoticeSettings,
  status: 200,
})

export const changeNoticeSettings = endpoint({
  id: 'changeNoticeSettings',
  method: 'put',
  path: '/me/notices',
  summary: '改我的提醒时间、安静时段、勿扰',
  body: NoticeSettings.strict(),
  answer: NoticeSettings,
  status: 200,
})
