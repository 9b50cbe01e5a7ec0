/** WeCom says no: the code, its words, and the (empty) list fields that come along even then. */
export class ApiRefusal extends Error {
  override name = 'ApiRefusal'
  readonly errcode: number
  readonly empty: Record<string, unknown>

  constructor(errcode: number, words: string, empty: Record<string, unknown> = {}) {
    super(words)
    this.errcode = errcode
    this.empty = empty
  }
}

/** The bare words of each code we answer; clients must never match on them [D90664]. */
const words: Record<number, string> = {
  40001: 'invalid credential',
  40003: 'invalid userid',
  40004: 'invalid media type',
  40005: 'invalid type',
  40006: 'invalid media size',
  40007: 'invalid media_id',
  40008: 'invalid message type',
  40009: 'invalid image size',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40033: 'invalid charset. please check your request, if include \\uxxxx will create fail',
  40035: 'invalid parameters',
  40056: 'invalid agentid',
  40058: 'invalid Request Parameter',
  40063: 'some parameters are empty',
  40066: 'invalid url',
  40068: 'invalid tagid',
  40071: 'invalid tag name',
  40096: 'invalid external userid',
  40126: 'the number of corp tags exceeds the limit',
  40144: 'the number of tags of this contact exceeds the limit',
  41001: 'access_token missing',
  41002: 'corpid missing',
  41004: 'corpsecret missing',
  41008: 'missing code',
  41009: 'missing userid',
  41011: 'missing agentid',
  41111: 'too many ids',
  42001: 'access_token expired',
  42003: 'oauth_code expired',
  42022: 'code been used',
  43001: 'require GET method',
  43002: 'require POST method',
  43012: 'callback url is required for interactive template card',
  44001: 'empty media data',
  44004: 'text content is empty',
  45001: 'media size out of limit',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  45035: 'write conflict on this external contact',
  49008: 'group chat has been dismissed',
  50001: 'redirect_url domain not match',
  50100: 'invalid cursor',
  60003: 'department not found',
  60011: 'no privilege to access/modify contact/party/agent',
  60111: 'userid not found',
  81011: 'no permission to modify this tag',
  81013: 'user & party & tag all invalid',
  84061: 'not external contact',
  86001: 'invalid chatid',
  86003: 'no privilege to this chat',
  91040: 'invalid ticket type',
  301002: 'not allow to operate another agent with this accesstoken',
}

export function refuse(errcode: number, empty?: Record<string, unknown>): never {
  throw new ApiRefusal(errcode, wordsOf(errcode), empty)
}

export function wordsOf(errcode: number): string {
  return words[errcode] ?? 'system error'
}
