import * as operations from '../../shared/contract/contactRules.ts'
import type { ContactRulesDraft, Quiet } from '../../shared/contract/contactRules.ts'
import { call } from './client.ts'

export const getContactRules = () => call(operations.getContactRules, {})

export const changeContactRules = (body: ContactRulesDraft, version: number) =>
  call(operations.changeContactRules, { body, version })

/** 少打扰 or 勿扰 of one customer; null is neither. */
export const changeQuiet = (externalUserId: string, quiet: Quiet | null, version: number) =>
  call(operations.changeQuiet, { params: { externalUserId }, body: { quiet }, version })
