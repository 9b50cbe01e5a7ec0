/**
 * What WeCom tells the app's receive URL, in its own change types [D92130]; `callbacks/` writes the XML.
 * A value that does not apply is absent.
 */
export type CallbackEvent = ContactEvent | ChatEvent | TagEvent

export interface ContactEvent {
  event: 'change_external_contact'
  changeType:
    | 'add_external_contact'
    | 'edit_external_contact'
    | 'add_half_external_contact'
    | 'del_external_contact'
    | 'del_follow_user'
    | 'transfer_fail'
  userId: string
  externalUserId: string
  /** of the code the customer came by */
  state?: string
  /** 20 seconds, one use */
  welcomeCode?: string
  source?: 'DELETE_BY_TRANSFER'
  failReason?: 'customer_refused' | 'customer_limit_exceed'
}

export interface ChatEvent {
  event: 'change_external_chat'
  changeType: 'create' | 'update' | 'dismiss'
  chatId: string
  update?:
    | { detail: 'change_owner' | 'change_name' | 'change_notice' }
    | (MembersChange & { detail: 'add_member'; joinScene: 0 | 3 })
    | (MembersChange & { detail: 'del_member'; quitScene: 0 | 1 })
}

interface MembersChange {
  memberIds: string[]
  /** member_version before and after; a gap tells that an event was missed */
  lastVersion: string
  currentVersion: string
}

export interface TagEvent {
  event: 'change_external_tag'
  changeType: 'create' | 'update' | 'delete' | 'shuffle'
  /** of a shuffle: the group whose tags were put in order, or empty for the groups themselves */
  id: string
  /** not of a shuffle */
  tagType?: 'tag' | 'tag_group'
}
