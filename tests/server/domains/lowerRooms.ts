import { afterAll, beforeAll } from 'vitest'
import { sql } from 'kysely'
import { pino } from 'pino'
import type { Db } from '../../../server/db/db.ts'
import {
  createCustomersService,
  type CustomersService,
} from '../../../server/domains/customers/customers.service.ts'
import { createFactsService, type FactsService } from '../../../server/domains/people/facts.service.ts'
import { createMinorsService, type MinorsService } from '../../../server/domains/people/minors.service.ts'
import { createPeopleService, type PeopleService } from '../../../server/domains/people/people.service.ts'
import {
  createRemindersService,
  type RemindersService,
} from '../../../server/domains/reminders/reminders.service.ts'
import {
  createRemarksService,
  type RemarksService,
} from '../../../server/domains/customers/remarks.service.ts'
import {
  createDeliveryService,
  type DeliveryService,
} from '../../../server/domains/outbox/delivery.service.ts'
import {
  createOutboxService,
  customerLane,
  type OutboxService,
} from '../../../server/domains/outbox/outbox.service.ts'
import { createTagsService, type TagsService } from '../../../server/domains/tags/tags.service.ts'
import type { Queue } from '../../../server/jobs/job.ts'
import { noLimits } from '../../../server/limits/limits.ts'
import { createSealing, type Sealing } from '../../../server/sealing.ts'
import type { WecomClient, WecomRemark } from '../../../server/wecom/client.ts'
import { fixedClock, type FixedClock } from '../../support/fixedClock.ts'
import { createMake, TEST_TIME_ZONE, type Make } from '../../support/make.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

export type MarkTag = Parameters<WecomClient['markTag']>[0]

/** The services of the lower shelves over a database of the file's own, with the doors in the test's hands. */
export interface LowerRooms {
  test: TestDb
  db: Db
  make: Make
  sealing: Sealing
  clock: FixedClock
  /** what was queued, with its job's name */
  queued: { name: string; payload: unknown; key: string | undefined; startAfter: Date | undefined }[]
  wecom: {
    calls: MarkTag[]
    answer: (call: MarkTag) => Promise<void>
    remarks: WecomRemark[]
    answerRemark: (call: WecomRemark) => Promise<void>
  }
  outbox: OutboxService
  delivery: DeliveryService
  /** what a worker of this server does when it is woken for a customer, be it time or not */
  deliver: (customer: { customerId: number }) => Promise<void>
  customers: CustomersService
  remarks: RemarksService
  tags: TagsService
  reminders: RemindersService
  people: PeopleService
  facts: FactsService
  minors: MinorsService
}

/** Call once per test file, at its top level. */
export function openLowerRooms(): LowerRooms {
  const rooms = {} as LowerRooms
  beforeAll(async () => {
    const test = await createTestDb()
    // Races are races only when nobody waits for a connection to be made.
    await Promise.all(Array.from({ length: 10 }, () => test.db.pool.query('select pg_sleep(0.05)')))
    Object.assign(rooms, { test }, servicesOver(test.db))
  })
  afterAll(() => rooms.test.drop())
  return rooms
}

/** The same services again over another pool: what a second server process is. */
export function servicesOver(db: Db): Omit<LowerRooms, 'test'> {
  const clock = fixedClock()
  const sealing = createSealing('a secret for tests that is long enough')
  const queued: LowerRooms['queued'] = []
  const queue: Queue = {
    send: async (_, job, payload, options) => {
      queued.push({ name: job.name, payload, key: options?.key, startAfter: options?.startAfter })
    },
  }
  const wecom: LowerRooms['wecom'] = {
    calls: [],
    answer: async () => undefined,
    remarks: [],
    answerRemark: async () => undefined,
  }
  const client: Pick<WecomClient, 'markTag' | 'remark' | 'listBrakes'> = {
    listBrakes: async () => [],
    remark: async call => {
      wecom.remarks.push(call)
      await wecom.answerRemark(call)
    },
    markTag: async call => {
      wecom.calls.push(call)
      await wecom.answer(call)
    },
  }
  const timeZone = TEST_TIME_ZONE
  const customers = createCustomersService({ db, clock, sealing, limits: noLimits, timeZone })
  const log = pino({ level: 'silent' })
  const outbox = createOutboxService({ db, clock, queue })
  const remarks = createRemarksService({ db, clock, wecom: client, customers, outbox })
  const tags = createTagsService({ db, clock, log, outbox, wecom: client, customers })
  const handlers = { tags: tags.handler, remark: remarks.handler }
  const delivery = createDeliveryService({ db, clock, log, queue, wecom: client, handlers })
  const deliver: LowerRooms['deliver'] = async ({ customerId }) => {
    const lane = customerLane(customerId)
    await sql`update outbox set next_at = clock_timestamp() where lane = ${lane} and state = 'waiting'`.execute(
      db,
    )
    const found = sql<{ corp_id: number }>`select corp_id from customers where customer_id = ${customerId}`
    const [corp] = (await found.execute(db)).rows
    await delivery.deliver({ corpId: corp?.corp_id ?? 0, lane }, new AbortController().signal)
  }
  const reminders = createRemindersService({ db, clock, customers, timeZone })
  const people = createPeopleService({ db, clock, customers, reminders, timeZone })
  const facts = createFactsService({ db, clock, customers, reminders, people, timeZone })
  const minors = createMinorsService({ db, clock, timeZone })
  return {
    db,
    make: createMake(db),
    sealing,
    clock,
    queued,
    wecom,
    outbox,
    delivery,
    deliver,
    customers,
    remarks,
    tags,
    reminders,
    people,
    facts,
    minors,
  }
}

/** An intention as the door reads it from `Idempotency-Key`. */
export const intentOf = (operation: string, key: string, asked: unknown) => ({
  operation,
  key,
  fingerprint: Buffer.from(JSON.stringify(asked)),
  isReplay: false,
})
