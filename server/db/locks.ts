/** First halves of the advisory locks' keys, each for one purpose; the second half is the corp, or a hash in it. */
export const CREDENTIALS_LOCK = 71_001
/** Who works where: written by the look at everybody and by a login, one after the other. */
export const ORGANISATION_LOCK = 71_003
/** What came of scripts, day by day: counted by one process after the other, so that no older count is written last. */
export const SCRIPT_DAYS_LOCK = 71_010
/** What came of coupons, month by month: written by one process after the other. */
export const COUPON_MONTHS_LOCK = 71_015
/** The end of the audit record's chain: one process hangs rows on it. */
export const AUDIT_CHAIN_LOCK = 71_020
/** What one member reveals is counted by one request after the other; the second half is her id. */
export const REVEAL_LOCK = 71_021
/** Writing what WeCom tells of customers shares it, erasing one has it alone; the second half is the corp. */
export const ERASE_LOCK = 71_025
/** What one admin asks to be exported is counted by one request after the other; the second half is the corp. */
export const BULK_EXPORT_LOCK = 71_026
