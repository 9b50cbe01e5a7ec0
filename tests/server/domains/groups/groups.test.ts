import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobActor, StaffActor } from '../../../../server/actor.ts'
import { createGroupsService, type GroupsService } from '../../../../server/domains/groups/groups.service.ts'
import { fixedClock } from '../../../support/fixedClock.ts'
import { createMake, TEST_NOW, TEST_TIME_ZONE, type Make, type MadeCorp } from '../../../support/make.ts'
import { createTestDb, type TestDb } from '../../../support/testDb.ts'

let test: TestDb
let make: Make
let groups: GroupsService
beforeAll(async () => {
  test = await createTestDb()
  make = createMake(test.db)
  groups = createGroupsService({ db: test.db, clock: fixedClock(), timeZone: TEST_TIME_ZONE })
})
afterAll(() => test.drop())

const job = (corp: MadeCorp): JobActor => ({ kind: 'job', corpId: corp.corpId, name: 'test' })

/** 陈露 and 周敏 in a group with three customers and a stranger. */
async function openGroup() {
  const corp = await make.corp()
  const me = await make.staff(corp)
  const colleague = await make.staff(corp, { name: '周敏' })
  const { tags } = await make.tagGroup(corp)
  const mine = await make.followed(corp, me, { salutation: '婉清姐', tags })
  const hers = await make.followed(corp, colleague, { name: '张敏' })
  const shared = await make.followed(corp, me, { name: '吴阿姨', remark: '吴姨' })
  await make.follow(colleague, shared)
  const group = {
    chatId: `wr${corp.corpId}`,
    name: '老友群',
    ownerUserId: colleague.userId,
    members: [
      ...[me, colleague].map(({ userId }) => ({ id: userId, kind: 'staff' as const })),
      ...[mine, hers, shared].map(({ externalUserId }) => ({
        id: externalUserId,
        kind: 'external' as const,
      })),
      { id: 'wmStranger', kind: 'external' as const },
    ],
  }
  await groups.upsertGroup(test.db, job(corp), group, TEST_NOW)
  return { corp, me, colleague, mine, hers, shared, group }
}

describe('a customer group', () => {
  it('shows which of its members are mine, and counts those of colleagues', async () => {
    const { me, mine, shared, group } = await openGroup()
    const card = await groups.getGroup(me, group.chatId)
    expect(card).toMatchObject({ chatId: group.chatId, name: '老友群', memberCount: 6 })
    expect(card.mine.map(({ externalUserId, address }) => [externalUserId, address]).sort()).toEqual(
      [
        [mine.externalUserId, '婉清姐'],
        [shared.externalUserId, '吴姨'],
      ].sort(),
    )
    expect(card.mine.find(({ address }) => address === '婉清姐')?.tags).toEqual(['简约', '古法', '国潮'])
    expect(card.colleagues).toEqual([{ name: '周敏', customers: 1 }])
  })

  it('takes one statement', async () => {
    const { me, group } = await openGroup()
    test.statements.length = 0
    await groups.getGroup(me, group.chatId)
    expect(test.statements).toHaveLength(1)
  })

  it('does not exist for somebody who is not in it, nor for another corp', async () => {
    const { corp, group } = await openGroup()
    const outsiders: StaffActor[] = [
      await make.staff(corp),
      await make.staff(await make.corp()),
      await make.staff(await make.corp(), { userId: group.ownerUserId }),
    ]
    for (const outsider of outsiders) {
      await expect(groups.getGroup(outsider, group.chatId)).rejects.toMatchObject({ code: 'not_found' })
      await expect(groups.findGroup(outsider, group.chatId)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it('knows a member however her id is written', async () => {
    const { me, group } = await openGroup()
    const found = await groups.findGroup({ ...me, userId: me.userId.toUpperCase() }, group.chatId)
    expect(found).toMatchObject({ name: '老友群' })
  })

  it('follows its members when they come and go', async () => {
    const { corp, me, mine, group } = await openGroup()
    const members = group.members.filter(member => member.id !== mine.externalUserId)
    await groups.upsertGroup(test.db, job(corp), { ...group, name: '新名字', members }, TEST_NOW)
    const card = await groups.getGroup(me, group.chatId)
    expect(card).toMatchObject({ name: '新名字', memberCount: 5 })
    expect(card.mine.map(({ address }) => address)).toEqual(['吴姨'])
    await groups.upsertGroup(
      test.db,
      job(corp),
      { ...group, members: members.filter(member => member.id !== me.userId) },
      TEST_NOW,
    )
    await expect(groups.getGroup(me, group.chatId)).rejects.toMatchObject({ code: 'not_found' })
  })
})
