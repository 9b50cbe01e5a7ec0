import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { TagCatalogue } from '../../../../shared/contract/tags.ts'
import { customerLaneWork } from '../../../../server/domains/outbox/wakeLane.ts'
import { WecomError } from '../../../../server/wecom/errors.ts'
import { TEST_NOW } from '../../../support/make.ts'
import { intentOf, openLowerRooms, servicesOver } from '../lowerRooms.ts'

const rooms = openLowerRooms()

beforeEach(() => {
  rooms.wecom.calls.length = 0
  rooms.wecom.answer = async () => undefined
  rooms.queued.length = 0
  rooms.clock.set(TEST_NOW)
})

const refusing = (errcode: number) => async () => {
  throw new WecomError('externalcontact/mark_tag', { errcode })
}

async function wearing(...worn: string[]) {
  const { make } = rooms
  const corp = await make.corp()
  const guide = await make.staff(corp)
  const style = await make.tagGroup(corp, { name: '风格', tags: ['简约', '古法', '国潮'] })
  const tier = await make.tagGroup(corp, {
    name: '等级',
    choice: 'single',
    tags: ['金卡', '银卡', '普卡'],
    sort: -1,
  })
  const all = [...style.tags, ...tier.tags]
  const tagNamed = (name: string) => all.find(tag => tag.name === name)!
  const customer = await make.followed(corp, guide, { tags: worn.map(tagNamed) })
  const ids = (names: string[]) => names.map(name => tagNamed(name).tagId)
  const change = (add: string[], remove: string[] = []) =>
    rooms.tags.change(guide, customer.externalUserId, { add: ids(add), remove: ids(remove) })
  const read = () => rooms.tags.listOfCustomer(guide, customer.externalUserId)
  const shown = async () => (await read()).tags.map(tag => `${tag.name}${tag.sync === 'pending' ? '…' : ''}`)
  const timeline = async () =>
    (await rooms.customers.listTimeline(guide, customer.externalUserId, { limit: 30 })).items
  const push = () => rooms.deliver(customer)
  const row = async () =>
    (
      await sql<{
        state: string
        tries: number
      }>`select state, tries from outbox where subject = ${`follow:${customer.followId}`} order by version desc`.execute(
        rooms.db,
      )
    ).rows[0]
  const waiting = async () =>
    (
      await sql<{
        change: string
      }>`select change from tag_changes where follow_id = ${customer.followId} and state = 'pending'`.execute(
        rooms.db,
      )
    ).rows.length
  return {
    make,
    corp,
    guide,
    style,
    tier,
    customer,
    tagNamed,
    ids,
    change,
    read,
    shown,
    timeline,
    push,
    row,
    waiting,
  }
}

