/** So many days after the day itself a word is still welcome (今日: 这几天没赶上); then a reminder expires; what was promised waits longer. */
export const OVERDUE_DAYS = 7
/** So many days after its day a promise that was not kept is still asked for. */
export const OVERDUE_PROMISE_DAYS = 30
