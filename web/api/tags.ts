import * as operations from '../../shared/contract/tags.ts'
import type { TagCatalogue, TagChoice } from '../../shared/contract/tags.ts'
import { loadCatalogue } from './catalogue.ts'
import { call } from './client.ts'

/** The catalogue of all tags. */
export const loadTagGroups = (show: (catalogue: TagCatalogue) => void, shownTag?: string) =>
  loadCatalogue(operations.listTagGroups, show, shownTag)

export const listCustomerTags = (externalUserId: string) =>
  call(operations.listCustomerTags, { params: { externalUserId } })

/** Answers how the tags stand afterwards; both lists empty acknowledges the refusals. */
export const changeTags = (
  externalUserId: string,
  body: { add?: string[]; remove?: string[] },
  idempotencyKey: string,
) => call(operations.changeTags, { params: { externalUserId }, body, idempotencyKey })

export const setTagChoice = (groupId: string, choice: TagChoice) =>
  call(operations.setTagChoice, { params: { groupId }, body: { choice } })
