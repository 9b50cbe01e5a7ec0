import { computed } from 'vue'
import { budgetText } from '../../../shared/rules/contactBudget.ts'
import { spaced } from '../../../shared/rules/spaced.ts'
import type { Entry } from '../../wecom/bridge.ts'
import { useCurrentCustomerStore } from '../customers/currentCustomer.store.ts'
import { budgetOf, pronounOf, servedText } from '../customers/customerFacts.ts'
import { useOpenChat } from '../customers/useOpenChat.ts'
import { serverNow } from '../session/serverClock.ts'
import { useSessionStore } from '../session/session.store.ts'

/** Why nothing can be sent from here now, and the one way on, where there is one. */
export interface SendLock {
  icon: string
  title: string
  text: string
  action?: string
  act?: () => void
  /** Asked again when it is sent, with the reasons that would let it through. */
  canAsk?: boolean
  /** The words themselves are hers to use: she may copy them and paste them where she is. */
  canCopy?: true
}

/**
 * Whether messages may leave from where the page stands: to one's own customers only, on a contact's page the client posts nothing, and 先别写 holds
 * unless the guide says that it is what she waits for. What the server refuses besides, it says itself.
 */
export function useSendLock() {
  const current = useCurrentCustomerStore()
  const session = useSessionStore()
  const { openChat } = useOpenChat()

  return computed<SendLock | undefined>(() => {
    const { card, externalUserId } = current
    if (current.chatId) return undefined
    if (!card || !externalUserId) return nowhereLock(current.entry)
    if (!card.follow.isMine) {
      return { icon: 'lock', title: servedText(card), text: '这里可以看和改档案，消息和券由服务的同事发' }
    }
    if (!current.canSend) {
      return {
        icon: 'chat',
        title: '这里不能直接发',
        text: spaced('打开和', current.address, '的聊天再发'),
        action: '去聊天',
        act: () => void openChat(externalUserId),
        canCopy: true,
      }
    }
    const budget = budgetOf(card, session.corp.timeZone, serverNow(), { reasonClass: current.reasonClass })
    if (budget.level !== 'stop') return undefined
    const text = `${budgetText(budget, card.today)}；${pronounOf(card)}来消息要回，不算主动写`
    return {
      icon: 'lock',
      title: budget.word,
      text,
      canAsk: true,
      ...(budget.bypass.length > 0 ? { action: '有要紧事', act: () => (current.isRuleOpen = true) } : {}),
    }
  })
}

/** Whom a message would go to is not known here, so none could be recorded as hers. */
const nowhereLock = (entry: Entry | undefined): SendLock => ({
  icon: 'chat',
  title: '这里不能直接发',
  text:
    entry === 'chat_attachment'
      ? '附件栏里看不到是哪位客户。复制了贴进去，或从聊天右侧打开再发'
      : '这位还不在你名下，发了也记不下。可以复制了贴进聊天',
  canCopy: true,
})