describe('the catalogue', () => {
  it("lists the corp's groups and tags in order, without deleted ones", async () => {
    const { make, corp, guide, style } = await wearing()
    const gone = await make.tagGroup(corp, { name: '旧的' })
    await sql`update tag_groups set is_deleted = true where group_id = ${gone.id}`.execute(rooms.db)
    await sql`update tags set is_deleted = true where tag_id = ${style.tags[1]!.id}`.execute(rooms.db)
    await make.tagGroup(await make.corp())
    const { groups } = TagCatalogue.parse(await rooms.tags.list(guide))
    expect(groups.map(group => [group.name, group.choice, group.tags.map(tag => tag.name)])).toEqual([
      ['风格', 'multi', ['简约', '国潮']],
      ['等级', 'single', ['金卡', '银卡', '普卡']],
    ])
    expect(groups[0]?.tags[0]).toMatchObject({ pinyin: 'jian yue', initials: 'jy' })
  })

  it('lets managers decide how many of a group a customer may wear', async () => {
    const { make, corp, guide, style } = await wearing()
    await expect(rooms.tags.setChoice(guide, style.groupId, 'single')).rejects.toMatchObject({
      code: 'forbidden',
    })
    const manager = await make.staff(corp, { role: 'manager' })
    expect(await rooms.tags.setChoice(manager, style.groupId, 'single')).toMatchObject({
      choice: 'single',
      groupId: style.groupId,
    })
    const foreign = await make.staff(await make.corp(), { role: 'admin' })
    await expect(rooms.tags.setChoice(foreign, style.groupId, 'multi')).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('changing tags', () => {
  it('writes here at once, leaves a line, and queues one push in the same transaction', async () => {
    const { change, timeline, customer, ids, guide } = await wearing('国潮')
    const answer = await change(['简约', '古法'], ['国潮'])
    expect(answer.tags.map(tag => [tag.name, tag.sync])).toEqual([
      ['简约', 'pending'],
      ['古法', 'pending'],
    ])
    expect(await timeline()).toMatchObject([
      { kind: 'tagsChanged', by: 'me', what: '简约、古法、国潮', detail: '加上 简约、古法，去掉 国潮' },
    ])
    expect(rooms.queued).toEqual([
      {
        name: customerLaneWork.name,
        payload: { corpId: guide.corpId, lane: `customer:${customer.customerId}` },
        key: `${guide.corpId}/customer:${customer.customerId}`,
        startAfter: undefined,
      },
    ])
    await rooms.deliver(customer)
    expect(rooms.wecom.calls).toEqual([
      {
        userId: guide.userId,
        externalUserId: customer.externalUserId,
        add: expect.toSatisfy(
          (add: string[]) => add.toSorted().join() === ids(['简约', '古法']).toSorted().join(),
        ) as string[],
        remove: ids(['国潮']),
      },
    ])
  })

  it('is done once WeCom has it', async () => {
    const { change, shown, push, waiting } = await wearing()
    await change(['简约'])
    expect(await shown()).toEqual(['简约…'])
    await push()
    expect(await shown()).toEqual(['简约'])
    expect(await waiting()).toBe(0)
    await push()
    expect(rooms.wecom.calls).toHaveLength(1)
  })

  it('replaces within a single-choice group', async () => {
    const { change, shown, push, ids } = await wearing('金卡', '简约')
    await change(['银卡'])
    expect(await shown()).toEqual(['简约', '银卡…'])
    await push()
    expect(rooms.wecom.calls).toMatchObject([{ add: ids(['银卡']), remove: ids(['金卡']) }])
  })

  it('does nothing when nothing changes', async () => {
    const { change, timeline } = await wearing('简约')
    await change(['简约'], ['古法'])
    expect(await timeline()).toEqual([])
    expect(rooms.queued).toEqual([])
  })

  it('sends nothing of what was undone before it left', async () => {
    const { change, push, shown, waiting } = await wearing('国潮')
    await change(['简约'], ['国潮'])
    await change(['国潮'], ['简约'])
    expect(await shown()).toEqual(['国潮'])
    expect(await waiting()).toBe(0)
    await push()
    expect(rooms.wecom.calls).toEqual([])
  })

  it('tells WeCom to take back what it may have heard of already', async () => {
    const { change, push, shown, ids } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = async () => {
      throw new WecomError('externalcontact/mark_tag', { trouble: 'timeout' })
    }
    await push()
    expect(await shown()).toEqual(['简约…'])
    await change([], ['简约'])
    expect(await shown()).toEqual([])
    rooms.wecom.answer = async () => undefined
    await push()
    expect(rooms.wecom.calls.at(-1)).toMatchObject({ add: [], remove: ids(['简约']) })
  })

  it('P18 the last intention wins when a tag is changed while WeCom is answering', async () => {
    const { change, push, shown, waiting, ids } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = async call => {
      if (call.add.length > 0) await change([], ['简约'])
    }
    await push()
    expect(await shown()).toEqual([])
    expect(rooms.wecom.calls).toMatchObject([
      { add: ids(['简约']), remove: [] },
      { add: [], remove: ids(['简约']) },
    ])
    expect(await waiting()).toBe(0)
  })

  it('remembers what was used, for the next customer', async () => {
    const { make, corp, guide, change } = await wearing()
    await change(['简约', '金卡'])
    const next = await make.followed(corp, guide)
    const { suggested } = await rooms.tags.listOfCustomer(guide, next.externalUserId)
    expect(suggested.map(tag => tag.name).toSorted()).toEqual(['简约', '金卡'])
  })

  it('names what is wrong with a request by its path', async () => {
    const { guide, customer, ids, make, change } = await wearing()
    const foreign = await make.tagGroup(await make.corp())
    const wrong = rooms.tags.change(guide, customer.externalUserId, {
      add: [...ids(['简约']), 'etUnknown', foreign.tags[0]!.tagId],
      remove: ids(['简约']),
    })
    await expect(wrong).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ path: 'add.1' }, { path: 'add.2' }, { path: 'remove.0' }],
    })
    await expect(change(['金卡', '银卡'])).rejects.toMatchObject({
      fields: [{ path: 'add.1', message: '这一组只能选一个' }],
    })
  })

  it('stops at 3000 tags', async () => {
    const { corp, style, customer, change } = await wearing()
    await sql`
      with made as (
        insert into tags (corp_id, group_id, wecom_id, name, pinyin, initials)
        select ${corp.corpId}, ${style.id}, 'full' || n, 'x', 'x', 'x' from generate_series(1, 3000) n returning tag_id)
      update follows set tag_ids = array(select tag_id from made) where follow_id = ${customer.followId}`.execute(
      rooms.db,
    )
    await expect(change(['简约'])).rejects.toMatchObject({ code: 'limit_reached' })
  })

  it("P2 cannot touch or see the tags of others' customers", async () => {
    const { make, corp, customer, ids } = await wearing('国潮')
    const other = await make.staff(corp)
    const isUnknown = { code: 'not_found' }
    await expect(rooms.tags.listOfCustomer(other, customer.externalUserId)).rejects.toMatchObject(isUnknown)
    const change = rooms.tags.change(other, customer.externalUserId, { add: ids(['简约']), remove: [] })
    await expect(change).rejects.toMatchObject(isUnknown)
  })

  it('P11 a repeated intention changes nothing again', async () => {
    const { guide, customer, ids, change, timeline, shown } = await wearing()
    const asked = { add: ids(['简约']), remove: [] }
    const intent = () => intentOf('changeTags', 'one-intention-of-hers', asked)
    await rooms.tags.change(guide, customer.externalUserId, asked, intent())
    await change([], ['简约'])
    const replay = intent()
    const answer = await rooms.tags.change(guide, customer.externalUserId, asked, replay)
    expect(replay.isReplay).toBe(true)
    expect(answer.tags).toEqual([])
    expect(await shown()).toEqual([])
    expect(await timeline()).toHaveLength(2)
  })

  it('P18 ends with one of a single-choice group however many change it at once', async () => {
    const { change, read, push, ids } = await wearing()
    await Promise.all(['金卡', '银卡', '普卡', '金卡', '普卡'].map(name => change([name])))
    const { tags } = await read()
    expect(tags).toHaveLength(1)
    await push()
    const atWecom = new Set(rooms.wecom.calls.flatMap(call => call.add))
    for (const gone of rooms.wecom.calls.flatMap(call => call.remove)) atWecom.delete(gone)
    expect([...atWecom]).toEqual([tags[0]!.tagId])
    expect(ids(['金卡', '银卡', '普卡'])).toContain(tags[0]!.tagId)
  })
})

