import { z } from 'zod'

/** A civil day `YYYY-MM-DD` in the corp's time zone. */
export const CivilDay = z.iso.date().meta({ description: '公历日，企业所在时区', example: '2026-11-21' })
export type CivilDay = z.infer<typeof CivilDay>

/** An instant, ISO 8601 with offset. */
export const Instant = z.iso.datetime({ offset: true }).meta({ example: '2026-11-21T10:20:00.000+08:00' })
export type Instant = z.infer<typeof Instant>
