/** First halves of the advisory locks' keys, each for one purpose; the second half is the corp, or a hash in it. */
export const CREDENTIALS_LOCK = 71_001
/** Who works where: written by the look at everybody and by a login, one after the other. */
export const ORGANISATION_LOCK = 71_003
/** What came of scripts, day by day: counted by one process after the other, so that no older count is written last. */
export const SCRIPT_DAYS_LOCK = 71_010
/** What came of coupons, month by month: written by one process after the other. */
export const COUPON_MONTHS_LOCK = 71_015