describe('what WeCom refuses', () => {
  it('is undone here, shown with its reason, and gone with the next change', async () => {
    const { change, push, read, shown, timeline, tagNamed } = await wearing('国潮')
    await change(['简约'])
    rooms.wecom.answer = refusing(40068)
    await push()
    expect(await shown()).toEqual(['国潮'])
    const refusal = {
      tagId: tagNamed('简约').tagId,
      name: '简约',
      change: 'add',
      reason: '企业微信里没有这个标签了',
    }
    expect((await read()).refused).toEqual([refusal])
    expect((await timeline())[0]).toMatchObject({
      kind: 'tagRefused',
      by: 'system',
      what: '简约',
      detail: refusal.reason,
    })
    await push()
    expect(rooms.wecom.calls).toHaveLength(1)
    expect((await change([])).refused).toEqual([])
    expect((await read()).refused).toEqual([])
  })

  it('puts a tag back whose removal was refused', async () => {
    const { change, push, read, shown } = await wearing('国潮', '简约')
    await change([], ['国潮'])
    rooms.wecom.answer = refusing(84061)
    await push()
    expect((await shown()).toSorted()).toEqual(['国潮', '简约'])
    expect((await read()).refused).toMatchObject([
      { name: '国潮', change: 'remove', reason: '她已经不是你的企业微信好友' },
    ])
  })

  it('undoes only the tag it meant, and a replaced one together with its successor', async () => {
    const { change, push, shown, read, ids } = await wearing('金卡')
    await change(['简约', '银卡'])
    const [refused] = ids(['银卡'])
    rooms.wecom.answer = async call => {
      if (call.add.includes(refused!)) throw new WecomError('externalcontact/mark_tag', { errcode: 40068 })
    }
    await push()
    expect(await shown()).toEqual(['简约', '金卡'])
    expect((await read()).refused.map(each => [each.name, each.change]).toSorted()).toEqual([
      ['金卡', 'remove'],
      ['银卡', 'add'],
    ])
    expect(rooms.wecom.calls).toHaveLength(3)
  })

  it('does not undo what the guide changed since', async () => {
    const { change, push, shown, read, row } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = async () => {
      await change([], ['简约'])
      await change(['简约'])
      // What she wants now may pass later.
      rooms.wecom.answer = refusing(-1)
      throw new WecomError('externalcontact/mark_tag', { errcode: 40144 })
    }
    await push()
    expect(await shown()).toEqual(['简约…'])
    expect(await row()).toMatchObject({ state: 'waiting' })
    expect((await read()).refused).toEqual([])
  })

  it('leaves one of a single-choice group, whatever the guide chose while WeCom was refusing', async () => {
    const { change, push, shown, read, waiting, ids } = await wearing('金卡')
    await change(['银卡'])
    rooms.wecom.answer = async () => {
      await change(['普卡'])
      rooms.wecom.answer = async () => {
        expect(await shown()).toEqual(['普卡…'])
        expect((await read()).refused).toEqual([])
      }
      throw new WecomError('externalcontact/mark_tag', { errcode: 40068 })
    }
    await push()
    expect(rooms.wecom.calls[1]).toMatchObject({ add: ids(['普卡']), remove: ids(['金卡']) })
    expect(await shown()).toEqual(['普卡'])
    expect(await waiting()).toBe(0)
  })

  it('of what the guide has already taken back leaves nothing to tell, and nothing comes back', async () => {
    const { change, push, shown, waiting } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = async () => {
      await change([], ['简约'])
      throw new WecomError('externalcontact/mark_tag', { errcode: 84061 })
    }
    await push()
    await push()
    expect(rooms.wecom.calls).toHaveLength(1)
    expect(await shown()).toEqual([])
    expect(await waiting()).toBe(0)
  })

  it('is left waiting when it may pass later', async () => {
    const { change, push, shown, row } = await wearing()
    await change(['简约'])
    for (const errcode of [-1, 45033, 45009, 40014, 60020]) {
      rooms.wecom.answer = refusing(errcode)
      await push()
      expect(await row()).toMatchObject({ state: 'waiting' })
      expect(rooms.queued.at(-1)?.startAfter?.getTime()).toBeGreaterThan(TEST_NOW.getTime())
    }
    expect(await shown()).toEqual(['简约…'])
    rooms.wecom.answer = async () => undefined
    await push()
    expect(await shown()).toEqual(['简约'])
  })
})

