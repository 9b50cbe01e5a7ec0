import { checkHealth as operation } from '../../shared/contract/health.ts'
import { call } from './client.ts'

/** Looks at everything anew; takes as long as the slowest check. */
export const checkHealth = () => call(operation, {})
