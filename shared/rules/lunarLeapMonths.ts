import { FIRST_YEAR } from './yearlyDate.ts'

/**
 * The leap month of each lunar year 1900–2100, one hexadecimal digit a year, 0 for none. Lets a field that is being typed in
 * answer without the calendar library; a test holds it against that library.
 */
const LEAP_MONTHS =
  '800500400206005002070050040020600500307006004002070050030800600400307005004080060040a0060050030800500' +
  '40020700500409006004002060050030b0060050020700500308006004003070050040800600400307005004080060040020'

/** The month after which a lunar year has its leap month; undefined for none and outside 1900–2100. */
export function knownLeapMonthOf(year: number): number | undefined {
  const month = parseInt(LEAP_MONTHS.charAt(year - FIRST_YEAR), 16)
  return month > 0 ? month : undefined
}
