/** `single:<userId>:<externalUserId>` */
export const singleConversation = (userId: string, externalUserId: string) =>
  `single:${userId}:${externalUserId}`

/** The customer or group on the other side of a conversation; neither for none. */
export function conversationPartner(conversationId: string): { externalUserId?: string; chatId?: string } {
  const [kind, first, second] = conversationId.split(':')
  if (kind === 'single' && second) return { externalUserId: second }
  if (kind === 'group' && first) return { chatId: first }
  return {}
}
