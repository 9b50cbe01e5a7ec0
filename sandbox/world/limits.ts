/** A quota of one API beside the usual ones; who passes it is shut out as long as WeCom does for such a rule [FREQ]. */
export interface Quota {
  api: string
  per: 'minute' | 'hour' | 'day' | 'month'
  most: number
}

/**
 * Numbers WeCom publishes and may change without notice: wecom/limits.md. No code holds one; tests change them.
 * "Length" counts characters (字), "bytes" UTF-8.
 */
export interface ApiLimits {
  /** calls of one API by the corp */
  callsPerMinute: number
  callsPerHour: number
  /** calls of one API from one address */
  callsPerMinuteOfIp: number
  callsPerHourOfIp: number
  /** 45009 goes on this long after a minute, hour or month rule was passed; a day rule holds until midnight */
  minuteBlockSeconds: number
  hourBlockSeconds: number
  monthBlockDays: number
  /** calls per hour of each ticket API: by the one app, by the whole corp */
  ticketsPerHour: number
  ticketsPerHourOfCorp: number
  /** calls per minute with `debug=1`, per API */
  debugCallsPerMinute: number
  /** further rules for single APIs */
  quotas: Quota[]
  /** consecutive wrong secrets from one address before it is blocked, and for how long */
  wrongSecretsBeforeBlock: number
  wrongSecretBlockSeconds: number

  tokenSeconds: number
  ticketSeconds: number
  codeSeconds: number

  /** mark_tag and remark calls at work at the same time; more → 45033 */
  parallelWrites: number
  /** how long one mark_tag or remark takes, milliseconds; a second one for the same customer meanwhile → 45035 */
  writeMs: number

  /** more → a transfer ends with 40099 or `customer_limit_exceed` */
  customersPerMember: number
  /** per customer and 90 days; more → 40128 */
  transfersPer90Days: number
  /** how long a transferred customer has for a no, seconds */
  takeoverSeconds: number
  customersPerTransfer: number
  transferMessageLength: number
  transferResultsPerPage: number
  unassignedPerPage: number
  /** after that nobody takes over what a leaver left */
  resignedWithinDays: number
  groupsPerTransfer: number
  /** groups one member may become the owner of in a day */
  groupsPerNewOwnerPerDay: number
  /** per group whose owner is at work, and 90 days */
  groupTransfersPer90Days: number
  usersPerBatch: number
  /** batch/get_by_user: page asked for nothing, and the most */
  usualFollowsPerPage: number
  followsPerPage: number
  /** externalcontact/get pages only beyond this */
  followersPerPage: number
  remarkLength: number
  descriptionLength: number
  remarkCompanyLength: number

  tagsPerCorp: number
  tagsPerFollow: number
  tagNameLength: number
  tagIdsPerCall: number

  groupsPerPage: number
  groupOwnersPerCall: number
  /** more members in range than this → groupchat/list without owners is refused with 81017 */
  membersWithoutOwnerFilter: number

  /** app notices one member gets; surplus is dropped silently */
  noticesPerMinute: number
  noticesPerHour: number
  /** person-times a day by the app: so many for each account the corp may have */
  noticesPerAccountPerDay: number
  accounts: number
  usersPerMessage: number
  partiesPerMessage: number
  tagsPerMessage: number
  textBytes: number
  cardTitleLength: number
  cardDescriptionLength: number
  cardUrlBytes: number
  cardButtonLength: number
  articlesPerMessage: number
  usualDuplicateSeconds: number
  longestDuplicateSeconds: number
  recallSeconds: number

  /** every upload must be larger */
  smallestMediaBytes: number
  imageBytes: number
  voiceBytes: number
  videoBytes: number
  fileBytes: number
  mediaSeconds: number

  contactWaysPerCorp: number
  membersPerContactWay: number
  /** of state and remark */
  contactWayTextLength: number
  usualContactWaysPerPage: number
  contactWaysPerPage: number
  /** how long a welcome code is good */
  welcomeSeconds: number
  welcomeTextBytes: number
  welcomeAttachments: number
  linkTitleBytes: number
  linkDescriptionBytes: number
  linkUrlBytes: number
  miniprogramTitleBytes: number
}

const megabyte = 1024 * 1024

/** As published [FREQ, D92228, D92137, D92117, D90236, D90253, COMM 2021]; the length of a write and the accounts are our guess. */
export const defaultLimits: ApiLimits = {
  callsPerMinute: 10_000,
  callsPerHour: 150_000,
  callsPerMinuteOfIp: 20_000,
  callsPerHourOfIp: 600_000,
  minuteBlockSeconds: 60,
  hourBlockSeconds: 3600,
  monthBlockDays: 30,
  ticketsPerHour: 100,
  ticketsPerHourOfCorp: 400,
  debugCallsPerMinute: 5,
  quotas: [],
  wrongSecretsBeforeBlock: 10,
  wrongSecretBlockSeconds: 3600,
  tokenSeconds: 7200,
  ticketSeconds: 7200,
  codeSeconds: 300,
  parallelWrites: 5,
  writeMs: 15,
  customersPerMember: 20_000,
  transfersPer90Days: 2,
  takeoverSeconds: 86_400,
  customersPerTransfer: 100,
  transferMessageLength: 200,
  transferResultsPerPage: 1000,
  unassignedPerPage: 1000,
  resignedWithinDays: 365,
  groupsPerTransfer: 100,
  groupsPerNewOwnerPerDay: 300,
  groupTransfersPer90Days: 2,
  usersPerBatch: 100,
  usualFollowsPerPage: 50,
  followsPerPage: 100,
  followersPerPage: 500,
  remarkLength: 20,
  descriptionLength: 150,
  remarkCompanyLength: 20,
  tagsPerCorp: 10_000,
  tagsPerFollow: 3000,
  tagNameLength: 30,
  tagIdsPerCall: 1000,
  groupsPerPage: 1000,
  groupOwnersPerCall: 100,
  membersWithoutOwnerFilter: 1000,
  noticesPerMinute: 30,
  noticesPerHour: 1000,
  noticesPerAccountPerDay: 200,
  accounts: 1000,
  usersPerMessage: 1000,
  partiesPerMessage: 100,
  tagsPerMessage: 100,
  textBytes: 2048,
  cardTitleLength: 128,
  cardDescriptionLength: 512,
  cardUrlBytes: 2048,
  cardButtonLength: 4,
  articlesPerMessage: 8,
  usualDuplicateSeconds: 1800,
  longestDuplicateSeconds: 4 * 3600,
  recallSeconds: 86_400,
  smallestMediaBytes: 5,
  imageBytes: 10 * megabyte,
  voiceBytes: 2 * megabyte,
  videoBytes: 10 * megabyte,
  fileBytes: 20 * megabyte,
  mediaSeconds: 3 * 86_400,
  contactWaysPerCorp: 500_000,
  membersPerContactWay: 100,
  contactWayTextLength: 30,
  usualContactWaysPerPage: 100,
  contactWaysPerPage: 1000,
  welcomeSeconds: 20,
  welcomeTextBytes: 4000,
  welcomeAttachments: 9,
  linkTitleBytes: 128,
  linkDescriptionBytes: 512,
  linkUrlBytes: 2048,
  miniprogramTitleBytes: 64,
}
