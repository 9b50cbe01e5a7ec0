import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { vi } from 'vitest'
import type { Session } from '../../../shared/contract/session.ts'
import { router } from '../../../web/router.ts'
import WorkbenchView from '../../../web/views/WorkbenchView.vue'
import { makeSession } from '../../support/makeCard.ts'
import { standInChat, type Stand } from '../../support/mountInChat.ts'

/** The workbench as a member with this role has it, no page open yet. */
export function standAtWork(role: Session['staff']['role']): Promise<Stand> {
  const { staff } = makeSession()
  return standInChat(undefined, { session: { staff: { ...staff, role } } })
}

/** Waits for something that comes with a part of its own: fetching one takes long on a busy machine. */
export const whenDrawn = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 15_000 })

/** Opens an address of the workbench and waits until its page is drawn; what it asks for may still be under way. */
export async function openPage(stand: Stand, address: string): Promise<VueWrapper> {
  await router.push(address)
  const page = stand.mount(WorkbenchView)
  await whenDrawn(() => {
    if (!page.find('main').exists()) throw new Error(`nothing drawn at ${address}`)
  })
  await flushPromises()
  return page
}

/** As in a browser, whose history steps back a moment after it was asked to; here it would at once. */
export function stepBackLate(): void {
  const go = history.go.bind(history)
  const later = (delta: number) => void setTimeout(() => go(delta))
  vi.spyOn(history, 'go').mockImplementation(delta => later(delta ?? 0))
  vi.spyOn(history, 'back').mockImplementation(() => later(-1))
}
