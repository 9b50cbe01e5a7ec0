import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { Profile, VersionedProfile } from '../../../../shared/contract/customers.ts'
import { useProfileEdit } from '../../../../web/domains/customers/useProfileEdit.ts'
import { ok, problem } from '../../../support/fakeApi.ts'
import { inChatWith, inGroup } from '../../../support/fakeBridge.ts'
import { makeCard } from '../../../support/makeCard.ts'
import { standInChat, type Stand } from '../../../support/mountInChat.ts'

vi.mock('../../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

let stand: Stand
let scope: EffectScope
let profile: VersionedProfile
beforeEach(async () => {
  scope = effectScope()
  profile = makeCard('wmA').customer.profile
  stand = await standInChat(inChatWith('wmA'))
  stand.api.on('patch', /./, request => {
    if (request.version !== `"${profile.version}"`) return problem('version_conflict')
    profile = { ...profile, ...(request.body as Partial<Profile>), version: profile.version + 1 }
    return ok(profile)
  })
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
})
const edit = () => scope.run(() => useProfileEdit()) as ReturnType<typeof useProfileEdit>
const writes = () => stand.api.sentTo('patch', /./)

it('writes nothing that was typed about somebody else, however well the present chat is known', async () => {
  const { save, isSaving, valueOf } = edit()
  await stand.turnTo(inChatWith('wmB'))
  const saving = save('note', { about: inChatWith('wmA'), seen: null, words: '只说她的' })
  expect(isSaving('note')).toBe(false)
  expect(valueOf('note')).toBeNull()
  await saving
  expect(writes()).toHaveLength(0)
  expect(stand.current.notice).toEqual({ kind: 'switched' })
})

it.each([undefined, inGroup('wrG')])('writes nothing about %o', async about => {
  const { save } = edit()
  await save('note', { about, seen: null, words: '谁' })
  expect(writes()).toHaveLength(0)
})

it('two at the same moment go one after the other', async () => {
  const { save, trouble } = edit()
  const about = inChatWith('wmA')
  await Promise.all([
    save('wish', { about, seen: null, words: '手镯' }),
    save('note', { about, seen: null, words: '怕贵' }),
  ])
  expect(writes().map(({ version }) => version)).toEqual(['"1"', '"2"'])
  expect(profile).toMatchObject({ wish: '手镯', note: '怕贵' })
  expect(trouble.value).toBe('')
})
