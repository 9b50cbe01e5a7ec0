import { z } from 'zod'

/** WeCom's id of an external contact: opaque, at most 64 characters. A hint only — the follow decides. */
export const ExternalUserId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .meta({ description: '企业微信外部联系人 id', example: 'wmSIMAAAA001' })
export const CustomerParams = z.object({ externalUserId: ExternalUserId })

/** WeCom's id of a customer group. */
export const ChatId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
export const GroupParams = z.object({ chatId: ChatId })

/** WeCom's id of a corp tag or tag group. */
export const TagId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

/** WeCom's id of a member; knows no case [D90196]. */
export const UserId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/)
