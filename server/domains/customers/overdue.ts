/** So many days after the day itself a word is still welcome (今日: 这几天没赶上); then a reminder expires. */
export const OVERDUE_DAYS = 7
