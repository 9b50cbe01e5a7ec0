import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { CustomerParams, TagId } from './ids.ts'

export const TagChoice = z.enum(['single', 'multi'])
export type TagChoice = z.infer<typeof TagChoice>

/** How a tag on a customer stands towards WeCom: `pending` is shown as 未同步. */
export const TagSync = z.enum(['done', 'pending'])

export const CustomerTag = z
  .object({ tagId: TagId, groupId: TagId, name: z.string(), sync: TagSync })
  .meta({ id: 'CustomerTag' })
export type CustomerTag = z.infer<typeof CustomerTag>

export const SuggestedTag = z.object({ tagId: TagId, groupId: TagId, name: z.string() })
export type SuggestedTag = z.infer<typeof SuggestedTag>

/** A change WeCom refused; it has been undone here and waits to be read. */
export const TagRefusal = z.object({
  tagId: TagId,
  name: z.string(),
  change: z.enum(['add', 'remove']),
  reason: z.string().meta({ description: '给人看的原因' }),
})
export type TagRefusal = z.infer<typeof TagRefusal>

export const CustomerTags = z
  .object({
    tags: z.array(CustomerTag),
    suggested: z.array(SuggestedTag),
    refused: z.array(TagRefusal),
  })
  .meta({ id: 'CustomerTags' })
export type CustomerTags = z.infer<typeof CustomerTags>

export const CatalogueTag = z.object({
  tagId: TagId,
  name: z.string(),
  pinyin: z.string().meta({ description: '全拼，音节以空格分开，小写' }),
  initials: z.string().meta({ description: '首字母，小写' }),
})
export const TagGroup = z
  .object({ groupId: TagId, name: z.string(), choice: TagChoice, tags: z.array(CatalogueTag) })
  .meta({ id: 'TagGroup' })
export type TagGroup = z.infer<typeof TagGroup>
export const TagCatalogue = z.object({ groups: z.array(TagGroup) })
export type TagCatalogue = z.infer<typeof TagCatalogue>

export const listTagGroups = endpoint({
  id: 'listTagGroups',
  method: 'get',
  path: '/tag-groups',
  summary: '企业标签目录',
  answer: TagCatalogue,
  status: 200,
  etag: true,
})

export const setTagChoice = endpoint({
  id: 'setTagChoice',
  method: 'patch',
  path: '/tag-groups/{groupId}',
  summary: '标签组改为单选或多选（店长、管理员）',
  params: z.object({ groupId: TagId }),
  body: z.strictObject({ choice: TagChoice }),
  answer: TagGroup,
  status: 200,
  problems: ['forbidden'],
})

export const listCustomerTags = endpoint({
  id: 'listCustomerTags',
  method: 'get',
  path: '/customers/{externalUserId}/tags',
  summary: '客户身上的标签与同步状态',
  params: CustomerParams,
  answer: CustomerTags,
  status: 200,
})

/** Written here at once, carried to WeCom after. Adding to a single-choice group replaces. Acknowledges refusals. */
export const changeTags = endpoint({
  id: 'changeTags',
  method: 'post',
  path: '/customers/{externalUserId}/tags',
  summary: '加、去标签；先记在这里，随后同步到企业微信',
  params: CustomerParams,
  body: z.strictObject({
    add: z.array(TagId).max(50).default([]),
    remove: z.array(TagId).max(50).default([]),
  }),
  answer: CustomerTags,
  status: 200,
  idempotency: 'accepted',
  problems: ['limit_reached', 'state_conflict'],
})
