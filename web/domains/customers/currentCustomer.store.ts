import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { QuietState, ReasonClass } from '../../../shared/contract/contactRules.ts'
import type { Card, Profile, Remark, VersionedProfile } from '../../../shared/contract/customers.ts'
import type { ImportantDate } from '../../../shared/contract/people.ts'
import type { Reminder } from '../../../shared/contract/reminders.ts'
import type { CustomerTags } from '../../../shared/contract/tags.ts'
import { ApiError } from '../../api/apiError.ts'
import { getCard } from '../../api/firstScreen.ts'
import {
  BridgeSilent,
  currentContact,
  isInWecom,
  isSameContact,
  type Contact,
  type Entry,
} from '../../wecom/bridge.ts'
import { noteServerNow } from '../session/serverClock.ts'
import { dateSentFor, forgetSentForDate, wasSentHere, type MeantDate } from './arrival.ts'
import { countedOnce } from './customerFacts.ts'
import { addressOf } from './customerNames.ts'

/**
 * Where the page stands: `asking` the client · in the chat of a `customer` or a `group` · `elsewhere` in WeCom ·
 * `outside` WeCom · the client is `silent` or `refused`.
 */
export type Place = 'asking' | 'customer' | 'group' | 'elsewhere' | 'outside' | 'silent' | 'refused'

/**
 * Why something was just stopped: the chat had changed, or the client did not say whose it is. `stopped`: of a message of several
 * parts some had arrived by then.
 */
export type Notice =
  { kind: 'switched'; stopped?: { sentParts: number; leftParts: number } } | { kind: 'silent' }

/** The four tabs below the first screen. */
export type TabName = 'scripts' | 'coupons' | 'profile' | 'timeline'

/** How long an answer may take before the customer on the screen counts as doubtful. */
const DOUBT_MS = 300

/** How many customers are remembered for an immediate second look; memory only, gone with the page. */
const REMEMBERED_CUSTOMERS = 50
/** A card older than this is asked for again when the page is shown again. */
const FRESH_MS = 60_000

/** Which field of the profile a variable of a script is filled from. */
const fieldByVariable: Readonly<Record<string, keyof Profile | undefined>> = {
  称呼: 'salutation',
  会员等级: 'tier',
  戒圈: 'ringSize',
  手围: 'wristSize',
}
const dateVariables = new Set([
  '家人称呼',
  '家人关系',
  '日子名称',
  '日子',
  '农历日子',
  '星期',
  '还有几天',
  '周年',
])

/** What may be kept for a second look: nothing of a child, whose every look is recorded (P28). */
const withoutMinors = (card: Card): Card => ({
  ...card,
  dates: card.dates.filter(({ person }) => !person?.isMinor),
  reminders: card.reminders.filter(({ date }) => !date?.person?.isMinor),
})

