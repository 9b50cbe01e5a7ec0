import * as scriptResults from '../../shared/contract/scriptResults.ts'
import * as operations from '../../shared/contract/stats.ts'
import { call } from './client.ts'

export const getMyResults = () => call(operations.getMyResults, {})

export const getTeamResults = (by: 'guide' | 'store') => call(operations.getTeamResults, { query: { by } })

export const getMyScriptResults = () => call(scriptResults.getMyScriptResults, {})

/** @param store its departmentId; without one of all whose numbers she may look at */
export const getScriptResults = (store?: number) =>
  call(scriptResults.getScriptResults, { query: store === undefined ? {} : { store } })

export const listWatchedScripts = () => call(scriptResults.listWatchedScripts, {})
