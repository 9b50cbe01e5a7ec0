import { computed, ref, watch } from 'vue'
import type { OpenSend, PartState } from '../../../shared/contract/sends.ts'
import { isUncertain, nextPart } from '../../../shared/rules/sendState.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { finishSend, listOpenSends } from '../../api/sends.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { deliver, file } from './deliver.ts'
import { receiverInView, useSendsStore } from './sends.store.ts'
import { sendOutcomeWords } from './sendWords.ts'
import { unfiledOf, withUnfiled } from './unfiled.ts'

/** The guide's word for a part that the client never answered for. */
const SEEN = '导购在聊天里看到了'

/** What is left of a send: going on with it, in order, or giving it up. Nothing goes on by itself. */
export function useRestOfSend(open: () => OpenSend) {
  const current = useCurrentCustomerStore()
  const sends = useSendsStore()
  const words = ref('')
  const states = computed<PartState[]>(() => {
    const { sendId, parts } = open()
    const { running } = sends
    return running?.sendId === sendId ? running.states : withUnfiled(sendId, parts)
  })
  const isRunning = computed(() => sends.running?.sendId === open().sendId)
  const next = computed(() => nextPart(states.value))

  // Another page was gone before the server had heard how its last part ended.
  watch(
    () => open().sendId,
    sendId => {
      words.value = ''
      const to = receiverInView()
      if (to && !sends.isBusy && unfiledOf(sendId).length > 0) void tell(to, sendId)
    },
    { immediate: true },
  )

  async function tell(to: NonNullable<ReturnType<typeof receiverInView>>, sendId: string): Promise<void> {
    const send = open()
    const known = withUnfiled(sendId, send.parts)
    if ((await file(to, sendId)) === 'superseded') return
    sends.showLeft(to, send, known)
    current.noteChange()
  }

  /** Runs one at a time, with the chat still the one it was begun for. */
  async function doing(
    what: string,
    work: (
      to: NonNullable<ReturnType<typeof receiverInView>>,
      begun: Pick<typeof current, 'contact' | 'reasonClass'>,
    ) => Promise<void>,
  ) {
    const to = receiverInView()
    const { contact, reasonClass } = current
    if (!to || !sends.begin()) return
    words.value = ''
    try {
      if (await current.confirmStillHere(contact)) await work(to, { contact, reasonClass })
    } catch (cause) {
      words.value = `${problemTitle(cause)}，${what}`
    } finally {
      sends.end()
    }
  }

  /**
   * Sends what is left. `seen`: the guide has found the doubtful part in the chat; `again`: she has looked, and it is not there.
   */
  const goOn = (look?: 'seen' | 'again') =>
    doing('还没有接着发', async (to, begun) => {
      const { sendId } = open()
      await file(to, sendId)
      const doubtful = next.value
      if (look === 'seen' && doubtful !== undefined) {
        const results = [{ index: doubtful, outcome: 'ok' as const, reason: SEEN }]
        await finishSend(to, sendId, { results }, newIdempotencyKey())
      }
      // As the server has it now: it may have gone on, or been given up, from another page.
      const send = (await listOpenSends(to)).sends.find(one => one.sendId === sendId)
      const known = send
        ? withUnfiled(
            sendId,
            send.parts.map(part => part.state),
          )
        : []
      const from = nextPart(known)
      if (!send || from === undefined) return done(to)
      if (isUncertain(known[from]) && look !== 'again') return sends.showLeft(to, send, known)
      const again = look === 'again' && isUncertain(known[from])
      const ended = await deliver({ to, ...begun, send, states: known, from, isNoted: false, again })
      words.value = sendOutcomeWords(ended)
    })

  const giveUp = () =>
    doing('还没有记下', async to => {
      const { sendId } = open()
      const results = unfiledOf(sendId)
      await finishSend(to, sendId, { results, stop: true }, newIdempotencyKey())
      await done(to)
    })

  async function done(to: NonNullable<ReturnType<typeof receiverInView>>): Promise<void> {
    sends.showLeft(to, open(), [])
    if (to.kind === 'customer') await current.refresh()
  }

  return {
    states,
    isRunning,
    next,
    words,
    goOn,
    giveUp,
    isBusy: computed(() => sends.isBusy),
    /** From here the client posts nothing. Whether the rest may leave now the server says when it is to. */
    isLocked: computed(() => !current.canSend),
  }
}
