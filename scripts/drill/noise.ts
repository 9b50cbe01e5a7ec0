/**
 * A client that asks without pause, as a process of its own: one after the other of NOISE_URLS, each for NOISE_TURN_MS, counted from
 * NOISE_SINCE. Told to end, it writes how often the last of them told it to wait. In the real world it has a processor of its own;
 * here it takes what the servers leave.
 */
import { setPriority } from 'node:os'

const LEAST_URGENT = 19
const {
  NOISE_URLS = '',
  NOISE_COOKIE: cookie = '',
  NOISE_PER_SECOND,
  NOISE_SINCE,
  NOISE_TURN_MS,
} = process.env
const urls = NOISE_URLS.split(' ')
setPriority(LEAST_URGENT)
let refused = 0
const timer = setInterval(
  () => {
    const turn = Math.floor((Date.now() - Number(NOISE_SINCE)) / Number(NOISE_TURN_MS))
    const url = urls[turn % urls.length] ?? ''
    void fetch(url, { headers: { cookie } })
      .then(async answer => {
        await answer.arrayBuffer()
        if (answer.status === 429 && url === urls.at(-1)) refused++
      })
      .catch(() => undefined)
  },
  1_000 / Number(NOISE_PER_SECOND),
)
process.once('SIGTERM', () => {
  clearInterval(timer)
  process.stdout.write(String(refused), () => process.exit(0))
})
