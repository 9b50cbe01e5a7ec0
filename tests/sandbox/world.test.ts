import { SolarDay } from 'tyme4ts'
import { describe, expect, it } from 'vitest'
import { dayMs } from '../../sandbox/world/calendar.ts'
import { generateCorp } from '../../sandbox/world/corp.ts'
import { generateFamilies } from '../../sandbox/world/families.ts'
import type { FamilyDate } from '../../sandbox/world/families.ts'
import type { WorldEvent } from '../../sandbox/world/types.ts'
import { wellKnown } from '../../sandbox/world/wellKnown.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, noon } from './openApiCaller.ts'

const day = (text: string) => Date.parse(`${text}T12:00:00+08:00`)

describe('the corp', () => {
  const state = generateCorp(noon)
  const guides = state.members.filter(({ position }) => position === '导购')

  it('is the same every time', () => {
    expect(generateCorp(noon)).toEqual(state)
  })

  it('is another crowd around the same well-known people for another seed', () => {
    const other = generateCorp(noon, 2)
    const ids = new Set(state.customers.map(({ externalUserId }) => externalUserId))
    const common = other.customers.filter(({ externalUserId }) => ids.has(externalUserId))
    expect(common).toHaveLength(9)
  })

  it('keeps ids on another day', () => {
    const later = generateCorp(noon + 90 * dayMs)
    expect(later.customers.map(({ externalUserId }) => externalUserId)).toEqual(
      state.customers.map(({ externalUserId }) => externalUserId),
    )
  })

  it('has 3 stores, 8 guides, 2 managers, an admin and 300 customers', () => {
    expect(state.departments.filter(({ isStore }) => isStore)).toHaveLength(3)
    expect(guides).toHaveLength(8)
    expect(state.members.filter(({ isLeaderIn }) => isLeaderIn.includes(true))).toHaveLength(2)
    expect(state.members).toHaveLength(11)
    expect(state.customers).toHaveLength(300)
  })

  it('gives every person an id of their own in the shape of WeCom', () => {
    const ids = state.customers.map(({ externalUserId }) => externalUserId)
    expect(new Set(ids).size).toBe(300)
    for (const { externalUserId, type } of state.customers) {
      expect(externalUserId).toMatch(type === 2 ? /^wo[\w-]{30}$/ : /^wm[\w-]{30}$/)
    }
  })

  it('shares about a quarter of the customers among two or three members', () => {
    const shared = state.customers.filter(
      ({ externalUserId }) =>
        state.follows.filter(follow => follow.externalUserId === externalUserId).length > 1,
    )
    expect(shared.length).toBeGreaterThan(55)
    expect(shared.length).toBeLessThan(100)
  })

  it('never puts a follow into the future or before the corp began', () => {
    for (const { createdAt } of state.follows) {
      expect(createdAt * 1000).toBeLessThan(noon)
      expect(createdAt * 1000).toBeGreaterThan(noon - 1100 * dayMs)
    }
  })

  it('has new friends without tags of the last day for several guides', () => {
    const fresh = state.follows.filter(({ createdAt }) => createdAt * 1000 > noon - dayMs)
    expect(new Set(fresh.map(({ userId }) => userId)).size).toBeGreaterThanOrEqual(5)
    expect(fresh.flatMap(({ tagIds }) => tagIds)).toEqual([])
  })

  it('keeps remarks within what WeCom accepts and only invented mobiles', () => {
    for (const { remark, mobiles } of state.follows) {
      expect([...remark].length).toBeLessThanOrEqual(20)
      for (const mobile of mobiles) expect(mobile).toMatch(/^1990000\d{4}$/)
    }
  })

  it.each([
    ['a compound surname', /^欧阳/],
    ['a character outside the basic plane', /𠮷/],
    ['a rare character', /䶮/],
    ['a middle dot', /·/],
    ['an emoji', /\p{Extended_Pictographic}/u],
    ['Latin letters', /^Kevin Zhang$/],
    ['nothing to read', /^[\s。]+$/],
  ])('knows a customer with %s', (_what, shape) => {
    expect(state.customers.some(({ name }) => shape.test(name))).toBe(true)
  })

  it('has two customers called 张敏 and WeCom-type customers with a company', () => {
    expect(state.customers.filter(({ name }) => name === '张敏').length).toBeGreaterThanOrEqual(2)
    const type2 = state.customers.filter(({ type }) => type === 2)
    expect(type2.length).toBeGreaterThanOrEqual(10)
    for (const { corpName } of type2) expect(corpName).toBeTruthy()
  })

  it('has 12 tag groups of 4 to 12 tags, one made by the app, one name of ten characters', () => {
    expect(state.tagGroups).toHaveLength(12)
    expect(state.tagGroups.filter(({ madeBy }) => madeBy === 'app')).toHaveLength(1)
    for (const { tags } of state.tagGroups) {
      expect(tags.length).toBeGreaterThanOrEqual(4)
      expect(tags.length).toBeLessThanOrEqual(12)
    }
    expect(state.tagGroups.flatMap(({ tags }) => tags).some(({ name }) => [...name].length === 10)).toBe(true)
  })

  it('wears only tags that exist', () => {
    const ids = new Set(state.tagGroups.flatMap(({ tags }) => tags.map(({ id }) => id)))
    expect(state.follows.flatMap(({ tagIds }) => tagIds).filter(id => !ids.has(id))).toEqual([])
  })

  it('has 6 groups of 20 to 120 with staff, customers and strangers', () => {
    expect(state.groups).toHaveLength(6)
    const customers = new Set(state.customers.map(({ externalUserId }) => externalUserId))
    for (const { members } of state.groups) {
      expect(members.length).toBeGreaterThanOrEqual(20)
      expect(members.length).toBeLessThanOrEqual(120)
      expect(new Set(members.map(({ id }) => id)).size).toBe(members.length)
      expect(members.some(({ type }) => type === 1)).toBe(true)
      expect(members.some(({ id }) => customers.has(id))).toBe(true)
      expect(members.some(({ id, type, name }) => type === 2 && !customers.has(id) && name)).toBe(true)
    }
  })

  it.each(['2026-11-21T00:30:00+08:00', '2026-11-21T10:19:30+08:00', '2026-11-21T23:59:00+08:00'])(
    'puts no message into the future at %s',
    text => {
      const at = Date.parse(text)
      for (const message of generateCorp(at).messages) expect(message.at).toBeLessThan(at)
    },
  )
})

