import { createHash } from 'node:crypto'
import type { CustomerGroup } from './types.ts'

/** Changes with every change of a group's members, and tells both its details and its callbacks which state they mean. */
export const memberVersion = ({ members }: Pick<CustomerGroup, 'members'>) =>
  createHash('md5').update(JSON.stringify(members)).digest('hex')
