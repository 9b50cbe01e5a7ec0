import * as operations from '../../shared/contract/redemptions.ts'
import { call } from './client.ts'

/** What was redeemed today where she works. */
export const listRedemptions = () => call(operations.listRedemptions, {})
