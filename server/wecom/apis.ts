/**
 * Every endpoint the product calls, and when a call may be made again at once:
 * `always` asking, or a write that leaves the same state · `answered` only after a refusal, which says that nothing was
 * done; never after a lost answer · `never` good for one try.
 */
export const wecomApis = {
  gettoken: 'always',
  get_jsapi_ticket: 'always',
  'ticket/get': 'always',
  'auth/getuserinfo': 'never',
  'agent/get': 'always',
  getcallbackip: 'always',
  'user/get': 'always',
  'user/simplelist': 'always',
  'department/list': 'always',
  'externalcontact/get_follow_user_list': 'always',
  'externalcontact/get': 'always',
  'externalcontact/batch/get_by_user': 'always',
  'externalcontact/remark': 'always',
  'externalcontact/get_corp_tag_list': 'always',
  'externalcontact/mark_tag': 'always',
  'externalcontact/groupchat/list': 'always',
  'externalcontact/groupchat/get': 'always',
  // With WeCom's duplicate check on, a repeat within its time is dropped.
  'message/send': 'always',
  // A repeat would be answered "already in transfer" and look like a refusal.
  'externalcontact/transfer_customer': 'answered',
  'externalcontact/resigned/transfer_customer': 'answered',
  'externalcontact/transfer_result': 'always',
  'externalcontact/resigned/transfer_result': 'always',
  'externalcontact/get_unassigned_list': 'always',
  // A repeat makes a second code; the first would be nobody's, for only its config_id can change or delete it.
  'externalcontact/add_contact_way': 'answered',
  'externalcontact/update_contact_way': 'always',
  'externalcontact/del_contact_way': 'always',
  'externalcontact/get_contact_way': 'always',
  'externalcontact/list_contact_way': 'always',
  // One use per code: whoever tries again has to know of the first try, for then "greeted already" may be that one.
  'externalcontact/send_welcome_msg': 'never',
  // A repeat makes a second copy that nobody uses and that is gone in three days.
  'media/upload': 'always',
} as const satisfies Record<string, 'always' | 'answered' | 'never'>

export type WecomApi = keyof typeof wecomApis
