import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { pino } from 'pino'
import type { ChannelCode, ChannelCodeDraft } from '../../../../shared/contract/channelCodes.ts'
import type { StaffActor } from '../../../../server/actor.ts'
import type { Db } from '../../../../server/db/db.ts'
import { createChannelCodesService } from '../../../../server/domains/channelCodes/channelCodes.service.ts'
import type { CouponsService } from '../../../../server/domains/coupons/coupons.service.ts'
import { createWelcomesService } from '../../../../server/domains/channelCodes/welcomes.service.ts'
import { createCustomersService } from '../../../../server/domains/customers/customers.service.ts'
import { createDeliveryService } from '../../../../server/domains/outbox/delivery.service.ts'
import { createOutboxService } from '../../../../server/domains/outbox/outbox.service.ts'
import { createTagsService } from '../../../../server/domains/tags/tags.service.ts'
import type { Queue } from '../../../../server/jobs/job.ts'
import { noLimits } from '../../../../server/limits/limits.ts'
import { createSealing } from '../../../../server/sealing.ts'
import { createFakeWecom } from '../../../support/fakeWecom.ts'
import { fixedClock } from '../../../support/fixedClock.ts'
import { createMake, TEST_TIME_ZONE } from '../../../support/make.ts'

/** Coupons at the welcome's door: what was taken and what came back, in the test's hands. */
export interface FakeCoupons extends Pick<CouponsService, 'issueWelcome' | 'takeBackWelcome'> {
  refusal: 'soldOut' | 'alreadyHad' | 'notRunning' | undefined
  taken: { couponId: string; customerId: number; templateId: string }[]
  back: string[]
}
export function fakeCoupons(): FakeCoupons {
  const coupons: FakeCoupons = {
    refusal: undefined,
    taken: [],
    back: [],
    async issueWelcome(_tx, { customerId, templateId }) {
      if (coupons.refusal) return { refusal: coupons.refusal }
      const couponId = randomUUID()
      coupons.taken.push({ couponId, customerId, templateId })
      const link = `https://guidebar.example/c/${couponId}`
      return { couponId, card: { title: '见面礼券 ¥50', description: '点开领取', link, imageUrl: '' } }
    },
    async takeBackWelcome(_tx, couponId) {
      coupons.back.push(couponId)
    },
  }
  return coupons
}

/** Codes and welcomes over a database, with WeCom, the queue, the clock and the coupons in the test's hands. */
export function createChannelWorld(db: Db) {
  const clock = fixedClock()
  const sealing = createSealing('a secret for tests that is long enough')
  const wecom = createFakeWecom()
  const log = pino({ level: 'silent' })
  const queued: { name: string; payload: unknown }[] = []
  const queue: Queue = {
    send: async (_tx, { name }, payload) => void queued.push({ name, payload }),
  }
  const coupons = fakeCoupons()
  const make = createMake(db)
  const customers = createCustomersService({
    db,
    clock,
    sealing,
    limits: noLimits,
    timeZone: TEST_TIME_ZONE,
  })
  const outbox = createOutboxService({ db, clock, queue })
  const tags = createTagsService({ db, clock, log, outbox, wecom, customers })
  const codes = createChannelCodesService({ db, clock, outbox, tags, wecom })
  const handlers = { contactWay: codes.handler }
  const delivery = createDeliveryService({ db, clock, log, queue, wecom, handlers })
  const welcomes = createWelcomesService({
    db,
    clock,
    log,
    queue,
    sealing,
    wecom,
    customers,
    coupons,
    againAfterMs: 1,
  })
  const rows = async <Row>(statement: ReturnType<typeof sql<Row>>) => (await statement.execute(db)).rows

  return {
    db,
    clock,
    wecom,
    queued,
    coupons,
    make,
    customers,
    codes,
    welcomes,
    rows,
    /** A corp with a store, its manager and a guide. */
    async shop() {
      const corp = await make.corp()
      const store = await make.store(corp)
      const manager = await make.staff(corp, { role: 'manager', store, manages: [store] })
      const guide = await make.staff(corp, { store })
      return { corp, store, manager, guide }
    },
    draft: (guides: StaffActor[], given: Partial<ChannelCodeDraft> = {}): ChannelCodeDraft => ({
      name: '国贸店收银台',
      guideUserIds: guides.map(guide => guide.userId),
      tagIds: [],
      welcomeText: '',
      templateId: null,
      skipVerify: true,
      ...given,
    }),
    /** What a worker does when it is woken for a code, be it time or not. */
    async deliver(actor: StaffActor, { channelCodeId }: Pick<ChannelCode, 'channelCodeId'>) {
      const lane = `channelCode:${channelCodeId}`
      await sql`update outbox set next_at = clock_timestamp() where lane = ${lane} and state = 'waiting'`.execute(
        db,
      )
      await delivery.deliver({ corpId: actor.corpId, lane }, new AbortController().signal)
    },
    stateOf: async ({ channelCodeId }: Pick<ChannelCode, 'channelCodeId'>) =>
      (
        await rows(
          sql<{ state: string }>`select state from channel_codes where channel_code_id = ${channelCodeId}`,
        )
      )[0]?.state ?? '',
    /** Somebody scans: the event is stored and the welcome expected. @returns the welcome's id, if there is to be one */
    async scans(
      corpId: number,
      event: { state: string; userId: string; externalUserId: string; welcomeCode?: string },
    ) {
      queued.length = 0
      const welcomeCode = event.welcomeCode ?? randomUUID()
      await db.transaction(tx => welcomes.expect(tx, { corpId, ...event, welcomeCode }))
      const job = queued.find(({ name }) => name === 'channelCodes.welcome')
      return (job?.payload as { welcomeId: string } | undefined)?.welcomeId
    },
    touchesOf: (externalUserId: string) =>
      rows(sql<{ kind: string; what: string; detail: string | null; outcome: string | null }>`
        select t.kind, t.what, t.detail, t.outcome from touches t
        join customers c on c.customer_id = t.customer_id
        where c.external_user_id = ${externalUserId} order by t.touch_id`),
  }
}
export type ChannelWorld = ReturnType<typeof createChannelWorld>
