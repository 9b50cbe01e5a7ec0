import { ref } from 'vue'
import { openChat as openInWecom } from '../../wecom/bridge.ts'

/** Opens the WeCom chat with a customer; where the client cannot, says what to do instead. */
export function useOpenChat() {
  const hint = ref('')
  async function openChat(externalUserId: string): Promise<void> {
    hint.value = ''
    const result = await openInWecom(externalUserId)
    if (result !== 'ok' && result !== 'cancelled') hint.value = '这里打不开聊天，请在企业微信里搜她的名字'
  }
  return { openChat, hint }
}
