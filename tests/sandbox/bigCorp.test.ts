import { describe, expect, it } from 'vitest'
import { readSandboxConfig } from '../../sandbox/config.ts'
import { openApiRoutes } from '../../sandbox/openApi/openApi.ts'
import { generateBigCorp, usualBigCorp } from '../../sandbox/world/bigCorp.ts'
import { createWorld } from '../../sandbox/world/world.ts'
import { corp, createCaller, noon } from './openApiCaller.ts'

const small = { guides: 7, stores: 2, customers: 800, tags: 25 }

describe('the big corp', () => {
  it('has the size asked for, 1.2 followers and about eight tags for each customer', () => {
    const state = generateBigCorp(noon)
    expect(state.members.filter(({ position }) => position === '导购')).toHaveLength(100)
    expect(state.departments.filter(({ isStore }) => isStore)).toHaveLength(10)
    expect(state.tagGroups.flatMap(({ tags }) => tags)).toHaveLength(300)
    expect(new Set(state.customers.map(({ externalUserId }) => externalUserId)).size).toBe(50_000)
    expect(state.follows.length / state.customers.length).toBeCloseTo(1.2, 1)
    const worn = state.follows.reduce((sum, { tagIds }) => sum + tagIds.length, 0)
    expect(worn / state.follows.length).toBeCloseTo(8, 0)
    const mobiles = state.follows.flatMap(follow => follow.mobiles)
    expect(mobiles.length).toBeGreaterThan(5000)
    expect(mobiles.every(mobile => mobile.startsWith('1990000'))).toBe(true)
  })

  it('is the same every time', () => {
    expect(generateBigCorp(noon, small)).toEqual(generateBigCorp(noon, small))
  })

  it('names only people, tags and relations it has', () => {
    const { members, customers, follows, tagGroups, messages, groups } = generateBigCorp(noon, small)
    const [userIds, externalIds, tagIds, pairs] = [
      new Set(members.map(({ userId }) => userId)),
      new Set(customers.map(({ externalUserId }) => externalUserId)),
      new Set(tagGroups.flatMap(({ tags }) => tags.map(({ id }) => id))),
      new Set(follows.map(({ userId, externalUserId }) => `single:${userId}:${externalUserId}`)),
    ]
    expect(tagIds.size).toBe(25)
    expect(pairs.size).toBe(follows.length)
    for (const follow of follows) {
      expect(userIds.has(follow.userId) && externalIds.has(follow.externalUserId)).toBe(true)
      expect(follow.tagIds.every(id => tagIds.has(id))).toBe(true)
    }
    for (const { conversationId } of messages) expect(pairs.has(conversationId)).toBe(true)
    for (const { members: people } of groups)
      expect(people.every(({ id, type }) => (type === 1 ? userIds : externalIds).has(id))).toBe(true)
  })

  it('gives every customer of a guide once over all pages', async () => {
    const world = createWorld({
      corp: corp(),
      now: () => noon,
      generate: (at, seed) => generateBigCorp(at, small, seed),
    })
    const { post } = createCaller(openApiRoutes(world), world)
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await post('externalcontact/batch/get_by_user', {
        userid_list: ['guide001', 'GUIDE001', 'guide002'],
        cursor,
        limit: 100,
      })
      const list = page['external_contact_list'] as {
        external_contact: { external_userid: string }
        follow_info: { userid: string }
      }[]
      seen.push(
        ...list.map(
          ({ external_contact, follow_info }) => `${follow_info.userid} ${external_contact.external_userid}`,
        ),
      )
      cursor = String(page['next_cursor'])
    } while (cursor !== '')
    const standing = ['guide001', 'guide002'].flatMap(userId =>
      world
        .followsOf(userId)
        .filter(({ status }) => status !== 'removed')
        .map(({ externalUserId }) => `${userId} ${externalUserId}`),
    )
    expect(seen).toEqual(standing)
  })

  it('is chosen by SANDBOX_CORP and sized by settings; the jeweller is the usual one', () => {
    expect(readSandboxConfig({}).bigCorp).toBeUndefined()
    expect(readSandboxConfig({ SANDBOX_CORP: 'big' }).bigCorp).toEqual(usualBigCorp)
    expect(
      readSandboxConfig({ SANDBOX_CORP: 'big', SANDBOX_GUIDES: '3', SANDBOX_CUSTOMERS: '40' }).bigCorp,
    ).toMatchObject({ guides: 3, customers: 40 })
    expect(readSandboxConfig({ SANDBOX_TRUSTED_IPS: '203.0.113.7, 203.0.113.8' }).corp.trustedIps).toEqual([
      '203.0.113.7',
      '203.0.113.8',
    ])
    expect(() => readSandboxConfig({ SANDBOX_CORP: 'huge' })).toThrow('SANDBOX_CORP')
  })
})
