import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Session } from '../../../shared/contract/session.ts'
import { civilDayOf } from '../../../shared/rules/civilDay.ts'
import { getSession } from '../../api/firstScreen.ts'
import { noteServerNow, serverNow } from './serverClock.ts'

/** Pause between two looks at how far the first import is. */
const IMPORT_LOOK_MS = 3_000
const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS

/** A calendar is slow to ask; in every zone days begin on a quarter of an hour, and not within one. */
const quarterNow = () => Math.floor(serverNow() / QUARTER_MS)

/** Who I am, where I work, which day it is; given by the document, so that nothing has to be asked. */
export const useSessionStore = defineStore('session', () => {
  const held = shallowRef<Session>()
  const isOnline = ref(typeof navigator === 'undefined' || navigator.onLine !== false)
  /** The session ended and a new login did not come about. */
  const isSignedOut = ref(false)

  /** Throws before `begin`: nothing is mounted without a session. */
  const session = computed<Session>(() => {
    if (!held.value) throw new Error('no session yet')
    return held.value
  })

  function begin(found: Session): void {
    held.value = found
    noteServerNow(found.now)
    lookedIn = quarterNow()
    setInterval(turnDay, MINUTE_MS)
    document.addEventListener('visibilitychange', turnDay)
    addEventListener('online', () => (isOnline.value = true))
    addEventListener('offline', () => (isOnline.value = false))
  }

  let lookedIn: number
  /** A page may stay open over midnight. */
  function turnDay(): void {
    if (lookedIn === quarterNow()) return
    lookedIn = quarterNow()
    const today = civilDayOf(serverNow(), session.value.corp.timeZone)
    if (today !== session.value.today) held.value = { ...session.value, today }
  }

  let look: ReturnType<typeof setTimeout> | undefined
  /** Follows the first import until it is done or stopped, then calls back. */
  function followImport(whenDone: () => void): void {
    clearTimeout(look)
    look = setTimeout(() => {
      void getSession()
        .then(found => (held.value = found))
        .catch(() => undefined) // the next look tells
        .then(() => {
          const { state } = session.value.import
          if (state === 'running' || state === 'waiting') followImport(whenDone)
          else whenDone()
        })
    }, IMPORT_LOOK_MS)
  }

  return {
    session,
    staff: computed(() => session.value.staff),
    corp: computed(() => session.value.corp),
    today: computed(() => session.value.today),
    import: computed(() => session.value.import),
    isOnline,
    isSignedOut,
    begin,
    followImport,
  }
})
