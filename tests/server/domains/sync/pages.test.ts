import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPages, type Page } from '../../../../server/domains/sync/pages.ts'
import { createSyncRepository } from '../../../../server/domains/sync/sync.repository.ts'
import { createTestApp, sealingOf, type TestApp } from '../../../support/createTestApp.ts'
import { aFollow, aMember } from '../../../support/fakeWecom.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let testDb: TestDb
let test: TestApp
beforeAll(async () => {
  testDb = await createTestDb()
  test = await createTestApp({ test: testDb })
  const { wecom } = test
  const userIds = ['chenlu', 'zhoumin', 'sunlihua', 'hejing']
  wecom.members = userIds.map(userId => aMember(userId, { name: userId }))
  wecom.followUserIds = userIds
  wecom.follows = [aFollow('zhoumin', 'wmFriend', { addedAt: new Date('2026-11-01T02:00:00Z') })]
  await test.services.sync.pull({ isFresh: true }, new AbortController().signal)
})
afterAll(async () => {
  await test.close()
  await testDb.drop()
})

const pagesOf = () =>
  createPages({
    db: test.db,
    clock: test.clock,
    sealing: sealingOf(test.config),
    corpId: test.corp.corpId,
    actor: { kind: 'job', corpId: test.corp.corpId, name: 'sync' },
    channelCodes: test.services.channelCodes,
    hold: () => Promise.resolve(),
  })
const asking = (secondsAgo = 0) => ({
  at: new Date(test.clock.now().getTime() - secondsAgo * 1000),
  mark: performance.now() - secondsAgo * 1000,
})
const members = async () => {
  const { rows } = await sql<{ userId: string; staffId: number }>`
    select user_id as "userId", staff_id as "staffId" from staff where corp_id = ${test.corp.corpId}`.execute(
    test.db,
  )
  return Object.fromEntries(rows.map(({ userId, staffId }) => [userId, { staffId, name: userId }]))
}
const statusOf = async (externalUserId: string) => {
  const { rows } = await sql<{ status: string }>`
    select f.status from follows f join customers c using (customer_id)
    where c.external_user_id = ${externalUserId} and c.corp_id = ${test.corp.corpId}`.execute(test.db)
  return rows.map(({ status }) => status)
}

it('P16 a friend heard of after another member was asked about stays one, though both pages are written together', async () => {
  const who = await members()
  const pageOf = (userId: string, follows: Page['follows'], asked = asking()): Page => ({
    member: who[userId] ?? { staffId: 0, name: userId },
    follows,
    nextCursor: '',
    asked,
  })
  const write = pagesOf()
  const progress = createSyncRepository(test.db, test.corp.corpId)
  for (const { staffId } of Object.values(who)) await progress.startStaff(staffId)

  const askedEarly = asking(10)
  await sql`update follows set synced_at = clock_timestamp() - interval '5 seconds'`.execute(test.db)
  await progress.startStaff(who.zhoumin?.staffId ?? 0)
  const askedLate = asking()

  const friend = aFollow('zhoumin', 'wmFriend', { addedAt: new Date('2026-11-01T02:00:00Z') })
  // Two are under way at once: those that come meanwhile are one batch.
  await Promise.all([
    write(pageOf('sunlihua', [])),
    write(pageOf('hejing', [])),
    write(pageOf('chenlu', [aFollow('chenlu', 'wmOther')], askedEarly)),
    write(pageOf('zhoumin', [friend], askedLate)),
  ])
  expect(await statusOf('wmFriend')).toEqual(['active'])
  expect(await statusOf('wmOther')).toEqual(['active'])
})

it('what WeCom showed before a relation was written changes nothing of it', async () => {
  const who = await members()
  const asked = asking(1)
  await sql`
    update follows f set synced_at = clock_timestamp(), remark = '小林'
    from customers c where c.customer_id = f.customer_id and c.external_user_id = 'wmFriend'`.execute(test.db)
  const write = pagesOf()
  await write({
    member: who.zhoumin ?? { staffId: 0, name: '' },
    follows: [aFollow('zhoumin', 'wmFriend', { remark: '旧的' })],
    nextCursor: 'more',
    asked,
  })
  const { rows } = await sql<{ remark: string }>`
    select remark from follows join customers using (customer_id) where external_user_id = 'wmFriend'`.execute(
    test.db,
  )
  expect(rows).toEqual([{ remark: '小林' }])
})
