import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { afterRestore } from '../../../../server/afterRestore.ts'
import { compose, jobsOf } from '../../../../server/compose.ts'
import { restoreBackup } from '../../../../server/db/backup/restoreBackup.ts'
import { finishRestore } from '../../../../server/db/backup/restoreMark.ts'
import { takeBackup } from '../../../../server/db/backup/takeBackup.ts'
import type { JobWork } from '../../../../server/jobs/job.ts'
import { createCallbackCrypto } from '../../../../server/wecom/callbackCrypto.ts'
import { createTestApp, type TestApp } from '../../../support/createTestApp.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'
import { HER_ID, newKey, openShop, OTHERS_ID, type MarkedShop } from '../../domains/privacy/markedPerson.ts'

const token = 'TokenOfTheQueueTests'
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const never = new AbortController().signal

let folder: string
let source: TestDb
let empty: TestDb
let before: TestApp
let after: TestApp
let shop: MarkedShop
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-queue-'))
  source = await createTestDb()
  before = await createTestApp({
    test: source,
    env: { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey },
  })
  shop = await openShop(before)
})
afterAll(async () => {
  await before.close()
  await after?.close()
  await source.drop()
  await empty?.drop()
  await rm(folder, { recursive: true })
})

/** WeCom says that another one has changed, and is answered that it was heard. */
async function tellOfAnother(): Promise<void> {
  const crypto = createCallbackCrypto({ token, aesKey, receiveId: before.corp.wecomCorpId })
  const seconds = String(Math.floor(before.clock.now().getTime() / 1000))
  const said = { ToUserName: before.corp.wecomCorpId, FromUserName: 'sys', CreateTime: seconds }
  const event = { MsgType: 'event', Event: 'change_external_contact', ChangeType: 'edit_external_contact' }
  const elements = Object.entries({ ...said, ...event, UserID: 'chenlu', ExternalUserID: OTHERS_ID })
  const encrypted = crypto.seal(
    `<xml>${elements.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</xml>`,
  )
  const signed = { timestamp: seconds, nonce: '1597212914' }
  const query = new URLSearchParams({ ...signed, msg_signature: crypto.sign({ ...signed, encrypted }) })
  const answer = await before.fetch(`/wecom/callback?${query}`, {
    method: 'POST',
    body: `<xml><ToUserName>${before.corp.wecomCorpId}</ToUserName><Encrypt>${encrypted}</Encrypt></xml>`,
  })
  expect(answer.status).toBe(200)
}

/** A day with a reminder to come, a remark WeCom is to be told, a change it told of, a list of many that was approved. */
async function leaveUndone(): Promise<void> {
  const at = `/api/customers/${HER_ID}`
  const date = await shop.who.fetch(`${at}/dates`, {
    method: 'POST',
    key: newKey(),
    json: { person: null, kind: 'other', label: '纪念', date: { calendar: 'solar', month: 11, day: 23 } },
  })
  expect(date.status).toBe(201)
  const remark = await shop.who.fetch(`${at}/remark`, {
    method: 'PATCH',
    key: newKey(),
    json: { remark: '等着告诉' },
  })
  expect(remark.status).toBe(200)
  await tellOfAnother()
  await sql`
    insert into bulk_exports (bulk_export_id, corp_id, number, asked_by, asked_at, reason, columns, format, state, decided_by, decided_at, rows_done)
    select gen_random_uuid(), corp_id, 1, min(staff_id), now(), '盘点', '{name}', 'csv', 'working', max(staff_id), now(), 1000
    from staff where corp_id = ${before.corp.corpId} group by corp_id`.execute(source.db)
  await sql`delete from reminders`.execute(source.db)
}

const undone = async ({ db }: TestDb) =>
  (
    await sql<{ outbox: string[]; callbacks: string[]; reminders: number; exports: string[] }>`
      select array(select state from outbox where kind = 'remark') as outbox,
             array(select state from callback_events) as callbacks,
             (select count(*)::int from reminders) as reminders,
             array(select state from bulk_exports) as exports`.execute(db)
  ).rows[0]

it('P16 P20 P29 what the queue would have done is found in the restored rows and done, though the queue is empty', async () => {
  await leaveUndone()
  const waiting = { outbox: ['waiting'], callbacks: ['waiting'], reminders: 0 }
  expect(await undone(source)).toEqual({ ...waiting, exports: ['working'] })
  const file = join(folder, 'a.backup')
  await takeBackup(source.url, file, { key: undefined, now: new Date() })
  empty = await createTestDb()
  await restoreBackup(empty.url, file, { key: undefined, isReplacing: true, now: new Date() })
  await finishRestore(empty.url, restored => afterRestore(empty.db, restored))

  before.clock.advance({ minutes: 11 })
  after = await createTestApp({ test: empty, clock: before.clock })
  const services = compose({
    config: before.config,
    corpId: before.corp.corpId,
    db: empty.db,
    clock: before.clock,
    log: pino({ level: 'silent' }),
    queue: after.queue,
    wecom: before.wecom,
  })
  const works = jobsOf(services)
  const jobs = await sql<{ count: number }>`select count(*)::int as count from pgboss.job`.execute(empty.db)
  expect(jobs.rows).toEqual([{ count: 0 }])
  expect(await undone(empty)).toEqual({ ...waiting, exports: ['waiting'] })

  // The lanes are looked at by the database's own clock.
  await sql`update outbox set next_at = next_at - interval '10 minutes'`.execute(empty.db)
  before.wecom.calls.length = 0
  for (const name of ['outbox.sweep', 'sync.eventsLeft', 'reminders.due'])
    await works.find(({ job }) => job.name === name && job.cron)?.work({}, never)
  await workQueue(works)
  expect(await undone(empty)).toEqual({
    outbox: ['done'],
    callbacks: ['done'],
    reminders: 1,
    exports: ['waiting'],
  })
  expect(before.wecom.calls.map(({ verb }) => verb)).toEqual(
    expect.arrayContaining(['getCustomer', 'remark']),
  )
}, 120_000)

async function workQueue(works: JobWork<unknown>[]): Promise<void> {
  for (let isQuiet = false; !isQuiet;) {
    isQuiet = true
    for (const { job, work } of works)
      for (const { id, data } of await after.queue.boss.fetch<object>(job.name)) {
        isQuiet = false
        await work(job.payload.parse(data), never)
        await after.queue.boss.complete(job.name, id)
      }
  }
}
