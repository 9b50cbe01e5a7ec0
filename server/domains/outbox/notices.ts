import { z } from 'zod'
import { isQuiet, timeOfDayOf } from '../../../shared/rules/noticeTime.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/db.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { createOutboxRepository } from './outbox.repository.ts'
import type { OutboxHandler } from './outboxRow.ts'

/** The most WeCom allows, so that a repeat after hours of trying is still known as one (P21). */
const REPEAT_WITHIN_SECONDS = 4 * 3600

const NoticePayload = z.object({
  staffId: z.number().int(),
  title: z.string(),
  description: z.string(),
  path: z.string(),
  goodFor: z
    .object({ timeZone: z.string(), day: z.string(), quietFrom: z.string(), quietUntil: z.string() })
    .optional(),
})

/** App notices to members. */
export const createNoticeHandler = (deps: {
  db: Db
  wecom: Pick<WecomClient, 'sendNotice'>
  publicUrl: string
  clock: Clock
}): OutboxHandler => ({
  async deliver({ corpId, payload }) {
    const { staffId, title, description, path, goodFor } = NoticePayload.parse(payload)
    if (goodFor) {
      const { timeZone, day } = goodFor
      if (deps.clock.today(timeZone) !== day) return { end: 'dropped', reason: '只在当天有用，没有赶上' }
      if (isQuiet(timeOfDayOf(deps.clock.now().getTime(), timeZone), goodFor)) return { end: 'again' }
    }
    const userId = await createOutboxRepository(deps.db).findUserId(corpId, staffId)
    if (userId === undefined) return { end: 'refused', reason: '收件人已不在职' }
    const { invalidUserIds } = await deps.wecom.sendNotice({
      userIds: [userId],
      title,
      description,
      url: new URL(path, deps.publicUrl).href,
      buttonText: '看看',
      repeatWithinSeconds: REPEAT_WITHIN_SECONDS,
    })
    return invalidUserIds.length === 0
      ? { end: 'done' }
      : { end: 'refused', reason: '企业微信找不到收件人，或她不在应用的可见范围里' }
  },
})
