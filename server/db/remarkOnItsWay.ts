import { sql, type RawBuilder } from 'kysely'

/**
 * Whether the member's remark for a customer is not at WeCom yet, or may not be: what WeCom says it is must not be written over
 * it. `follow` is the alias of the follow.
 */
export const remarkIsOnItsWay = (follow = 'f'): RawBuilder<boolean> => sql<boolean>`exists (
  select from outbox remark_row
  where remark_row.corp_id = ${sql.ref(`${follow}.corp_id`)} and remark_row.kind = 'remark'
    and remark_row.subject = 'follow:' || ${sql.ref(`${follow}.follow_id`)}
    and remark_row.state in ('waiting', 'sending', 'dead'))`
