import type { JobActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Db, Tx } from '../../db/db.ts'
import { createTombstones, isErasedFriend } from '../../db/tombstones.ts'
import type { Sealing } from '../../sealing.ts'
import type { WecomFollow } from '../../wecom/client.ts'
import type { ChannelCodesService } from '../channelCodes/channelCodes.service.ts'
import { inBatches } from './batches.ts'
import { createFollowsRepository, type Asked } from './follows.repository.ts'
import { toPulledFollow } from './pulled.ts'
import { createSyncRepository, type StaffToPull } from './sync.repository.ts'

/** As many as members are pulled at the same time, and to spare. */
const MOST_PAGES = 10

/** What WeCom has shown of a member's customers. */
export interface Page {
  member: Pick<StaffToPull, 'staffId' | 'name'>
  follows: WecomFollow[]
  /** empty after the last */
  nextCursor: string
  asked: Asked
}

export interface PagesDeps {
  db: Db
  clock: Clock
  sealing: Sealing
  corpId: number
  actor: JobActor
  channelCodes: Pick<ChannelCodesService, 'namesOf' | 'settleArrivals'>
  /** the last of each transaction: throws when the pages are no business of ours any more */
  hold: (tx: Tx) => Promise<void>
}

/**
 * Writes pages together with the places behind them; those that come while others are being written all in one transaction.
 * @returns resolves when a page is written; a member's next one may come then, not before
 */
export function createPages({ db, clock, sealing, corpId, actor, channelCodes, hold }: PagesDeps) {
  async function write(pages: Page[]): Promise<void> {
    const now = clock.now()
    const rows = latest(
      pages.flatMap(page => page.follows.map(follow => ({ page, staffId: page.member.staffId, follow }))),
      ({ staffId, follow }) => `${staffId} ${idOf(follow)}`,
    )
    const channelNames = await channelCodes.namesOf(
      corpId,
      rows.map(({ follow }) => follow.channel),
    )
    await db.transaction(async tx => {
      const tombstones = createTombstones(tx, corpId)
      await tombstones.holdOffErasing()
      const erased = await tombstones.find([...new Set(rows.map(({ follow }) => idOf(follow)))])
      const kept = rows.filter(({ follow }) => !isErasedFriend(erased, idOf(follow), follow))
      const follows = createFollowsRepository(tx, corpId)
      const customers = latest(
        kept.map(({ follow }) => follow.customer),
        customer => customer.externalUserId,
      )
      const written = new Map(
        (await follows.upsertCustomers(customers, now)).map(each => [each.externalUserId, each]),
      )
      const known = kept.flatMap(({ page, staffId, follow }) => {
        const customer = written.get(idOf(follow))
        return customer ? [{ page, staffId, follow, customer }] : []
      })
      await follows.upsertFollows(
        known.map(({ page: { asked }, staffId, follow, customer }) => {
          const channel = channelNames.get(follow.channel ?? '') ?? follow.channel
          return { ...toPulledFollow(sealing, { ...follow, channel }, staffId, customer), asked }
        }),
        now,
      )
      await channelCodes.settleArrivals(
        tx,
        actor,
        known.flatMap(({ staffId, follow: { addedAt: at, channel: state }, customer }) =>
          at && state !== null && channelNames.has(state)
            ? [{ state, staffId, customerId: customer.customerId, at, isHalf: false }]
            : [],
        ),
      )
      const progress = createSyncRepository(tx, corpId)
      await progress.advanceStaff(
        pages.map(page => ({
          staffId: page.member.staffId,
          cursor: page.nextCursor,
          customers: kept.filter(row => row.page === page).length,
        })),
      )
      for (const { member, nextCursor } of pages) {
        if (nextCursor !== '') continue
        const startedAt = await progress.finishStaff(member.staffId, now)
        await follows.endUnlisted(member.staffId, startedAt, now, `企业微信里已不是 ${member.name} 的客户`)
      }
      await hold(tx)
    })
  }

  return inBatches<Page>({
    most: MOST_PAGES,
    // The database works at one while the next is made ready.
    parallel: 2,
    // Whatever it is, it ends the pull, which begins again at the last place written.
    isOfOne: () => false,
    work: write,
  })
}

const idOf = (follow: WecomFollow) => follow.customer.externalUserId

/** PostgreSQL refuses to write the same row twice in one statement: of those of one key the one that came last. */
const latest = <T>(all: T[], keyOf: (one: T) => string): T[] => [
  ...new Map(all.map(one => [keyOf(one), one])).values(),
]
