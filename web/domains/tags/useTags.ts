import { computed, onScopeDispose, watch } from 'vue'
import type { CustomerTags } from '../../../shared/contract/tags.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { problemTitle } from '../../ui/problemTitle.ts'
import { showToast } from '../../ui/undoToast.ts'
import { useDraftsStore } from '../drafts/drafts.store.ts'
import { usePendingStore } from '../drafts/pending.store.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { adding, applied, joined, reversed, type KnownTag, type TagChange } from './tagChanges.ts'
import { useTagsStore } from './tags.store.ts'

const TAGS_DRAFT = 'tags'

/** When to look whether WeCom has taken a change, counted from the change, in milliseconds; then it may take its time. */
const SYNC_LOOKS_MS = [1_500, 4_000, 10_000, 30_000] as const

/**
 * Tags of the customer in view. A change shows at once, goes to the server one after the other, and is taken back when the
 * server refuses or the chat has changed; then it waits as a draft of that customer. Without a network it stays shown and
 * waits on the device. What WeCom has not yet taken is looked after until it has.
 */
export function useTags() {
  const current = useCurrentCustomerStore()
  const catalogue = useTagsStore()
  const drafts = useDraftsStore()
  const pending = usePendingStore()
  /** With what waits on the device: the server's answers do not know of it. */
  const tags = computed<CustomerTags | undefined>(() => {
    const { card, externalUserId } = current
    return (
      card &&
      pending.writes
        .filter(
          ({ customerId, act, draft: wanted }) =>
            customerId === externalUserId && act.kind === 'tags' && wanted,
        )
        .reduce((before, { draft: wanted }) => applied(before, wanted?.value as TagChange), card.tags)
    )
  })
  let queue: Promise<void> = Promise.resolve()
  let waiting = 0
  let made = 0

  const show = (externalUserId: string, change: TagChange) =>
    current.changeTags(externalUserId, before => applied(before, change))
  const draft = computed(
    () =>
      drafts.draftOf(current.externalUserId, TAGS_DRAFT) as { value: TagChange; reason: string } | undefined,
  )
  /** Off the screen again; what the guide wanted waits for her to say so once more. */
  function takeBack(externalUserId: string, change: TagChange, reason: string): void {
    show(externalUserId, reversed(change))
    if (change.add.length + change.remove.length === 0) return
    const before = drafts.draftOf(externalUserId, TAGS_DRAFT)?.value as TagChange | undefined
    drafts.keep(externalUserId, TAGS_DRAFT, { value: joined(before, change), reason })
  }

  /** Shows the change and hands it to the queue; resolves when the server has answered. */
  function make(externalUserId: string, change: TagChange): Promise<void> {
    show(externalUserId, change)
    waiting++
    made++
    queue = queue.then(() => write(externalUserId, change)).finally(() => waiting--)
    return queue
  }

  async function write(externalUserId: string, change: TagChange): Promise<void> {
    // The customer was left before it was this change's turn: nothing of it has left either.
    if (current.externalUserId !== externalUserId) {
      showToast('聊天换人了，标签没有改')
      return takeBack(externalUserId, change, '聊天换人了，没有存上')
    }
    if (!(await current.confirmStillHere())) return takeBack(externalUserId, change, '没有存上')
    try {
      const [api, { writeOrKeep }] = await Promise.all([
        import('../../api/tags.ts'),
        import('../drafts/pendingWrites.ts'),
      ])
      const ids = (list: KnownTag[]) => list.map(tag => tag.tagId)
      const body = { add: ids(change.add), remove: ids(change.remove) }
      const key = newIdempotencyKey()
      const answer = await writeOrKeep(
        {
          customerId: externalUserId,
          key,
          act: { kind: 'tags', ...body },
          draft: { kind: TAGS_DRAFT, value: change },
        },
        () => api.changeTags(externalUserId, body, key),
      )
      // It stays shown as on its way; that it waits for the network stands above.
      if (answer === 'kept') return
      // Only the last answer shows: an earlier one does not know of the changes behind it.
      if (waiting === 1) current.showTags(externalUserId, answer)
      current.noteChange()
    } catch (error) {
      takeBack(externalUserId, change, `${problemTitle(error)}，没有存上`)
      showToast(`${problemTitle(error)}，标签没有改`)
    }
  }

  function remove(tag: KnownTag): void {
    const { externalUserId } = current
    if (!externalUserId) return
    const change: TagChange = { add: [], remove: [tag] }
    void make(externalUserId, change)
    showToast(`已去掉「${tag.name}」`, () => void make(externalUserId, reversed(change)))
  }

  function add(tag: KnownTag): void {
    const { externalUserId } = current
    if (!externalUserId || !tags.value) return
    void make(externalUserId, adding(tag, tags.value, catalogue.isSingleChoice(tag.groupId)))
  }

  function acknowledge(): void {
    const { externalUserId } = current
    if (!externalUserId || !tags.value) return
    current.showTags(externalUserId, { ...tags.value, refused: [] })
    void make(externalUserId, { add: [], remove: [] })
  }

  async function lookAgain(externalUserId: string): Promise<void> {
    const api = await import('../../api/tags.ts')
    const before = made
    const found = await api.listCustomerTags(externalUserId)
    // What was changed since the question is not in the answer.
    if (waiting === 0 && made === before) current.showTags(externalUserId, found)
  }

  /** The draft once more, as one change. */
  function saveDraft(): void {
    const { externalUserId } = current
    const change = draft.value?.value
    if (!externalUserId || !change) return
    void drafts.drop(externalUserId, TAGS_DRAFT).then(() => make(externalUserId, change))
  }
  function discardDraft(): void {
    if (current.externalUserId) void drafts.drop(current.externalUserId, TAGS_DRAFT)
  }

  let timers: ReturnType<typeof setTimeout>[] = []
  const stopLooking = () => {
    timers.forEach(clearTimeout)
    timers = []
  }
  watch(
    [
      () => tags.value?.tags.some(tag => tag.sync === 'pending') && current.externalUserId,
      () => pending.settled,
    ] as const,
    ([externalUserId, settled], [before]) => {
      // What waited for the network was on its way already, and leaves only now.
      if (externalUserId === before && settled?.customerId !== externalUserId) return
      stopLooking()
      if (!externalUserId) return
      timers = SYNC_LOOKS_MS.map(pause =>
        // A look that does not come through is no loss: the next one, or the next opening, tells.
        setTimeout(() => void lookAgain(externalUserId).catch(() => undefined), pause),
      )
    },
    { immediate: true },
  )
  onScopeDispose(stopLooking)

  return {
    tags,
    add,
    remove,
    /** What could not be saved. */
    draft,
    saveDraft,
    discardDraft,
    /** The refusals were read. */
    acknowledge,
  }
}