/** The contact in view. The latest question wins; a changed contact clears the old customer before the new one shows. */
export const useCurrentCustomerStore = defineStore('currentCustomer', () => {
  const place = ref<Place>('asking')
  const contact = shallowRef<Contact>()
  const entry = ref<Entry>()
  const card = shallowRef<Card>()
  /** Why the card is not there. */
  const error = shallowRef<unknown>()
  const isLoading = ref(false)
  const notice = shallowRef<Notice>()
  /** The chat the notice of a change is about: with her again there is nothing to tell. */
  let switchedFrom: Contact | undefined
  /** Grows with every change that lists about this customer should notice. */
  const changes = ref(0)
  const tab = ref<TabName>()
  /** The folder of scripts that is asked for from elsewhere. */
  const askedFolder = ref<string>()
  const askedField = ref<keyof Profile>()
  const isAskingForDate = ref(false)
  /** One line about her family is being pasted. */
  const isPastingLine = ref(false)
  /** What the guide said that the next message is: holds for it alone, and for this customer. */
  const reasonClass = ref<ReasonClass>()
  /** The rules behind the dot are being looked at. */
  const isRuleOpen = ref(false)

  const remembered = new Map<string, Card>()
  /** The date she came for from 今日, long before its reminder. */
  const meant = shallowRef<MeantDate>()
  let latestQuestion = 0
  const openQuestions = new Set<number>()
  /** The client takes its time to say who is in view: whoever is known may be the wrong one, and is not shown. */
  const isDoubtful = ref(false)
  let latestLoad = 0
  let freshUntil = 0
  /** Grows with every change shown before the server's card knows of it. */
  let edits = 0
  /** Sent from this page: never offered again, even while the server has not heard of it. */
  const sentReminders = new Set<string>()

  const externalUserId = computed(() =>
    contact.value?.kind === 'customer' ? contact.value.externalUserId : undefined,
  )
  const chatId = computed(() => (contact.value?.kind === 'group' ? contact.value.chatId : undefined))

  function remember(found: Card): void {
    const id = found.customer.externalUserId
    remembered.delete(id)
    remembered.set(id, withoutMinors(found))
    const oldest = remembered.keys().next().value
    if (remembered.size > REMEMBERED_CUSTOMERS && oldest !== undefined) remembered.delete(oldest)
  }

  function show(found: Card): void {
    const reminders = found.reminders.filter(one => !sentReminders.has(one.reminderId))
    card.value = { ...found, reminders }
    freshUntil = Date.now() + FRESH_MS
    noteServerNow(found.now)
    remember(card.value)
  }

  /** Loads the card of the customer in view; `first` is a request already under way for the same customer. */
  async function load(first?: Promise<Card | undefined>): Promise<void> {
    const id = externalUserId.value
    if (!id) return
    const turn = ++latestLoad
    const seen = edits
    isLoading.value = true
    error.value = undefined
    try {
      const found = (await first) ?? (await getCard(id))
      if (turn !== latestLoad || externalUserId.value !== id) return
      // Read before the guide changed something meanwhile: it would take the change off the screen.
      if (edits !== seen) return await load()
      show(found)
    } catch (cause) {
      if (turn !== latestLoad || externalUserId.value !== id) return
      error.value = cause
      // Whoever may not see her any more must not see what is remembered either.
      if (cause instanceof ApiError && cause.problem.status === 404) {
        remembered.delete(id)
        card.value = undefined
      }
    } finally {
      if (turn === latestLoad) isLoading.value = false
    }
  }

  /** Turns to a contact: the old customer disappears at once, one seen before shows at once and is refreshed. */
  function turnTo(found: Contact, first?: Promise<Card | undefined>): void {
    const isNew = !isSameContact(contact.value, found)
    contact.value = found
    entry.value = found.kind === 'elsewhere' ? found.entry : undefined
    place.value = found.kind
    meant.value = found.kind === 'customer' ? dateSentFor(found.externalUserId) : undefined
    if (isSameContact(switchedFrom, found)) {
      switchedFrom = undefined
      if (notice.value?.kind === 'switched') notice.value = undefined
    }
    if (isNew) {
      latestLoad++
      isLoading.value = false
      card.value = found.kind === 'customer' ? remembered.get(found.externalUserId) : undefined
      error.value = undefined
      tab.value = undefined
      askedField.value = undefined
      isAskingForDate.value = false
      isPastingLine.value = false
      reasonClass.value = undefined
      isRuleOpen.value = false
    }
    // From 今日, with one thing to do: what stands first has changed.
    const isStale = !card.value || Date.now() > freshUntil || wasSentHere(freshUntil - FRESH_MS)
    if (found.kind === 'customer' && (isNew || isStale || first)) void load(first)
  }

  function lose(cause: unknown): void {
    // A chat that was known stays: sends and writes ask again anyway, and a customer should not vanish for one silence.
    if (place.value === 'customer' || place.value === 'group') return
    place.value = cause instanceof BridgeSilent ? 'silent' : 'refused'
  }

  /** Asks the client who is in view and follows. `asked`, `first`: the question and card request begun before the app was there. */
  async function follow(
    asked: Promise<Contact> = currentContact(),
    first?: Promise<Card | undefined>,
  ): Promise<void> {
    const turn = ++latestQuestion
    openQuestions.add(turn)
    const doubt = setTimeout(() => (isDoubtful.value = true), DOUBT_MS)
    try {
      const found = await asked
      if (turn !== latestQuestion) return
      turnTo(found, first)
    } catch (cause) {
      if (turn === latestQuestion) lose(cause)
    } finally {
      clearTimeout(doubt)
      openQuestions.delete(turn)
      if (openQuestions.size === 0) isDoubtful.value = false
    }
  }

  /** Begins with what the document's entry has already asked for, and keeps following the chat. */
  function begin(asked: Promise<Contact> | undefined, first: Promise<Card | undefined> | undefined): void {
    if (!isInWecom() || !asked) {
      place.value = 'outside'
      return
    }
    // The events of the first showing must not ask a second time while the first question is open.
    let isBeginning = true
    void follow(asked, first).then(() => (isBeginning = false))
    const again = () => {
      if (!isBeginning && document.visibilityState !== 'hidden') void follow()
    }
    addEventListener('pageshow', event => {
      if (event.persisted) again()
    })
    addEventListener('focus', again)
    document.addEventListener('visibilitychange', again)
  }

  /**
   * Reads the contact again right before a send or a write. False when it is another one or unknown: then nothing may
   * leave, the strip says so, and the page follows the new chat. What takes several steps hands in the contact it began
   * with: the page may have followed another chat meanwhile, and that one would then be "still here".
   */
  async function confirmStillHere(before: Contact | undefined = contact.value): Promise<boolean> {
    const turn = ++latestQuestion
    let found: Contact
    try {
      found = await currentContact()
    } catch {
      notice.value = { kind: 'silent' }
      return false
    }
    // Somebody asked after us: what is in view now is theirs to say; the same chat is still the same.
    if (turn === latestQuestion && !isSameContact(before, found)) turnTo(found)
    const isSame = isSameContact(before, found) && isSameContact(contact.value, found)
    switchedFrom = isSame ? undefined : before
    notice.value = isSame ? undefined : { kind: 'switched' }
    return isSame
  }

  /** Tries again after silence or refusal. */
  async function retry(): Promise<void> {
    if (place.value === 'customer') return load()
    place.value = 'asking'
    await follow()
  }

  /** What changed on the server shows here and in the lists. */
  async function refresh(): Promise<void> {
    changes.value++
    await load()
  }

  const change = (id: string, changed: (before: Card) => Card) => {
    const known = card.value?.customer.externalUserId === id ? card.value : remembered.get(id)
    if (!known) return
    edits++
    const after = changed(known)
    remember(after)
    if (externalUserId.value === id) card.value = after
  }

  /** Leads to the fact that fills a hole: a field of the profile, or the sheet for a new date. */
  function askFor(variable: string): void {
    if (dateVariables.has(variable)) {
      isAskingForDate.value = true
      return
    }
    tab.value = 'profile'
    askedField.value = fieldByVariable[variable]
  }

  return {
    place,
    contact,
    entry,
    externalUserId,
    chatId,
    card,
    error,
    isLoading,
    /** Shown from memory while the fresh answer is awaited. */
    isUpdating: computed(() => isLoading.value && card.value !== undefined),
    canSend: computed(
      () => contact.value !== undefined && contact.value.kind !== 'elsewhere' && contact.value.canSend,
    ),
    /** How to address the customer in view; empty while nobody is. */
    address: computed(() => (card.value ? addressOf(card.value) : '')),
    notice,
    changes,
    tab,
    askedField,
    isDoubtful,
    isAskingForDate,
    isPastingLine,
    reasonClass,
    isRuleOpen,
    begin,
    follow,
    confirmStillHere,
    retry,
    refresh,
    /** Lists about her should look again; the first screen stays as it is. */
    noteChange: () => void changes.value++,
    askFor,
    askedFolder,
    /** Scripts of one folder. */
    openScripts: (folder: string) => {
      askedFolder.value = folder
      tab.value = 'scripts'
    },
    dismissNotice: () => (notice.value = undefined),
    /** What the change of chats stopped had partly arrived. */
    noteStopped: (sentParts: number, leftParts: number): void => {
      if (notice.value?.kind === 'switched' && sentParts > 0)
        notice.value = { kind: 'switched', stopped: { sentParts, leftParts } }
    },
    meantDate: computed(() => card.value?.dates.find(({ dateId }) => dateId === meant.value?.dateId)),
    meantRemindOn: computed(() => meant.value?.remindOn),
    dismissMeantDate: () => {
      meant.value = undefined
      forgetSentForDate()
    },
    showProfile: (profile: VersionedProfile) => {
      if (externalUserId.value) {
        change(externalUserId.value, before => ({ ...before, customer: { ...before.customer, profile } }))
      }
    },
    showRemark: (id: string, { remark, sync }: Remark) =>
      change(id, before => ({ ...before, follow: { ...before.follow, remark, remarkSync: sync } })),
    showQuiet: (id: string, { quiet, version }: QuietState) =>
      change(id, before => ({ ...before, contact: { ...before.contact, quiet, quietVersion: version } })),
    /** Tags of a customer, who need not be in view any more. */
    showTags: (id: string, tags: CustomerTags) => change(id, before => ({ ...before, tags })),
    changeTags: (id: string, changed: (before: CustomerTags) => CustomerTags) =>
      change(id, before => ({ ...before, tags: changed(before.tags) })),
    /** Noted or changed. */
    showDate: (id: string, date: ImportantDate) =>
      change(id, before => ({
        ...before,
        dates: [...before.dates.filter(({ dateId }) => dateId !== date.dateId), date].sort((a, b) =>
          a.nextOn.localeCompare(b.nextOn),
        ),
      })),
    /** I have just written to her: the budget says so at once, before the server's card does, and the reason given for it is used up. */
    showContacted: (id: string, lastWhat: string) => {
      if (externalUserId.value === id) reasonClass.value = undefined
      change(id, before => {
        const contact = {
          ...countedOnce(before.contact, before.today),
          lastAt: new Date().toISOString(),
          lastByName: null,
          lastByMe: true,
          lastWhat,
        }
        return { ...before, contact }
      })
    },
    /** What is left of this message of mine to her; nothing when undefined. */
    showUnfinished: (id: string, sendId: string, left: Card['unfinishedSend'] | undefined) =>
      change(id, before =>
        left || before.unfinishedSend?.sendId === sendId
          ? { ...before, unfinishedSend: left ?? null }
          : before,
      ),
    /** Its message is in the chat: it leaves the first screen for good. */
    showReminderSent: (id: string, reminderId: string) => {
      sentReminders.add(reminderId)
      change(id, before => ({
        ...before,
        reminders: before.reminders.filter(one => one.reminderId !== reminderId),
      }))
    },
    /** Takes a reminder off the first screen, or puts it back where it stood. */
    changeReminders: (id: string, changed: (before: Reminder[]) => Reminder[]) =>
      change(id, before => ({ ...before, reminders: changed(before.reminders) })),
    showDateGone: (id: string, dateId: string) =>
      change(id, before => ({ ...before, dates: before.dates.filter(date => date.dateId !== dateId) })),
  }
})
