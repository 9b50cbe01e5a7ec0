import { z } from 'zod'
import { storableText } from '../storableText.ts'

/** WeCom's answers as they come, reduced to what we read. Absent lists are empty, as some endpoints leave them out. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform(found => found ?? [])
const text = z
  .string()
  .nullish()
  .transform(found => storableText(found ?? ''))
const number = z
  .number()
  .nullish()
  .transform(found => found ?? 0)

/** gettoken and both tickets [D91039, D96909]. */
export const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
export const TicketAnswer = z.object({ ticket: z.string().min(1), expires_in: z.number().positive() })

/** auth/getuserinfo: `userid` of a member, else `openid`, of a customer with `external_userid` [D91023]. */
export const LoginAnswer = z.object({ userid: text, openid: text, external_userid: text })

/** agent/get [D90227]. */
export const AgentAnswer = z.object({
  name: text,
  allow_userinfos: z.object({ user: list(z.object({ userid: z.string() })) }).nullish(),
  allow_partys: z.object({ partyid: list(z.number().int()) }).nullish(),
  close: number,
  home_url: text,
  redirect_domain: text,
})

/** department/list [D90208]. */
export const DepartmentsAnswer = z.object({
  department: list(z.object({ id: z.number().int(), name: text, parentid: number, order: number })),
})

/** user/simplelist [D90200]. */
export const MembersAnswer = z.object({ userlist: list(z.object({ userid: z.string() })) })

/** media/upload [D90253]; `created_at` is a text here. */
export const MediaAnswer = z.object({ media_id: z.string().min(1) })

/** user/get [D90196]; `status` 1 active, 2 disabled, 4 not activated, 5 left. */
export const MemberAnswer = z.object({
  userid: z.string(),
  name: text,
  department: list(z.number().int()),
  is_leader_in_dept: list(z.number()),
  main_department: number,
  status: number,
})

/** get_follow_user_list [D92571]. */
export const FollowUsersAnswer = z.object({ follow_user: list(z.string()) })

const ExternalContact = z.object({
  external_userid: z.string(),
  name: text,
  avatar: text,
  type: number,
  gender: number,
  corp_name: text,
})
const Follower = z.object({
  userid: z.string(),
  remark: text,
  description: text,
  createtime: number,
  remark_mobiles: list(z.string()),
  add_way: number,
  state: text,
})

/** batch/get_by_user [D92994]: tags by id. */
export const FollowsAnswer = z.object({
  external_contact_list: list(
    z.object({
      external_contact: ExternalContact,
      follow_info: Follower.extend({ tag_id: list(z.string()) }),
    }),
  ),
  next_cursor: text,
})

/** externalcontact/get [D92114]: one customer, her followers in pages, their tags by name and — a corp's — id. */
export const CustomerAnswer = z.object({
  external_contact: ExternalContact,
  follow_user: list(Follower.extend({ tags: list(z.object({ type: number, tag_id: text })) })),
  next_cursor: text,
})

/** get_corp_tag_list [D92117]. */
export const TagGroupsAnswer = z.object({
  tag_group: list(
    z.object({
      group_id: z.string(),
      group_name: text,
      order: number,
      deleted: z.boolean().nullish(),
      tag: list(z.object({ id: z.string(), name: text, order: number, deleted: z.boolean().nullish() })),
    }),
  ),
})

/** groupchat/list and groupchat/get [D92120, D92122]. */
export const GroupChatsAnswer = z.object({
  group_chat_list: list(z.object({ chat_id: z.string() })),
  next_cursor: text,
})
export const GroupChatAnswer = z.object({
  group_chat: z.object({
    chat_id: z.string(),
    name: text,
    owner: text,
    member_list: list(z.object({ userid: z.string(), type: number })),
  }),
})

/** message/send [D90236]: lists are `a|b`, in lower case. */
export const NoticeAnswer = z.object({ invaliduser: text })

/** transfer_customer and resigned/transfer_customer [D92125, D94081]. */
export const TransferAnswer = z.object({
  customer: list(z.object({ external_userid: z.string(), errcode: number })),
})

/** transfer_result and resigned/transfer_result [D94088]; `status` 1 done, 2 waiting, 3 refused, 4 taker full. */
export const TransferResultsAnswer = z.object({
  customer: list(z.object({ external_userid: z.string(), status: number, takeover_time: number })),
  next_cursor: text,
})

/** get_unassigned_list [D92124]. */
export const UnassignedAnswer = z.object({
  info: list(
    z.object({ handover_userid: z.string(), external_userid: z.string(), dimission_time: z.number() }),
  ),
  is_last: z.boolean().nullish(),
  next_cursor: text,
})

/** add_, get_ and list_contact_way [D92228]; `qr_code` only of scene 2. */
export const NewContactWayAnswer = z.object({ config_id: z.string().min(1), qr_code: text })
export const ContactWayAnswer = z.object({
  contact_way: z.object({ config_id: z.string().min(1), qr_code: text, state: text }),
})
export const ContactWaysAnswer = z.object({
  contact_way: list(z.object({ config_id: z.string() })),
  next_cursor: text,
})

/** getcallbackip [D92521]. */
export const CallbackIpsAnswer = z.object({ ip_list: list(z.string()) })

/** Answers that say nothing but "done". */
export const DoneAnswer = z.object({})
