import { sql } from 'kysely'
import type { Db, Tx } from '../../db/db.ts'

/** Whoever dies with a lane in hand blocks it no longer than this; it is prolonged while work is going on. */
const LANE_SECONDS = 60
/** Shorter, as losing one does no harm: a fourth call at the same time is below what WeCom allows. */
const SLOT_SECONDS = 20
/** mark_tag and remark at the same time, from all servers together (wecom/limits.md: ≤ 5). */
export const SLOTS = 3

export interface HeldLane {
  corpId: number
  lane: string
  /** of this hold alone: a later holder has a greater one */
  fence: number
}

/** Leases by the database's clock, which is the one all servers share. */
export const createLanesRepository = (db: Db | Tx) => ({
  /** Undefined while somebody else is at work in it. */
  async take(corpId: number, lane: string, holder: string): Promise<HeldLane | undefined> {
    const taken = await sql<{ fence: number }>`
      insert into outbox_lanes as l (corp_id, lane, holder, fence, leased_until)
      values (${corpId}, ${lane}, ${holder}, nextval('outbox_fences'), clock_timestamp() + make_interval(secs => ${LANE_SECONDS}))
      on conflict (corp_id, lane) do update
        set holder = excluded.holder, fence = excluded.fence, leased_until = excluded.leased_until
        where l.leased_until <= clock_timestamp()
      returning fence`.execute(db)
    return taken.rows[0] && { corpId, lane, fence: taken.rows[0].fence }
  },

  /** Seconds until the lane is free should its holder be dead; 0 when it is free. */
  async findBusyFor(corpId: number, lane: string): Promise<number> {
    const found = await sql<{ seconds: number }>`
      select greatest(0, extract(epoch from leased_until - clock_timestamp()))::float8 as seconds
      from outbox_lanes where corp_id = ${corpId} and lane = ${lane}`.execute(db)
    return found.rows[0]?.seconds ?? 0
  },

  /** False when it was lost: somebody else has been let in meanwhile. */
  async keep(held: HeldLane): Promise<boolean> {
    const kept = await sql`
      update outbox_lanes set leased_until = clock_timestamp() + make_interval(secs => ${LANE_SECONDS})
      where corp_id = ${held.corpId} and lane = ${held.lane} and fence = ${held.fence}
      returning 1`.execute(db)
    return kept.rows.length > 0
  },

  /** Whether it is still ours, and stays so until the transaction ends. */
  async lock(held: HeldLane): Promise<boolean> {
    const found = await sql`
      select 1 from outbox_lanes
      where corp_id = ${held.corpId} and lane = ${held.lane} and fence = ${held.fence}
      for update`.execute(db)
    return found.rows.length > 0
  },

  async giveBack(held: HeldLane): Promise<void> {
    await sql`
      delete from outbox_lanes
      where corp_id = ${held.corpId} and lane = ${held.lane} and fence = ${held.fence}`.execute(db)
  },

  async installSlots(corpId: number): Promise<void> {
    await sql`
      insert into outbox_slots (corp_id, slot)
      select ${corpId}, slot from generate_series(1, ${SLOTS}) as slot
      on conflict do nothing`.execute(db)
  },

  async takeSlot(corpId: number, holder: string): Promise<boolean> {
    const taken = await sql`
      update outbox_slots
      set holder = ${holder}, leased_until = clock_timestamp() + make_interval(secs => ${SLOT_SECONDS})
      where (corp_id, slot) = (
        select corp_id, slot from outbox_slots
        where corp_id = ${corpId} and leased_until <= clock_timestamp()
        order by slot
        limit 1
        for update skip locked)
      returning 1`.execute(db)
    return taken.rows.length > 0
  },

  /** Takes it again should its time have run out unnoticed by anybody; false when another has it. */
  async keepSlot(corpId: number, holder: string): Promise<boolean> {
    const kept = await sql`
      update outbox_slots set leased_until = clock_timestamp() + make_interval(secs => ${SLOT_SECONDS})
      where corp_id = ${corpId} and holder = ${holder}
      returning 1`.execute(db)
    return kept.rows.length > 0
  },

  async giveSlotBack(corpId: number, holder: string): Promise<void> {
    await sql`
      update outbox_slots set holder = null, leased_until = '-infinity'
      where corp_id = ${corpId} and holder = ${holder}`.execute(db)
  },
})