describe('the families', () => {
  /** Days until the date comes round, walking day by day with the calendar library; undefined beyond 400 days. */
  function daysUntil(now: number, date: FamilyDate): number | undefined {
    for (let ahead = 0; ahead < 400; ahead++) {
      const at = new Date(now + ahead * dayMs + 8 * 3_600_000)
      const [month, dayOfMonth] = [at.getUTCMonth() + 1, at.getUTCDate()]
      const lunar = SolarDay.fromYmd(at.getUTCFullYear(), month, dayOfMonth).getLunarDay()
      const found =
        date.calendar === 'solar'
          ? month === date.month && dayOfMonth === date.day
          : lunar.getLunarMonth().getMonth() === date.month &&
            lunar.getLunarMonth().isLeap() === date.isLeapMonth &&
            lunar.getDay() === date.day
      if (found) return ahead
    }
    return undefined
  }

  it.each(['2026-11-21', '2027-02-05', '2028-02-28', '2028-06-10'])(
    'have the mother of 婉清姐 celebrate a lunar birthday in exactly 12 days from %s',
    text => {
      const now = day(text)
      const mother = generateFamilies(now)[wellKnown.liWanqing]?.people.find(
        ({ relation }) => relation === '妈妈',
      )
      const [date] = mother?.dates ?? []
      expect(date?.calendar).toBe('lunar')
      expect(date && daysUntil(now, date)).toBe(12)
    },
  )

  it('know about 200 customers of the corp, about 25 of them due within 21 days over all guides', () => {
    const families = Object.values(generateFamilies(noon))
    const { follows, customers, members } = generateCorp(noon)
    const ids = new Set(customers.map(({ externalUserId }) => externalUserId))
    expect(families.filter(({ externalUserId }) => ids.has(externalUserId))).toHaveLength(200)
    const due = families.filter(({ dates, people }) =>
      [...dates, ...people.flatMap(person => person.dates)].some(date => (daysUntil(noon, date) ?? 99) <= 20),
    )
    expect(due.length).toBeGreaterThanOrEqual(22)
    expect(due.length).toBeLessThanOrEqual(32)
    const dueIds = new Set(due.map(({ externalUserId }) => externalUserId))
    const serving = new Set(follows.filter(f => dueIds.has(f.externalUserId)).map(({ userId }) => userId))
    for (const { userId, position } of members) if (position === '导购') expect(serving).toContain(userId)
  })

  it('agree with the tier that a guide has put on as a tag', () => {
    const families = generateFamilies(noon)
    const { follows, tagGroups } = generateCorp(noon)
    const tiers = new Map(tagGroups[0]?.tags.map(({ id, name }) => [id, name]))
    for (const { externalUserId, tier } of Object.values(families)) {
      const worn = follows.filter(f => f.externalUserId === externalUserId).flatMap(f => f.tagIds)
      const tagged = worn.flatMap(id => tiers.get(id) ?? [])
      if (tagged.length > 0) expect(tagged).toContain(tier)
    }
  })

  it('are the same every time and tell of no purchase after today', () => {
    const families = generateFamilies(noon)
    expect(generateFamilies(noon)).toEqual(families)
    for (const { purchases } of Object.values(families)) {
      for (const purchase of purchases) {
        expect(purchase.day <= '2026-11-21').toBe(true)
        expect(Number.isInteger(purchase.amountFen)).toBe(true)
      }
    }
  })
})

