import { computed, ref, shallowRef, watch } from 'vue'
import type { Family, Person, PersonChange, PersonDetails } from '../../../shared/contract/people.ts'
import { createIntention, newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { changePerson, listPeople, removePerson, withdrawConsent } from '../../api/people.ts'
import { problemDetail, problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useLoad } from '../../ui/useLoad.ts'
import type { Contact } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { useFieldDrafts } from '../drafts/useFieldDrafts.ts'
import type { FieldEdit } from '../customers/useProfileEdit.ts'
import { whoIs } from './dateWords.ts'
import { offerUndo } from './undoFamilyChange.ts'

/** One person of the customer in view, loaded when it is asked for; each field is saved against the version before it. */
export function usePerson(personId: () => string, ended: () => void) {
  const current = useCurrentCustomerStore()
  const about = shallowRef<{ externalUserId: string; contact: Contact | undefined }>()
  const family = useLoad<Family>(() => listPeople(about.value?.externalUserId ?? ''))
  const trouble = ref('')
  const isBusy = ref(false)
  const changing = createIntention()
  const removing = createIntention()
  let last: Promise<void> = Promise.resolve()

  async function open(): Promise<void> {
    trouble.value = ''
    const { externalUserId, contact } = current
    family.data.value = undefined
    about.value = externalUserId ? { externalUserId, contact } : undefined
    if (externalUserId) await family.run()
  }
  watch(() => current.externalUserId, ended)

  const person = computed(() => family.data.value?.people.find(one => one.personId === personId()))
  const dates = computed(
    () => family.data.value?.dates.filter(date => date.person?.personId === personId()) ?? [],
  )

  /** Of a child nothing is kept on the device. */
  const kept = useFieldDrafts(
    name => `person.${personId()}.${name}`,
    () => about.value?.externalUserId,
    () => person.value?.isMinor !== false,
  )

  function show(changed: Person): void {
    const known = family.data.value
    if (!known) return
    family.data.value = {
      ...known,
      people: known.people.map(one => (one.personId === changed.personId ? changed : one)),
    }
  }

  /** Undefined when it was not written; `trouble` says why. */
  async function write(change: Partial<PersonChange>): Promise<Person | undefined> {
    const given = about.value
    const before = person.value
    if (!given || !before || !(await current.confirmStillHere(given.contact))) return undefined
    try {
      const key = changing.keyOf([before.personId, before.version, change])
      const changed = await changePerson(given.externalUserId, before.personId, change, before.version, key)
      changing.answered()
      show(changed)
      void current.refresh()
      return changed
    } catch (error) {
      trouble.value = `${problemDetail(error)}，没有改动`
      void family.run()
      return undefined
    }
  }

  async function put(name: keyof PersonDetails, { seen, words }: FieldEdit): Promise<void> {
    const before = person.value
    const of = about.value?.externalUserId
    if (!before || of === undefined) return
    if (before[name] !== seen) {
      kept.keep(of, name, words)
      trouble.value = '别人刚改过，没有改动。你写的还在，点开再存'
      return
    }
    const changed = await write({ [name]: words })
    if (!changed) return kept.keep(of, name, words)
    kept.drop(of, name)
    showToast(`改好了，${whoIs(changed)}`, () => void write({ [name]: seen }))
  }

  function save(name: keyof PersonDetails, edit: FieldEdit): void {
    trouble.value = ''
    last = last.then(() => put(name, edit))
  }

  async function end(act: (externalUserId: string, id: string) => Promise<void>): Promise<void> {
    const given = about.value
    const id = personId()
    if (isBusy.value || !given || !(await current.confirmStillHere(given.contact))) return
    isBusy.value = true
    try {
      await act(given.externalUserId, id)
      for (const { dateId } of dates.value) current.showDateGone(given.externalUserId, dateId)
      ended()
      void current.refresh()
    } catch (error) {
      trouble.value = `${problemTitle(error)}，没有去掉`
    } finally {
      isBusy.value = false
    }
  }

  return {
    family,
    person,
    dates,
    about: computed(() => about.value?.contact),
    trouble,
    kept,
    typed(name: keyof PersonDetails, edit: FieldEdit): void {
      if (about.value) kept.typed(about.value.externalUserId, name, edit)
    },
    discard(name: keyof PersonDetails): void {
      if (about.value) kept.drop(about.value.externalUserId, name)
    },
    isBusy,
    open,
    save,
    remove: () =>
      end(async (externalUserId, id) => {
        const words = person.value ? whoIs(person.value) : '家人'
        const { undoId } = await removePerson(externalUserId, id, removing.keyOf(id))
        removing.answered()
        offerUndo(`已去掉${words}`, { externalUserId, undoId }, () => void current.refresh())
      }),
    /** For good: the guardian does not want it kept any more. */
    withdraw: () =>
      end(async (externalUserId, id) => {
        await withdrawConsent(externalUserId, id, newIdempotencyKey())
        showToast('同意已收回，孩子的资料已经删除')
      }),
  }
}