describe('pushes', () => {
  it('of one customer wait for each other, also those of two colleagues', async () => {
    const { make, corp, customer, change, ids } = await wearing()
    const colleague = await make.staff(corp)
    await make.follow(colleague, customer)
    await change(['简约'])
    await rooms.tags.change(colleague, customer.externalUserId, { add: ids(['古法']), remove: [] })
    const another = servicesOver(rooms.db)
    rooms.wecom.answer = async call => {
      if (call.userId === colleague.userId) return
      await another.deliver(customer)
      // She will be looked for again, should this one die.
      expect(another.queued).toMatchObject([{ name: customerLaneWork.name }])
      expect(another.queued[0]?.startAfter?.getTime()).toBeGreaterThan(TEST_NOW.getTime())
    }
    await rooms.deliver(customer)
    expect(another.wecom.calls).toEqual([])
    expect(rooms.wecom.calls.map(call => call.add)).toEqual([ids(['简约']), ids(['古法'])])
  })

  it('go on when the one who held the lane died', async () => {
    const { change, push, customer, corp } = await wearing()
    await change(['简约'])
    await sql`
      insert into outbox_lanes (corp_id, lane, holder, fence, leased_until)
      values (${corp.corpId}, ${`customer:${customer.customerId}`}, gen_random_uuid(), nextval('outbox_fences'),
              clock_timestamp() + interval '1 minute')`.execute(rooms.db)
    await push()
    expect(rooms.wecom.calls).toEqual([])
    await sql`update outbox_lanes set leased_until = clock_timestamp() where corp_id = ${corp.corpId}`.execute(
      rooms.db,
    )
    await push()
    expect(rooms.wecom.calls).toHaveLength(1)
  })

  it('P18 stop speaking for one who was so slow that somebody else was let in', async () => {
    const { change, push, waiting, corp, row } = await wearing()
    await change(['简约', '古法'])
    rooms.wecom.answer = async () => {
      // Both at once are refused; before it can ask one by one, its time is over and another has the lane.
      await sql`update outbox_lanes set fence = nextval('outbox_fences') where corp_id = ${corp.corpId}`.execute(
        rooms.db,
      )
      throw new WecomError('externalcontact/mark_tag', { errcode: 40068 })
    }
    await push()
    expect(rooms.wecom.calls).toHaveLength(1)
    expect(await waiting()).toBe(2)
    expect(await row()).toMatchObject({ state: 'sending' })
    const lanes = sql`select 1 from outbox_lanes where corp_id = ${corp.corpId}`.execute(rooms.db)
    expect((await lanes).rows).toHaveLength(1)
  })

  it('P18 of one who was so slow write nothing either, not even what WeCom took', async () => {
    const { change, push, waiting, corp, row } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = async () => {
      await sql`update outbox_lanes set fence = nextval('outbox_fences') where corp_id = ${corp.corpId}`.execute(
        rooms.db,
      )
    }
    await push()
    expect(await waiting()).toBe(1)
    expect(await row()).toMatchObject({ state: 'sending' })
  })

  it('P4 of one who has left are forgotten: should she come back, WeCom’s word counts for her customers', async () => {
    const { change, waiting, row, guide, push } = await wearing('国潮')
    await change(['简约'], ['国潮'])
    const job = { kind: 'job', corpId: guide.corpId, name: 'staff' } as const
    await rooms.db.transaction(tx => rooms.outbox.cancelOf(tx, job, [guide.staffId], '已离职'))
    expect(await row()).toMatchObject({ state: 'cancelled' })
    expect(await waiting()).toBe(0)
    await push()
    expect(rooms.wecom.calls).toEqual([])
  })

  it('of an unknown follow end quietly', async () => {
    const { guide, customer, push } = await wearing()
    await rooms.db.transaction(tx =>
      rooms.outbox.put(tx, guide, {
        kind: 'tags',
        lane: `customer:${customer.customerId}`,
        subject: 'follow:2000000000',
        staffId: guide.staffId,
        customerId: customer.customerId,
        payload: { followId: 2_000_000_000 },
      }),
    )
    await push()
    expect(rooms.wecom.calls).toEqual([])
  })
})

