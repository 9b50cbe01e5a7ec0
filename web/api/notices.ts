import * as operations from '../../shared/contract/notices.ts'
import type { NoticeSettings } from '../../shared/contract/notices.ts'
import { call } from './client.ts'

export const getNoticeSettings = () => call(operations.getNoticeSettings, {})

export const changeNoticeSettings = (body: NoticeSettings) => call(operations.changeNoticeSettings, { body })
