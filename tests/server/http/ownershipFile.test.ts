import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppEnv } from '../../../server/http/env.ts'
import { listOwnershipFiles, ownershipFile } from '../../../server/http/ownershipFile.ts'

const NAME = 'WW_verify_aB3dE6gH9jK2mN5p.txt'

let folder: string
const get = (path: string) =>
  new Hono<AppEnv>().route('/', ownershipFile(folder)).request(`http://app${path}`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidebar-ownership-'))
  await writeFile(join(folder, 'postgres.password'), 'a secret')
})
afterAll(() => rm(folder, { recursive: true }))

describe('the file that proves whose domain it is', () => {
  it('is served from the moment it is dropped in, as plain text', async () => {
    expect((await get(`/${NAME}`)).status).toBe(404)
    await writeFile(join(folder, NAME), 'aB3dE6gH9jK2mN5p')
    const answer = await get(`/${NAME}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await answer.text()).toBe('aB3dE6gH9jK2mN5p')
    expect(await listOwnershipFiles(folder)).toEqual([NAME])
  })

  it.each([
    '/postgres.password',
    '/WW_verify_..%2fpostgres.password',
    '/WW_verify_%2e%2e%2fpostgres.txt',
    '/WW_verify_.txt',
    '/WW_verify_short.txt',
    `/${NAME}.bak`,
    `/sub/${NAME}`,
    '/ww_verify_aB3dE6gH9jK2mN5p.txt',
    '/WW_verify_aB3dE6gH9jK2%00.txt',
  ])('is the only thing the folder shows: not %s', async path => {
    expect((await get(path)).status).toBe(404)
  })

  it('is small, ordinary and no link to something else', async () => {
    await writeFile(join(folder, 'WW_verify_toolarge00000000.txt'), 'x'.repeat(1025))
    await symlink(join(folder, 'postgres.password'), join(folder, 'WW_verify_alink0000000000.txt'))
    await mkdir(join(folder, 'WW_verify_afolder00000000.txt'))
    for (const name of ['toolarge00000000', 'alink0000000000', 'afolder00000000'])
      expect((await get(`/WW_verify_${name}.txt`)).status).toBe(404)
  })
})
