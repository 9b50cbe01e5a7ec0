import { z } from 'zod'
import { CivilDay } from './time.ts'

export const ContactHardness = z.enum(['soft', 'hard']).meta({ description: '到了先问一句，还是不能发' })
export const ReasonClass = z
  .enum(['orderReady', 'afterSales', 'answer'])
  .meta({ description: '货到了、售后、她先来的消息' })
export type ReasonClass = z.infer<typeof ReasonClass>

/** What stood against a message, and what would let it through. */
export const ReachedLimit = z.object({
  hardness: ContactHardness.meta({ description: 'soft：带上 confirmed 再发一次就行' }),
  endsOn: CivilDay.nullable().meta({ description: '哪天起不再受限；空的是没有定' }),
  bypass: z.array(ReasonClass).meta({ description: '带上其中一个 reasonClass 就能发' }),
})
export type ReachedLimit = z.infer<typeof ReachedLimit>

/** What a message says for itself; without a reason the script's occasion may give one. */
export const contactClaims = {
  reasonClass: ReasonClass.optional().meta({ description: '这次是为什么写；不填看话术的场合' }),
  confirmed: z.boolean().optional().meta({ description: '问过一句，还是要发' }),
}
