/** Under which an edited text of a script is kept for a customer or a group. */
export const editKind = (scriptId: string): string => `script:${scriptId}`

/** Whose draft an edited text is: the customer's in view, or the group's. */
export const editedFor = (chat: { externalUserId?: string; chatId?: string }): string | undefined =>
  chat.externalUserId ?? (chat.chatId === undefined ? undefined : `group:${chat.chatId}`)
