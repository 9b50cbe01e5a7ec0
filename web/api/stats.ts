import * as operations from '../../shared/contract/stats.ts'
import { call } from './client.ts'

export const getMyResults = () => call(operations.getMyResults, {})

export const getTeamResults = (by: 'guide' | 'store') => call(operations.getTeamResults, { query: { by } })
