import { getGroup as operation } from '../../shared/contract/groups.ts'
import { call } from './client.ts'

export const getGroup = (chatId: string) => call(operation, { params: { chatId } })
