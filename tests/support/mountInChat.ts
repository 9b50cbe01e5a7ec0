import { createPinia, setActivePinia } from 'pinia'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import type { Component } from 'vue'
import type { Card } from '../../shared/contract/customers.ts'
import type { Session } from '../../shared/contract/session.ts'
import { useCurrentCustomerStore } from '../../web/domains/customers/currentCustomer.store.ts'
import { useSessionStore } from '../../web/domains/session/session.store.ts'
import type { Contact } from '../../web/wecom/bridge.ts'
import { createFakeApi, ok, type FakeApi } from './fakeApi.ts'
import { fakeBridge } from './fakeBridge.ts'
import { makeCard, makeSession } from './makeCard.ts'

export interface Stand {
  api: FakeApi
  current: ReturnType<typeof useCurrentCustomerStore>
  /** Another chat comes into view, and the page notices. */
  turnTo: (contact: Contact) => Promise<void>
  /** Another chat comes into view, and the page does not know yet. */
  turnSilently: (contact: Contact) => void
  mount: (component: Component, props?: Record<string, unknown>) => VueWrapper
  /** Takes every mounted component away. */
  leave: () => void
}

/** A page in a chat, with a server and a client that do as the test says. The test mocks the bridge itself. */
export async function standInChat(
  contact: Contact | undefined,
  given: { card?: (externalUserId: string) => Card; session?: Partial<Session> } = {},
): Promise<Stand> {
  setActivePinia(createPinia())
  fakeBridge.reset(contact)
  const api = createFakeApi()
  await api.install()
  const cardOf = given.card ?? ((id: string) => makeCard(id))
  api.on('get', /\/card$/, request => ok(cardOf(/customers\/([^/]+)/.exec(request.path)?.[1] ?? '')))
  useSessionStore().begin(makeSession(given.session))
  const current = useCurrentCustomerStore()
  const mounted: VueWrapper[] = []
  if (contact) await current.follow()
  await flushPromises()

  return {
    api,
    current,
    async turnTo(found) {
      fakeBridge.contact = found
      await current.follow()
      await flushPromises()
    },
    turnSilently: found => void (fakeBridge.contact = found),
    mount(component, props = {}) {
      const wrapper = mount(component, { props, attachTo: document.body })
      mounted.push(wrapper)
      return wrapper
    },
    leave: () => mounted.splice(0).forEach(wrapper => wrapper.unmount()),
  }
}

/** The one element that says this; throws when there is none. */
export function byText(wrapper: VueWrapper, selector: string, text: string) {
  const found = wrapper.findAll(selector).find(element => element.text().includes(text))
  if (!found) throw new Error(`no ${selector} with ${text} in ${wrapper.html()}`)
  return found
}