describe('what did not get to WeCom', () => {
  const unsentOf = async (guide: Parameters<typeof rooms.delivery.listUnsent>[0]) =>
    (await rooms.delivery.listUnsent(guide)).items

  async function givenUp(worn: string[], add: string[], remove: string[] = []) {
    const world = await wearing(...worn)
    await world.change(add, remove)
    rooms.wecom.answer = async () => {
      throw new WecomError('externalcontact/mark_tag', { trouble: 'timeout' })
    }
    await world.push()
    await sql`update outbox set first_tried_at = clock_timestamp() - interval '25 hours' where corp_id = ${world.corp.corpId}`.execute(
      rooms.db,
    )
    await world.push()
    rooms.wecom.answer = async () => undefined
    return world
  }

  it('still shows as not there after a day of trying, and is tried again when she says so', async () => {
    const { shown, guide, push } = await givenUp([], ['简约'])
    expect(await shown()).toEqual(['简约…'])
    const [item] = await unsentOf(guide)
    expect(item).toMatchObject({ state: 'dead', what: '标签 简约', isMine: true })
    await rooms.delivery.retry(guide, item!.outboxId)
    await push()
    expect(await shown()).toEqual(['简约'])
    expect(await unsentOf(guide)).toEqual([])
  })

  it('is as WeCom has it again when she gives it up', async () => {
    const { shown, guide, timeline, waiting } = await givenUp(['国潮'], ['简约'], ['国潮'])
    const [item] = await unsentOf(guide)
    await rooms.delivery.dismiss(guide, item!.outboxId)
    expect(await shown()).toEqual(['国潮'])
    expect(await waiting()).toBe(0)
    expect((await timeline())[0]).toMatchObject({ kind: 'tagRefused', by: 'system' })
    expect(await unsentOf(guide)).toEqual([])
  })

  it('and was refused comes with its reason, and is wanted again by another try', async () => {
    const { change, push, shown, guide, read } = await wearing('金卡')
    await change(['银卡'])
    rooms.wecom.answer = refusing(40144)
    await push()
    expect(await shown()).toEqual(['金卡'])
    const [item] = await unsentOf(guide)
    expect(item).toMatchObject({ state: 'refused', reason: '她在企业微信里的标签到上限了' })
    rooms.wecom.answer = async () => undefined
    await rooms.delivery.retry(guide, item!.outboxId)
    expect((await read()).refused).toEqual([])
    expect(await shown()).toEqual(['银卡…'])
    await push()
    expect(await shown()).toEqual(['银卡'])
  })

  it('is off the list once its refusal was read on the card', async () => {
    const { change, push, guide } = await wearing()
    await change(['简约'])
    rooms.wecom.answer = refusing(40068)
    await push()
    expect(await unsentOf(guide)).toHaveLength(1)
    await change([])
    expect(await unsentOf(guide)).toEqual([])
  })

  it('gives way to what she wants now', async () => {
    const { change, guide, push, shown } = await givenUp([], ['简约'])
    await change(['古法'])
    expect(await unsentOf(guide)).toEqual([])
    await push()
    expect(await shown()).toEqual(['简约', '古法'])
  })
})