describe('the world', () => {
  const make = () => {
    const time = { now: noon }
    return { time, world: createWorld({ corp: corp(), now: () => time.now }) }
  }

  it('gives one token until it expires, then another', () => {
    const { world, time } = make()
    const first = world.issueToken()
    expect(first.expiresInSeconds).toBe(7200)
    time.now += 7_199_000
    expect(world.issueToken().token).toBe(first.token)
    time.now += 1_000
    expect(world.checkToken(first.token)).toBe('expired')
    expect(world.issueToken().token).not.toBe(first.token)
    expect(world.checkToken('invented')).toBe('unknown')
  })

  it('keeps corp and agent tickets apart and forgets them when they are expired', () => {
    const { world } = make()
    const { ticket } = world.ticket('agent')
    expect(world.validTickets('agent')).toEqual([ticket])
    expect(world.validTickets('corp')).not.toContain(ticket)
    world.expireTickets()
    expect(world.validTickets('agent')).toEqual([])
    expect(world.ticket('agent').ticket).not.toBe(ticket)
  })

  it('redeems a code once and within five minutes', () => {
    const { world, time } = make()
    const code = world.issueCode('chenlu', '127.0.0.1:8788')
    expect(world.redeemCode(code)).toEqual({ userId: 'chenlu', domain: '127.0.0.1:8788' })
    expect(world.redeemCode(code)).toBe('used')
    const late = world.issueCode('chenlu', '127.0.0.1:8788')
    time.now += 300_000
    expect(world.redeemCode(late)).toBe('expired')
    expect(world.redeemCode('invented')).toBe('unknown')
  })

  it('keeps media for three days', () => {
    const { world, time } = make()
    const media = {
      type: 'file' as const,
      filename: '价目.pdf',
      contentType: 'application/pdf',
      bytes: new Uint8Array(9),
    }
    const { mediaId } = world.saveMedia(media)
    time.now += 3 * dayMs
    expect(world.findMedia(mediaId)?.filename).toBe('价目.pdf')
    time.now += 1000
    expect(world.findMedia(mediaId)).toBeUndefined()
    // What was sent before still lies in the chat.
    expect(world.readMedia(mediaId)?.filename).toBe('价目.pdf')
    expect(world.readMedia('nope')).toBeUndefined()
  })

  it('leaves what it handed out alone when something changes', () => {
    const { world } = make()
    const before = world.findFollow('chenlu', wellKnown.liWanqing)
    world.updateFollow('chenlu', wellKnown.liWanqing, { remark: '李老师' })
    expect(before?.remark).toBe('婉清姐')
    expect(world.findFollow('CHENLU', wellKnown.liWanqing)?.remark).toBe('李老师')
  })

  it('takes a deleted tag off every customer and deletes a group without tags', () => {
    const { world } = make()
    const group = world.addTagGroup('临时', ['一'], 'app')
    const tagId = group.tags[0]?.id ?? ''
    world.updateFollow('chenlu', wellKnown.mia, { tagIds: [tagId] })
    world.deleteTags({ tagIds: [tagId], groupIds: [] })
    expect(world.findFollow('chenlu', wellKnown.mia)?.tagIds).toEqual([])
    expect(world.tagGroups().find(({ id }) => id === group.id)?.deleted).toBe(true)
  })

  it('opens a device on the newest chat of the first guide and follows the member to another', () => {
    const { world } = make()
    const device = world.device('one')
    expect(device).toMatchObject({
      userId: 'chenlu',
      conversationId: `single:chenlu:${wellKnown.liWanqing}`,
      entry: 'single_chat_tools',
    })
    const moved = world.updateDevice('one', { userId: 'guoqian', switches: { send: 'cancel' } })
    expect(moved.conversationId).toMatch(/^single:guoqian:/)
    expect(moved.switches).toMatchObject({ send: 'cancel', agentConfig: 'verify' })
    expect(world.device('two').userId).toBe('chenlu')
  })

  it('changes the entry with the chat, unless told otherwise', () => {
    const { world } = make()
    const group = { conversationId: `group:${wellKnown.oldFriendsGroup}` }
    expect(world.updateDevice('one', group).entry).toBe('group_chat_tools')
    expect(world.updateDevice('one', { conversationId: '' }).entry).toBe('normal')
    expect(world.updateDevice('one', { ...group, entry: 'normal' }).entry).toBe('normal')
  })

  it('refuses to open a chat the member does not have', () => {
    const { world } = make()
    const foreign = `single:guoqian:${wellKnown.otherZhangMin}`
    expect(() => world.updateDevice('one', { conversationId: foreign })).toThrow(foreign)
    expect(() => world.updateDevice('one', { userId: 'nobody' })).toThrow('nobody')
  })

  it('counts a fault down and leaves other APIs alone', () => {
    const { world } = make()
    world.setFaults([{ api: 'externalcontact/get', times: 2, errcode: -1 }])
    expect(world.takeFault('externalcontact/list')).toBeUndefined()
    expect(world.takeFault('externalcontact/get')?.errcode).toBe(-1)
    expect(world.takeFault('externalcontact/get')?.errcode).toBe(-1)
    expect(world.takeFault('externalcontact/get')).toBeUndefined()
  })

  it('goes back to the corp as it was, keeps tokens and devices, and tells so', () => {
    const { world } = make()
    const events: WorldEvent[] = []
    const stop = world.onEvent(event => events.push(event))
    const { token } = world.issueToken()
    const before = world.followsOf('chenlu')
    const conversationId = `single:chenlu:${wellKnown.liWanqing}`
    const spoken = world.messages(conversationId).length
    world.updateDevice('one', { theme: 'dark', conversationId: '' })
    world.say({
      conversationId,
      from: { kind: 'customer', id: wellKnown.liWanqing },
      via: 'typed',
      body: { msgtype: 'text', content: '在吗' },
    })
    world.addCustomer({ name: '新来的' }, [{ userId: 'chenlu' }])
    world.setFaults([{ api: '*', times: -1, errcode: -1 }])
    world.reset()
    stop()
    expect(world.followsOf('chenlu')).toEqual(before)
    expect(world.customers()).toHaveLength(300)
    expect(world.messages(conversationId)).toHaveLength(spoken)
    expect(world.faults()).toEqual([])
    expect(world.checkToken(token)).toBe('ok')
    expect(world.device('one')).toMatchObject({ theme: 'dark', conversationId })
    expect(events.map(({ kind }) => kind)).toEqual(['device', 'message', 'follow', 'reset'])
  })

  it('lists the chat with the newest message first', () => {
    const { world } = make()
    expect(world.conversationsOf('chenlu')[0]).toMatchObject({
      title: '婉清姐',
      lastMessage: { body: { content: '好呀，我看看样子' } },
    })
    world.say({
      conversationId: `single:chenlu:${wellKnown.lily}`,
      from: { kind: 'member', id: 'chenlu' },
      via: 'typed',
      body: { msgtype: 'text', content: '好久不见' },
    })
    expect(world.conversationsOf('chenlu')[0]?.peerId).toBe(wellKnown.lily)
  })
})
