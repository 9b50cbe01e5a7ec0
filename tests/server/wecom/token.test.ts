import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCredentialsRepository } from '../../../server/wecom/credentials.repository.ts'
import { createMake, TEST_NOW } from '../../support/make.ts'
import { createTestDb, type TestDb } from '../../support/testDb.ts'

let test: TestDb
beforeAll(async () => {
  test = await createTestDb()
})
afterAll(() => test.drop())

const credential = (generation: number, value: string) => ({
  sealed: Buffer.from(value),
  generation,
  fetchedAt: TEST_NOW,
  expiresAt: new Date(TEST_NOW.getTime() + 7_200_000),
})

async function repositoryOfACorp() {
  const corp = await createMake(test.db).corp()
  return createCredentialsRepository(test.db, corp.corpId)
}

describe('P19 a credential', () => {
  it('is never replaced by an older one or by one of the same generation', async () => {
    const repository = await repositoryOfACorp()
    await repository.replace('access_token', credential(2, 'newer'))
    for (const late of [credential(1, 'older'), credential(2, 'twin')]) {
      const standing = await repository.replace('access_token', late)
      expect(standing.sealed.toString()).toBe('newer')
    }
    const written = await repository.replace('access_token', credential(3, 'newest'))
    expect([written.generation, written.sealed.toString()]).toEqual([3, 'newest'])
  })

  it('is spent only as the generation that was refused', async () => {
    const repository = await repositoryOfACorp()
    await repository.replace('access_token', credential(5, 'now'))
    await repository.expire('access_token', 4, TEST_NOW)
    expect((await repository.find('access_token'))?.expiresAt).toEqual(credential(5, '').expiresAt)
    await repository.expire('access_token', 5, TEST_NOW)
    expect((await repository.find('access_token'))?.expiresAt).toEqual(TEST_NOW)
  })

  it('is fetched by one at a time, without an open transaction meanwhile', async () => {
    const repository = await repositoryOfACorp()
    let inside = 0
    const order: string[] = []
    const enter = (name: string) =>
      repository.alone('corp_ticket', async () => {
        expect(++inside).toBe(1)
        const open = await test.db.pool.query(
          `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
        )
        expect(open.rows).toHaveLength(0)
        order.push(name)
        inside--
      })
    await Promise.all(['a', 'b', 'c', 'd'].map(enter))
    expect(order).toHaveLength(4)
  })

  it('another may be fetched although the one before failed', async () => {
    const repository = await repositoryOfACorp()
    await expect(repository.alone('agent_ticket', () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    )
    expect(await repository.alone('agent_ticket', () => Promise.resolve('yes'))).toBe('yes')
  })
})
