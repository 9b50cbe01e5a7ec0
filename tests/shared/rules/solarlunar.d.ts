/** The package has types, but its `exports` hide them. Only what the tests ask of it. */
declare module 'solarlunar' {
  interface LunarAnswer {
    lYear: number
    lMonth: number
    lDay: number
    isLeap: boolean
    cYear: number
    cMonth: number
    cDay: number
  }
  const solarLunar: {
    /** -1 for days outside 1900–2100. */
    solar2lunar(year: number, month: number, day: number): LunarAnswer | -1
    /** -1 for days that the lunar year does not have, and for the 30th of every leap month. */
    lunar2solar(year: number, month: number, day: number, isLeapMonth: boolean): LunarAnswer | -1
  }
  export default solarLunar
}
