import { showToast } from '../../ui/undoToast.ts'
import { isInWecom, openChat as openInWecom } from '../../wecom/bridge.ts'

/** Opens the WeCom chat with a customer; where the client cannot, says what to do instead. A second tap while it opens does nothing. */
export function useOpenChat() {
  let isOpening = false

  async function openChat(externalUserId: string): Promise<void> {
    if (isOpening) return
    if (!isInWecom()) return showToast('在企业微信里才能打开聊天')
    isOpening = true
    const result = await openInWecom(externalUserId)
    isOpening = false
    if (result !== 'ok' && result !== 'cancelled') showToast('这里打不开聊天，请在企业微信里搜客户的名字')
  }
  return { openChat }
}
