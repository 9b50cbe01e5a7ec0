import * as operations from '../../shared/contract/session.ts'
import { call } from './client.ts'

export const getSession = () => call(operations.getSession, {})
export const endSession = () => call(operations.endSession, {})
