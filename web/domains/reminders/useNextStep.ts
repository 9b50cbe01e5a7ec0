import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { OfferedScript, Reminder, ReminderAction } from '../../../shared/contract/reminders.ts'
import type { ScriptPart } from '../../../shared/contract/scripts.ts'
import { addDays } from '../../../shared/rules/civilDay.ts'
import { fill, type FilledPiece } from '../../../shared/rules/fillScript.ts'
import { reminderFacts } from '../../../shared/rules/scriptFacts.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { SENT_SHOWN_MS, useSend } from '../sends/useSend.ts'
import { useSessionStore } from '../session/session.store.ts'
import { lastPutOff, putOffWords } from './canPutOff.ts'
import { wordsInChat } from './wordsInChat.ts'

/** A part of the message as it will stand in the chat. */
export interface FilledPart {
  part: ScriptPart
  pieces: FilledPiece[]
  holes: string[]
}

// An undo and the tap after it must reach the server in this order, also when the card was drawn anew in between.
let lastWrite: Promise<unknown> = Promise.resolve()
function inOrder<T>(write: () => Promise<T>): Promise<T> {
  const turn = lastWrite.then(write, write)
  lastWrite = turn.catch(() => undefined)
  return turn
}

/** The one thing worth doing now for the customer in view: which, with which words, and putting it off. */
export function useNextStep() {
  const current = useCurrentCustomerStore()
  const session = useSessionStore()
  const sending = reactive(useSend())
  const stepIndex = ref(0)
  /** What stands there stays while she reads it, whatever is found to suit better meanwhile. */
  const shown = shallowRef<{ reminderId: string; scriptId: string }>()

  const reminders = computed(() => current.card?.reminders ?? [])
  const reminder = computed(() => reminders.value[stepIndex.value % Math.max(1, reminders.value.length)])
  /** As the server orders them, but what can be sent as it stands comes first. */
  const scripts = computed(() => {
    const offered = reminder.value?.scripts ?? []
    const isWhole = (one: OfferedScript) => filled(one).every(({ holes: missing }) => missing.length === 0)
    return [...offered.filter(isWhole), ...offered.filter(one => !isWhole(one))]
  })
  const facts = computed(() =>
    reminder.value ? reminderFacts(session.session, current.card, reminder.value) : {},
  )
  const filled = (one: OfferedScript): FilledPart[] =>
    one.parts.map(part =>
      part.kind === 'text' ? { part, ...fill(part.text, facts.value) } : { part, pieces: [], holes: [] },
    )

  const script = computed(() => {
    const { reminderId, scriptId } = shown.value ?? {}
    const stays = reminder.value?.reminderId === reminderId
    return (stays && scripts.value.find(one => one.scriptId === scriptId)) || scripts.value[0]
  })
  const show = (one: OfferedScript | undefined) => {
    const { reminderId } = reminder.value ?? {}
    shown.value = one && reminderId ? { reminderId, scriptId: one.scriptId } : undefined
  }
  watch([() => reminder.value?.reminderId, () => script.value?.scriptId], () => show(script.value), {
    immediate: true,
    flush: 'sync',
  })
  function swap() {
    const place = scripts.value.findIndex(one => one.scriptId === script.value?.scriptId)
    show(scripts.value[(place + 1) % scripts.value.length])
  }
  const parts = computed<FilledPart[]>(() => (script.value ? filled(script.value) : []))
  /** The reminder whose coupon stays here this time. */
  const without = ref<string>()
  const coupon = computed(() => {
    const { reminderId, coupon: offered } = reminder.value ?? {}
    // A message has nine parts at most, and the card is one.
    return offered && reminderId !== without.value && parts.value.length > 0 && parts.value.length < 9
      ? offered
      : undefined
  })
  const leaveCouponOut = () => void (without.value = reminder.value?.reminderId)
  const holes = computed(() => [...new Set(parts.value.flatMap(part => part.holes))])

  watch(
    // Another customer, or she comes from 今日 with another one to do: that one stands first.
    [() => current.externalUserId, () => reminders.value[0]?.reminderId],
    () => (stepIndex.value = 0),
  )
  // Other words are another intention. Not while this very step is being sent or shown as sent.
  watch([() => reminder.value?.reminderId, () => script.value?.scriptId], () => sending.reset())

  const finalParts = (): ScriptPart[] =>
    parts.value.map(({ part, pieces }) =>
      part.kind === 'text'
        ? { kind: 'text', text: pieces.map(piece => (piece.kind === 'hole' ? '' : piece.text)).join('') }
        : part,
    )

  /** Which words to whom: what has arrived of them is not sent a second time. */
  const message = computed(() =>
    JSON.stringify([current.externalUserId, reminder.value?.reminderId, finalParts()]),
  )
  const arrived = computed(() => wordsInChat.count(message.value))

  /** Sends what is shown, word for word; afterwards the next step takes its place. */
  async function send(): Promise<void> {
    const { externalUserId, contact, reasonClass } = current
    const step = reminder.value
    if (!script.value || !step || !externalUserId || holes.value.length > 0) return
    const { title, scriptId, version } = script.value
    const { reminderId } = step
    const { templateId } = coupon.value ?? {}
    const whole = message.value
    const rest = { title, parts: finalParts().slice(arrived.value), script: { scriptId, version } }
    if (templateId === undefined && rest.parts.length === 0) return finish()
    const isSent = await (templateId === undefined
      ? sending.send({ ...rest, reminderId })
      : sending.sendBy(rest.parts.length + 1, async show => {
          const { sendWithCoupon } = await import('../coupons/sendWithCoupon.ts')
          const end = await sendWithCoupon(
            {
              at: { contact, reasonClass },
              templateId,
              reminderId,
              message: rest,
              leaveOut: () => (without.value = reminderId),
            },
            show,
          )
          wordsInChat.note(whole, (end.kind !== 'sent' && end.sentParts) || 0)
          return end
        }))
    if (!isSent) return
    wordsInChat.forget(whole)
    setTimeout(() => {
      current.showReminderSent(externalUserId, step.reminderId)
      if (current.externalUserId === externalUserId) void current.refresh()
    }, SENT_SHOWN_MS)
  }

  /** Takes the step away at once, tells the server, and puts it back when that does not work or `撤销` is tapped. */
  async function putAway(action: ReminderAction, words: string, step = reminder.value): Promise<void> {
    const { externalUserId } = current
    if (!step || !externalUserId) return
    const place = reminders.value.indexOf(step)
    const putBack = () => current.changeReminders(externalUserId, before => inserted(before, place, step))
    current.changeReminders(externalUserId, before =>
      before.filter(one => one.reminderId !== step.reminderId),
    )
    try {
      if (!(await current.confirmStillHere())) return putBack()
      const api = await import('../../api/reminders.ts')
      await inOrder(() => api.actOnReminder(step.reminderId, action, newIdempotencyKey()))
      current.noteChange()
      showToast(words, () => {
        putBack()
        void inOrder(() =>
          api.actOnReminder(step.reminderId, { action: 'reopen' }, newIdempotencyKey()),
        ).catch((error: unknown) => {
          showToast(`${problemTitle(error)}，没有撤销`)
          return current.refresh()
        })
      })
    } catch (error) {
      putBack()
      showToast(`${problemTitle(error)}，没有改动`)
    }
  }

  /** Said in the chat in her own words, or whatever was promised is done. */
  const finish = () => putAway({ action: 'done', how: 'inChat' }, '记下了，做到了')

  return {
    reminder,
    script,
    parts,
    /** How many of them are in the chat already. */
    arrived,
    holes,
    coupon,
    leaveCouponOut,
    sending,
    lastPutOff: computed(() => reminder.value && lastPutOff(reminder.value, session.today)),
    others: computed(() => Math.max(0, reminders.value.length - 1)),
    canSwap: computed(() => scripts.value.length > 1),
    swap,
    nextStep: () => void stepIndex.value++,
    send,
    snooze: () => {
      const until = addDays(session.today, 1)
      const words = putOffWords(reminder.value?.order ?? null, until, session.today)
      return putAway({ action: 'snooze', until }, words)
    },
    finish,
    putAway,
  }
}

function inserted(reminders: Reminder[], place: number, step: Reminder): Reminder[] {
  if (reminders.some(one => one.reminderId === step.reminderId)) return reminders
  return [...reminders.slice(0, place), step, ...reminders.slice(place)]
}
